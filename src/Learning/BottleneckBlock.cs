using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTagging.Learning;

/// <summary>
/// A bottleneck residual block (He et al., 2016) over the packed form of a batch (<see cref="FrameMask.Pack"/>): 1×1 convolution to a
/// quarter of the channels, batch norm, PReLU, convolution over three frames (and bands), batch norm, PReLU, 1×1 convolution back, added to
/// the input. What follows normalises its output.
/// </summary>
public sealed class BottleneckBlock : Module<Tensor, FrameMask, Tensor>
{
    private readonly ConvolutionReach _reach;

    [ComponentName(Name = "narrow")]
    private readonly Parameter _narrow;

    [ComponentName(Name = "narrow_norm")]
    private readonly MaskedBatchNorm _narrowNorm;

    [ComponentName(Name = "narrow_rectifier")]
    private readonly SlopedRectifier _narrowRectifier = new();

    [ComponentName(Name = "across")]
    private readonly Parameter _across;

    [ComponentName(Name = "across_norm")]
    private readonly MaskedBatchNorm _acrossNorm;

    [ComponentName(Name = "across_rectifier")]
    private readonly SlopedRectifier _acrossRectifier = new();

    [ComponentName(Name = "widen")]
    private readonly Parameter _widen;

    /// <summary>Makes the block; its convolutions' weights are drawn.</summary>
    /// <param name="channels">Channels of input and output.</param>
    /// <param name="reach">What its middle convolution reaches over.</param>
    /// <param name="weights">Where weights are drawn from.</param>
    public BottleneckBlock(int channels, ConvolutionReach reach, WeightDraw weights) : base(nameof(BottleneckBlock))
    {
        var inner = Math.Max(1, channels / 4);
        _reach = reach;
        _narrow = weights.Convolution("narrow", channels, inner, 1);
        _narrowNorm = new MaskedBatchNorm(inner);
        _across = reach.Weight(weights, "across", inner, inner);
        _acrossNorm = new MaskedBatchNorm(inner);
        _widen = weights.Convolution("widen", inner, channels, 1);
        RegisterComponents();
    }

    /// <summary>Applies the block.</summary>
    /// <param name="x">The packed input.</param>
    /// <param name="mask">Its frames.</param>
    /// <returns>The packed output.</returns>
    public override Tensor forward(Tensor x, FrameMask mask)
    {
        var inner = _narrowRectifier.call(_narrowNorm.Packed(functional.conv2d(x, _narrow)));
        inner = mask.Pack(_reach.Convolve(mask.Spread(inner), _across));
        inner = _acrossRectifier.call(_acrossNorm.Packed(inner));
        return x + functional.conv2d(inner, _widen);
    }
}
