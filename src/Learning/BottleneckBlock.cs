using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTagging.Learning;

/// <summary>
/// A bottleneck residual block (He et al., 2016) over the packed form of a batch (<see cref="FrameMask.Pack"/>): 1×1 convolution to a quarter of the channels,
/// batch norm, PReLU, 3×3 convolution, batch norm, PReLU, 1×1 convolution back, added to the input. What follows normalises its output.
/// </summary>
public sealed class BottleneckBlock : Module<Tensor, FrameMask, Tensor>
{
    private readonly Parameter _narrow;
    private readonly MaskedBatchNorm _narrowNorm;
    private readonly SlopedRectifier _narrowRectifier = new();
    private readonly Parameter _across;
    private readonly MaskedBatchNorm _acrossNorm;
    private readonly SlopedRectifier _acrossRectifier = new();
    private readonly Parameter _widen;

    /// <summary>Makes the block; its convolutions' weights are drawn.</summary>
    /// <param name="channels">Channels of input and output.</param>
    /// <param name="weights">Where weights are drawn from.</param>
    public BottleneckBlock(int channels, WeightDraw weights) : base(nameof(BottleneckBlock))
    {
        var inner = Math.Max(1, channels / 4);
        _narrow = weights.Convolution("narrow", channels, inner, 1);
        _narrowNorm = new MaskedBatchNorm(inner);
        _across = weights.Convolution("across", inner, inner, 3);
        _acrossNorm = new MaskedBatchNorm(inner);
        _widen = weights.Convolution("widen", inner, channels, 1);
        register_parameter("narrow", _narrow);
        register_module("narrow_norm", _narrowNorm);
        register_module("narrow_rectifier", _narrowRectifier);
        register_parameter("across", _across);
        register_module("across_norm", _acrossNorm);
        register_module("across_rectifier", _acrossRectifier);
        register_parameter("widen", _widen);
    }

    /// <summary>Applies the block.</summary>
    /// <param name="x">The packed input.</param>
    /// <param name="mask">Its frames.</param>
    /// <returns>The packed output.</returns>
    public override Tensor forward(Tensor x, FrameMask mask)
    {
        var inner = _narrowRectifier.call(_narrowNorm.Packed(functional.conv2d(x, _narrow)));
        inner = mask.Pack(functional.conv2d(mask.Spread(inner), _across, padding: [1L, 1L]));
        inner = _acrossRectifier.call(_acrossNorm.Packed(inner));
        return x + functional.conv2d(inner, _widen);
    }
}
