using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTagging.Learning;

/// <summary>
/// The basic residual block of ResNet-18 and -34 (He et al., "Deep residual learning for image recognition", 2016): 3×3 convolution, batch
/// norm, ReLU, 3×3 convolution, batch norm, added to the input, ReLU. Where it halves frames and bands or changes the channels, the input
/// passes a 1×1 convolution and batch norm first.
/// </summary>
public sealed class BasicBlock : Module<Tensor, FrameMask, FrameMask, Tensor>
{
    private readonly long _stride;

    [ComponentName(Name = "first")]
    private readonly Parameter _first;

    [ComponentName(Name = "first_norm")]
    private readonly MaskedBatchNorm _firstNorm;

    [ComponentName(Name = "second")]
    private readonly Parameter _second;

    [ComponentName(Name = "second_norm")]
    private readonly MaskedBatchNorm _secondNorm;

    [ComponentName(Name = "shortcut")]
    private readonly Parameter? _shortcut;

    [ComponentName(Name = "shortcut_norm")]
    private readonly MaskedBatchNorm? _shortcutNorm;

    /// <summary>Makes the block; its convolutions' weights are drawn.</summary>
    /// <param name="inputs">Channels of the input.</param>
    /// <param name="outputs">Channels of the output.</param>
    /// <param name="halves">Whether it halves frames and bands.</param>
    /// <param name="weights">Where weights are drawn from.</param>
    public BasicBlock(int inputs, int outputs, bool halves, WeightDraw weights) : base(nameof(BasicBlock))
    {
        _stride = halves ? 2 : 1;
        _first = weights.HeNormal("first", inputs, outputs, 3);
        _firstNorm = new MaskedBatchNorm(outputs);
        _second = weights.HeNormal("second", outputs, outputs, 3);
        _secondNorm = new MaskedBatchNorm(outputs);
        if (halves || inputs != outputs)
        {
            _shortcut = weights.HeNormal("shortcut", inputs, outputs, 1);
            _shortcutNorm = new MaskedBatchNorm(outputs);
        }
        RegisterComponents();
    }

    /// <summary>Applies the block.</summary>
    /// <param name="x">The packed input.</param>
    /// <param name="mask">The input's frames.</param>
    /// <param name="pooled">The output's frames: <paramref name="mask"/>, halved where the block halves.</param>
    /// <returns>The packed output.</returns>
    public override Tensor forward(Tensor x, FrameMask mask, FrameMask pooled)
    {
        using var scope = NewDisposeScope();
        var spread = mask.Spread(x);
        var inner = pooled.Pack(functional.conv2d(spread, _first, strides: [_stride, _stride], padding: [1L, 1L]));
        inner = functional.relu(_firstNorm.Packed(inner));
        inner = pooled.Pack(functional.conv2d(pooled.Spread(inner), _second, padding: [1L, 1L]));
        inner = _secondNorm.Packed(inner);
        return functional.relu(inner + Passed(x, spread, pooled)).MoveToOuterDisposeScope();
    }

    // The input as it joins the output. A 1×1 convolution of stride 2 sees every other frame and band: they are picked first, so that it runs
    // without filling and stride (the gradient of the latter ends the process in libtorch 2.10 on a CPU with AVX-512).
    private Tensor Passed(Tensor x, Tensor spread, FrameMask pooled)
    {
        if (_shortcut is null)
        {
            return x;
        }
        var picked = _stride == 1 ? x : pooled.Pack(spread.slice(2, 0, spread.shape[2], _stride).slice(3, 0, spread.shape[3], _stride));
        return _shortcutNorm!.Packed(functional.conv2d(picked, _shortcut));
    }
}
