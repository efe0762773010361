using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTagging.Learning;

/// <summary>
/// Batch normalisation (Ioffe and Szegedy, 2015) of <c>[clips, channels, frames, bands]</c> whose statistics come from the clips' own
/// frames alone, so that a training step does not depend on how much a batch was filled up.
/// </summary>
/// <remarks>
/// Statistics over valid cells only, at the price of one sum: the filling is set to the channel's valid mean, which leaves the mean as it is
/// and shrinks the variance by exactly the share r of valid cells; the library's own kernel then runs with its weight scaled by √r and its
/// epsilon by r, which undoes that to the last digit. The gradient flows through the filled-in mean, so it too is that of the valid cells.
/// The output's filling is not zero; what follows masks it where it matters.
/// </remarks>
public sealed class MaskedBatchNorm : Module<Tensor, FrameMask, Tensor>
{
    private const double Epsilon = 1e-5;
    private const double Momentum = 0.1;

    private readonly Parameter? _weight;
    private readonly Parameter? _bias;
    private readonly Tensor _runningMean;
    private readonly Tensor _runningVariance;
    private readonly int _channels;

    /// <summary>Makes the layer with weight 1, bias 0, running mean 0 and running variance 1.</summary>
    /// <param name="channels">Channels of the input.</param>
    /// <param name="affine">Whether it has a weight and a bias of its own.</param>
    public MaskedBatchNorm(int channels, bool affine = true) : base(nameof(MaskedBatchNorm))
    {
        _channels = channels;
        if (affine)
        {
            _weight = new Parameter(ones(channels));
            _bias = new Parameter(zeros(channels));
            register_parameter("weight", _weight);
            register_parameter("bias", _bias);
        }
        _runningMean = zeros(channels);
        _runningVariance = ones(channels);
        register_buffer("running_mean", _runningMean);
        register_buffer("running_var", _runningVariance);
    }

    /// <summary>Normalises; in training it moves the running statistics, too.</summary>
    public override Tensor forward(Tensor x, FrameMask mask)
    {
        if (!training)
        {
            return functional.batch_norm(x, _runningMean, _runningVariance, _weight, _bias, training: false, Momentum, Epsilon);
        }
        var cells = mask.Clips * mask.Frames * x.shape[3];
        var validCells = mask.ValidFrames * x.shape[3];
        // With a momentum of 1 the kernel hands out the batch's own mean and (unbiased) variance.
        var mean = zeros_like(_runningMean);
        var variance = zeros_like(_runningVariance);
        Tensor normalised;
        if (!mask.HasPadding)
        {
            normalised = functional.batch_norm(x, mean, variance, _weight, _bias, training: true, 1, Epsilon);
        }
        else
        {
            var silent = mask.Silence(x);
            var center = silent.sum([0L, 2L, 3L]) / validCells;
            // [clips, frames, 1, channels] seen as [clips, channels, frames, 1]: channels-last, as the activations are.
            var filling = (mask.Gap.reshape(mask.Clips, mask.Frames, 1, 1) * center).permute(0, 3, 1, 2);
            var root = Math.Sqrt(mask.Share);
            var weight = _weight is null ? full(_channels, root, device: x.device) : _weight * root;
            normalised = functional.batch_norm(silent + filling, mean, variance, weight, _bias, training: true, 1, Epsilon * mask.Share);
        }
        using (no_grad())
        {
            // The variance over all cells, rescaled to the unbiased one over valid cells; a single cell has none.
            var unbiased = validCells > 1 ? variance * ((cells - 1.0) / (validCells - 1)) : variance.fill_(0);
            _runningMean.mul_(1 - Momentum).add_(mean, Momentum);
            _runningVariance.mul_(1 - Momentum).add_(unbiased, Momentum);
        }
        return normalised;
    }
}
