using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTagging.Learning;

/// <summary>
/// Batch normalisation (Ioffe and Szegedy, 2015) of <c>[clips, channels, frames, bands]</c> whose statistics come from the clips' own
/// frames alone, so that a training step does not depend on how much a batch was filled up.
/// </summary>
/// <remarks>
/// The filling does not matter in the input and is zero in the output.
/// </remarks>
public sealed class MaskedBatchNorm : Module<Tensor, FrameMask, Tensor>
{
    private const double Epsilon = 1e-5;
    private const double Momentum = 0.1;

    [ComponentName(Name = "weight")]
    private readonly Parameter? _weight;

    [ComponentName(Name = "bias")]
    private readonly Parameter? _bias;

    [ComponentName(Name = "running_mean")]
    private readonly Tensor _runningMean;

    [ComponentName(Name = "running_var")]
    private readonly Tensor _runningVariance;

    /// <summary>Makes the layer with weight 1, bias 0, running mean 0 and running variance 1.</summary>
    /// <param name="channels">Channels of the input.</param>
    /// <param name="affine">Whether it has a weight and a bias of its own.</param>
    public MaskedBatchNorm(int channels, bool affine = true) : base(nameof(MaskedBatchNorm))
    {
        if (affine)
        {
            _weight = new Parameter(ones(channels));
            _bias = new Parameter(zeros(channels));
        }
        _runningMean = zeros(channels);
        _runningVariance = ones(channels);
        RegisterComponents();
    }

    /// <summary>Normalises; in training it moves the running statistics, too.</summary>
    public override Tensor forward(Tensor x, FrameMask mask)
    {
        if (mask.HasPadding)
        {
            using var scope = NewDisposeScope();
            return mask.Spread(Packed(mask.Pack(x))).MoveToOuterDisposeScope();
        }
        return Packed(x);
    }

    /// <summary>Normalises what has no filling.</summary>
    /// <param name="x">The packed form of a batch (<see cref="FrameMask.Pack"/>), or <c>[clips, channels]</c>.</param>
    public Tensor Packed(Tensor x) => functional.batch_norm(x, _runningMean, _runningVariance, _weight, _bias, training, Momentum, Epsilon);
}
