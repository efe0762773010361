using OrleansTagging.Recipe;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTagging.Learning;

/// <summary>
/// The 2-D convolutional network of the third place of Freesound Audio Tagging 2019 (<c>cnn_2d</c>): spectrograms and a frequency map from
/// -1 to 1 as two channels, then blocks (<see cref="ConvBlock"/>) of growing depth, each of which halves frames and bands.
/// </summary>
/// <remarks>
/// Block k, counted from 0, has ⌊<c>growth_rate</c>^k · <c>conv_base_depth</c>⌋ channels. Source: networks/classifiers.py of
/// github.com/ex4sperans/freesound-classification at 71b9920, whose images stand upright, <c>[clips, channels, bands, frames]</c>; here
/// frames come first.
/// </remarks>
public sealed class Cnn2d : TaggingNetwork
{
    private readonly bool _frequencyMap;

    /// <summary>Makes the network; its weights are drawn.</summary>
    /// <param name="settings">Its shape.</param>
    /// <param name="bands">Bands of the features.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="weights">Where weights are drawn from.</param>
    public Cnn2d(NetworkSettings settings, int bands, int classes, WeightDraw weights)
        : base(nameof(Cnn2d), settings, ConvBlock.All(settings, settings.FrequencyMap ? 2 : 1, twoD: true, weights), classes, weights)
    {
        _frequencyMap = settings.FrequencyMap;
        NumbersPerFrame = (long)bands * settings.ConvBaseDepth;
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override long NumbersPerFrame { get; }

    private protected override (Tensor X, FrameMask Mask) Enter(Tensor features, FrameMask mask) =>
        (SpectrogramImage.Of(mask.Pack(features.unsqueeze(1)), _frequencyMap), mask);
}

/// <summary>
/// One block of the convolutional networks: batch norm, 3×3 convolution, max pooling of 2, batch norm, PReLU, <see cref="ResnetBlock"/>. In
/// 1-D the convolution reaches over three frames and the pooling over two.
/// </summary>
/// <remarks>
/// A pooling drops a last odd frame or band, unless <c>ceil_mode</c> keeps it; one that is alone always stays, so that a clip of one frame
/// passes any number of blocks. Padding cannot leak: it is zero before a convolution, as the outside of a lone clip is, lies below every
/// value before the pooling and is not there in between.
/// </remarks>
public sealed class ConvBlock : NetworkStage
{
    private readonly bool _twoD;
    private readonly bool _ceilMode;

    [ComponentName(Name = "bn_in")]
    private readonly MaskedBatchNorm _bnIn;

    [ComponentName(Name = "conv")]
    private readonly Conv2d _conv;

    [ComponentName(Name = "bn")]
    private readonly MaskedBatchNorm _bn;

    [ComponentName(Name = "prelu")]
    private readonly PReLU _prelu;

    [ComponentName(Name = "resnet")]
    private readonly ResnetBlock _resnet;

    private ConvBlock(int inputs, int depth, bool twoD, bool ceilMode, WeightDraw weights) : base(nameof(ConvBlock), depth)
    {
        (_twoD, _ceilMode) = (twoD, ceilMode);
        _bnIn = new MaskedBatchNorm(inputs);
        _conv = weights.Drawn("conv", Kernel3(inputs, depth, twoD));
        _bn = new MaskedBatchNorm(depth);
        _prelu = PReLU(depth);
        _resnet = new ResnetBlock(depth, twoD, weights.In("resnet"));
        RegisterComponents();
    }

    /// <summary>The blocks of a network, one after another.</summary>
    /// <param name="settings">Their number and channels.</param>
    /// <param name="inputs">Channels of the first one's input.</param>
    /// <param name="twoD">Whether convolution and pooling reach over bands, too.</param>
    /// <param name="weights">Where the network's weights are drawn from.</param>
    internal static NetworkStage[] All(NetworkSettings settings, int inputs, bool twoD, WeightDraw weights) =>
        [.. Enumerable.Range(0, settings.NumConvBlocks).Select(block => new ConvBlock(
            block == 0 ? inputs : settings.Depth(block - 1), settings.Depth(block), twoD, settings.CeilMode,
            weights.In($"conv_modules.{block}")))];

