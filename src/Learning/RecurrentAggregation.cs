using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using static TorchSharp.torch.nn.utils.rnn;

namespace OrleansTagging.Learning;

/// <summary>
/// Sums a clip's frames up by a bidirectional GRU (Cho et al., 2014): the mean over bands, layer norm (Ba et al., 2016) of every frame over
/// its channels, and the last states of both directions, one after the other, <c>[clips, 2 × units]</c>.
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
    /// <param name="inputs">Channels of a frame.</param>
    /// <param name="units">Units of the GRU in either direction.</param>
    /// <param name="weights">Where weights are drawn from.</param>
    public RecurrentAggregation(int inputs, int units, WeightDraw weights) : base(nameof(RecurrentAggregation))
    {
        _units = units;
        _normWeight = new Parameter(ones(inputs));
        _normBias = new Parameter(zeros(inputs));
        _gru = weights.Drawn("gru", GRU(inputs, units, batchFirst: true, bidirectional: true), units);
        RegisterComponents();
    }

    /// <summary>Sums up.</summary>
    /// <param name="x">The packed form of a batch (<see cref="FrameMask.Pack"/>).</param>
    /// <param name="mask">Its frames.</param>
    public override Tensor forward(Tensor x, FrameMask mask)
    {
        using var scope = NewDisposeScope();
        var inputs = x.shape[1];
        var frames = functional.layer_norm(x.mean([3]).squeeze(0).transpose(0, 1), [inputs], _normWeight, _normBias);
        var spread = mask.Spread(frames.reshape(1, mask.ValidFrames, 1, inputs).permute(0, 3, 1, 2));
        var sequences = spread.permute(0, 2, 3, 1).reshape(mask.Clips, mask.Frames, inputs);
        var lengths = tensor(Array.ConvertAll(mask.Lengths.ToArray(), length => (long)length));
        var (_, states) = _gru.call(pack_padded_sequence(sequences, lengths, batch_first: true, enforce_sorted: false));
        return states.transpose(0, 1).reshape(mask.Clips, 2 * _units).MoveToOuterDisposeScope();
    }
}
