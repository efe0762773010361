using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using static TorchSharp.torch.nn.utils.rnn;

namespace OrleansTagging.Learning;

/// <summary>
/// Sums a clip's frames up by a bidirectional GRU (Cho et al., 2014) after layer norm (Ba et al., 2016) of every frame over its bands and
/// channels: the final states of both directions, one after the other, <c>[clips, 2 × units]</c>.
/// </summary>
/// <remarks>Each direction passes the clip's own frames alone: the one begins at its first, the other at its last.</remarks>
public sealed class RecurrentAggregation : Module<Tensor, FrameMask, Tensor>
{
    private readonly int _units;

    [ComponentName(Name = "norm_weight")]
    private readonly Parameter _normWeight;

    [ComponentName(Name = "norm_bias")]
    private readonly Parameter _normBias;

    [ComponentName(Name = "gru")]
    private readonly GRU _gru;

    /// <summary>Makes the aggregation; the GRU's weights are drawn.</summary>
    /// <param name="inputs">Bands × channels of a frame.</param>
    /// <param name="units">Units of the GRU in either direction.</param>
    /// <param name="weights">Where weights are drawn from.</param>
    public RecurrentAggregation(int inputs, int units, WeightDraw weights) : base(nameof(RecurrentAggregation))
    {
        _units = units;
        _normWeight = new Parameter(ones(inputs));
        _normBias = new Parameter(zeros(inputs));
        _gru = GRU(inputs, units, batchFirst: true, bidirectional: true);
        weights.In("gru").Draw(_gru, units);
        RegisterComponents();
    }

    /// <summary>Sums up.</summary>
    /// <param name="x">The packed form of a batch (<see cref="FrameMask.Pack"/>).</param>
    /// <param name="mask">Its frames.</param>
    public override Tensor forward(Tensor x, FrameMask mask)
    {
        using var scope = NewDisposeScope();
        var inputs = x.shape[1] * x.shape[3];
        // Frame by frame, the bands one after another with the channels last, as they lie in memory.
        var frames = functional.layer_norm(x.permute(0, 2, 3, 1).reshape(-1, inputs), [inputs], _normWeight, _normBias);
        var spread = mask.Spread(frames.reshape(1, mask.ValidFrames, 1, inputs).permute(0, 3, 1, 2));
        var sequences = spread.permute(0, 2, 3, 1).reshape(mask.Clips, mask.Frames, inputs);
        var lengths = tensor(Array.ConvertAll(mask.Lengths.ToArray(), length => (long)length));
        var (_, states) = _gru.call(pack_padded_sequence(sequences, lengths, batch_first: true, enforce_sorted: false));
        return states.transpose(0, 1).reshape(mask.Clips, 2 * _units).MoveToOuterDisposeScope();
    }
}