    /// <summary>A convolution over three frames (of three bands each), with zeros around, so that frames and bands stay.</summary>
    internal static Conv2d Kernel3(int inputs, int outputs, bool twoD) => twoD
        ? Conv2d(inputs, outputs, (3, 3), padding: (1, 1))
        : Conv2d(inputs, outputs, (3, 1), padding: (1, 0));

    /// <inheritdoc/>
    public override FrameMask Pooled(FrameMask mask) => mask.Halved(_ceilMode);

    /// <summary>Applies the block.</summary>
    /// <param name="x">The packed input.</param>
    /// <param name="mask">The input's frames.</param>
    /// <param name="pooled">The output's frames.</param>
    /// <returns>The packed output.</returns>
    public override Tensor forward(Tensor x, FrameMask mask, FrameMask pooled)
    {
        using var scope = NewDisposeScope();
        x = _conv.call(mask.Spread(_bnIn.Packed(x)));
        x = pooled.Pack(MaxPool(mask.Sink(x, _ceilMode)));
        x = _prelu.call(_bn.Packed(x));
        return _resnet.call(x, pooled).MoveToOuterDisposeScope();
    }

    private Tensor MaxPool(Tensor x) => functional.max_pool2d(
        x, [Math.Min(2, x.shape[2]), _twoD ? Math.Min(2, x.shape[3]) : 1], ceil_mode: _ceilMode);
}

/// <summary>
/// A residual block of full depth over the packed form of a batch (<see cref="FrameMask.Pack"/>): 1×1 convolution, batch norm, PReLU, 3×3
/// convolution, batch norm, PReLU, 1×1 convolution, batch norm, plus the input, PReLU.
/// </summary>
public sealed class ResnetBlock : Module<Tensor, FrameMask, Tensor>
{
    [ComponentName(Name = "conv1")]
    private readonly Conv2d _conv1;

    [ComponentName(Name = "bn1")]
    private readonly MaskedBatchNorm _bn1;

    [ComponentName(Name = "prelu1")]
    private readonly PReLU _prelu1;

    [ComponentName(Name = "conv2")]
    private readonly Conv2d _conv2;

    [ComponentName(Name = "bn2")]
    private readonly MaskedBatchNorm _bn2;

    [ComponentName(Name = "prelu2")]
    private readonly PReLU _prelu2;

    [ComponentName(Name = "conv3")]
    private readonly Conv2d _conv3;

    [ComponentName(Name = "bn3")]
    private readonly MaskedBatchNorm _bn3;

    [ComponentName(Name = "prelu3")]
    private readonly PReLU _prelu3;

    internal ResnetBlock(int depth, bool twoD, WeightDraw weights) : base(nameof(ResnetBlock))
    {
        _conv1 = weights.Drawn("conv1", Conv2d(depth, depth, 1));
        _bn1 = new MaskedBatchNorm(depth);
        _prelu1 = PReLU(depth);
        _conv2 = weights.Drawn("conv2", ConvBlock.Kernel3(depth, depth, twoD));
        _bn2 = new MaskedBatchNorm(depth);
        _prelu2 = PReLU(depth);
        _conv3 = weights.Drawn("conv3", Conv2d(depth, depth, 1));
        _bn3 = new MaskedBatchNorm(depth);
        _prelu3 = PReLU(depth);
        RegisterComponents();
    }

    /// <summary>Applies the block.</summary>
    /// <param name="x">The packed input.</param>
    /// <param name="mask">Its frames.</param>
    /// <returns>The packed output.</returns>
    public override Tensor forward(Tensor x, FrameMask mask)
    {
        using var scope = NewDisposeScope();
        var inner = _prelu1.call(_bn1.Packed(_conv1.call(x)));
        inner = _prelu2.call(_bn2.Packed(mask.Pack(_conv2.call(mask.Spread(inner)))));
        inner = _bn3.Packed(_conv3.call(inner));
        return _prelu3.call(inner + x).MoveToOuterDisposeScope();
    }
}
