using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace OrleansTagging.Learning;

/// <summary>
/// One block of the convolutional networks: batch norm, convolution over three frames (and bands), max pooling that halves them, batch
/// norm, PReLU and a bottleneck residual block. The first block's batch norm is that of the features (<see cref="TaggingNetwork"/>).
/// </summary>
/// <remarks>
/// Padding cannot leak: it is zero before a convolution, as the outside of a lone clip is, lies below every value before the pooling, whose
/// last window may hold a single frame or band, and is not there in between. A clip of one frame therefore passes any number of blocks.
/// </remarks>
public sealed class ConvolutionBlock : NetworkStage
{
    private readonly ConvolutionReach _reach;

    [ComponentName(Name = "input_norm")]
    private readonly MaskedBatchNorm? _inputNorm;

    [ComponentName(Name = "convolution")]
    private readonly Parameter _convolution;

    [ComponentName(Name = "pooled_norm")]
    private readonly MaskedBatchNorm _pooledNorm;

    [ComponentName(Name = "rectifier")]
    private readonly SlopedRectifier _rectifier = new();

    [ComponentName(Name = "bottleneck")]
    private readonly BottleneckBlock _bottleneck;

    /// <summary>Makes the block; its convolutions' weights are drawn.</summary>
    /// <param name="inputs">Channels of the input.</param>
    /// <param name="outputs">Channels of the output.</param>
    /// <param name="normalises">Whether the input still has to be normalised.</param>
    /// <param name="reach">What its convolutions reach over.</param>
    /// <param name="weights">Where weights are drawn from.</param>
    public ConvolutionBlock(int inputs, int outputs, bool normalises, ConvolutionReach reach, WeightDraw weights)
        : base(nameof(ConvolutionBlock), outputs)
    {
        _reach = reach;
        _inputNorm = normalises ? new MaskedBatchNorm(inputs) : null;
        // No bias: the norm after the pooling would take it away again.
        _convolution = reach.Weight(weights, "convolution", inputs, outputs);
        _pooledNorm = new MaskedBatchNorm(outputs);
        _bottleneck = new BottleneckBlock(outputs, reach, weights.In("bottleneck"));
        RegisterComponents();
    }

    /// <summary>The blocks of a network, one after another.</summary>
    /// <param name="settings">Their number and channels.</param>
    /// <param name="inputs">Channels of the first one's input.</param>
    /// <param name="reach">What their convolutions reach over.</param>
    /// <param name="weights">Where the network's weights are drawn from.</param>
    internal static NetworkStage[] All(Recipe.NetworkSettings settings, int inputs, ConvolutionReach reach, WeightDraw weights) =>
        [.. Enumerable.Range(0, settings.Blocks).Select(block => new ConvolutionBlock(
            block == 0 ? inputs : settings.Depth(block), settings.Depth(block + 1), block > 0, reach, weights.In($"blocks.{block}")))];

    /// <inheritdoc/>
    public override FrameMask Pooled(FrameMask mask) => mask.Halved();

    /// <inheritdoc/>
    public override int Bands(int bands) => _reach.Halved(bands);

    /// <summary>Applies the block.</summary>
    /// <param name="x">The packed input.</param>
    /// <param name="mask">The input's frames.</param>
    /// <param name="pooled">The output's frames.</param>
    /// <returns>The packed output.</returns>
    public override Tensor forward(Tensor x, FrameMask mask, FrameMask pooled)
    {
        using var scope = NewDisposeScope();
        x = mask.Spread(_inputNorm?.Packed(x) ?? x);
        x = _reach.Convolve(x, _convolution);
        x = pooled.Pack(_reach.Pool(mask.Sink(x)));
        x = _rectifier.call(_pooledNorm.Packed(x));
        return _bottleneck.call(x, pooled).MoveToOuterDisposeScope();
    }
}
