using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTagging.Learning;

/// <summary>
/// One block of the 2-D network: batch norm, 3×3 convolution, 2×2 max pooling, batch norm, PReLU and a bottleneck residual block. The
/// first block's batch norm is that of the features (<see cref="TaggingNetwork"/>), before the frequency map joins them.
/// <c>[clips, in, frames, bands]</c> to <c>[clips, out, ⌈frames/2⌉, ⌈bands/2⌉]</c>, both in their packed form (<see cref="FrameMask.Pack"/>).
/// </summary>
/// <remarks>
/// Padding cannot leak: it is zero before a convolution, as the outside of a lone clip is, lies below every value before the pooling, whose
/// last window may hold a single frame or band, and is not there in between. A clip of one frame therefore passes any number of blocks.
/// </remarks>
public sealed class ConvolutionBlock : Module<Tensor, FrameMask, FrameMask, Tensor>
{
    private readonly MaskedBatchNorm? _inputNorm;
    private readonly Parameter _convolution;
    private readonly MaskedBatchNorm _pooledNorm;
    private readonly SlopedRectifier _rectifier = new();
    private readonly BottleneckBlock _bottleneck;

    /// <summary>Makes the block; its convolutions' weights are drawn.</summary>
    /// <param name="inputs">Channels of the input.</param>
    /// <param name="outputs">Channels of the output.</param>
    /// <param name="normalises">Whether the input still has to be normalised.</param>
    /// <param name="weights">Where weights are drawn from.</param>
    public ConvolutionBlock(int inputs, int outputs, bool normalises, WeightDraw weights) : base(nameof(ConvolutionBlock))
    {
        if (normalises)
        {
            _inputNorm = new MaskedBatchNorm(inputs);
            register_module("input_norm", _inputNorm);
        }
        // No bias: the norm after the pooling would take it away again.
        _convolution = weights.Convolution("convolution", inputs, outputs, 3);
        _pooledNorm = new MaskedBatchNorm(outputs);
        _bottleneck = new BottleneckBlock(outputs, weights.In("bottleneck"));
        register_parameter("convolution", _convolution);
        register_module("pooled_norm", _pooledNorm);
        register_module("rectifier", _rectifier);
        register_module("bottleneck", _bottleneck);
    }

    /// <summary>Applies the block.</summary>
    /// <param name="x">The packed input.</param>
    /// <param name="mask">The input's frames.</param>
    /// <param name="pooled">The output's frames: <paramref name="mask"/> halved.</param>
    /// <returns>The packed output.</returns>
    public override Tensor forward(Tensor x, FrameMask mask, FrameMask pooled)
    {
        using var scope = NewDisposeScope();
        x = mask.Spread(_inputNorm?.Packed(x) ?? x);
        x = functional.conv2d(x, _convolution, padding: [1L, 1L]);
        x = pooled.Pack(functional.max_pool2d(mask.Sink(x), [2L, 2L], ceil_mode: true));
        x = _rectifier.call(_pooledNorm.Packed(x));
        return _bottleneck.call(x, pooled).MoveToOuterDisposeScope();
    }
}
