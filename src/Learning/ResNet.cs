using OrleansTagging.Recipe;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTagging.Learning;

/// <summary>
/// ResNet-18 or -34 on spectrograms (He et al., "Deep residual learning for image recognition", 2016; <c>resnet_18</c>, <c>resnet_34</c>):
/// normalised spectrograms and a frequency map as two channels, a stem (7×7 convolution of stride 2, batch norm, ReLU, 3×3 max pooling of
/// stride 2), and four stages of basic blocks, of which all but the first halve frames and bands and double the channels.
/// </summary>
public sealed class ResNet : TaggingNetwork
{
    private readonly bool _frequencyMap;

    // No weight and bias of its own: the stem's convolution has them, and the features then need no gradient.
    [ComponentName(Name = "feature_norm")]
    private readonly MaskedBatchNorm _featureNorm = new(1, affine: false);

    [ComponentName(Name = "stem")]
    private readonly Parameter _stem;

    [ComponentName(Name = "stem_norm")]
    private readonly MaskedBatchNorm _stemNorm;

    internal ResNet(NetworkSettings settings, int bands, int classes, WeightDraw weights)
        : base(nameof(ResNet), settings, Stages(settings, weights), classes, weights)
    {
        _frequencyMap = settings.FrequencyMap;
        _stem = weights.HeNormal("stem", settings.FrequencyMap ? 2 : 1, settings.ConvBaseDepth, 7);
        _stemNorm = new MaskedBatchNorm(settings.ConvBaseDepth);
        // The stem's output: half the frames and half the bands.
        NumbersPerFrame = Math.Max(2L * bands, (long)bands * settings.ConvBaseDepth / 4);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override long NumbersPerFrame { get; }

    private protected override (Tensor X, FrameMask Mask) Enter(Tensor features, FrameMask mask)
    {
        var image = mask.Spread(SpectrogramImage.Of(_featureNorm.Packed(mask.Pack(features.unsqueeze(1))), _frequencyMap));
        var half = mask.Halved(ceilMode: true);
        var x = functional.relu(_stemNorm.Packed(half.Pack(functional.conv2d(image, _stem, strides: [2L, 2L], padding: [3L, 3L]))));
        // After the ReLU a filling of zeros is never larger than a frame of the clip.
        var pooled = half.Halved(ceilMode: true);
        return (pooled.Pack(functional.max_pool2d(half.Spread(x), [3L, 3L], strides: [2L, 2L], padding: [1L, 1L])), pooled);
    }

    private static NetworkStage[] Stages(NetworkSettings settings, WeightDraw weights)
    {
        int[] layers = settings.Type == "resnet_18" ? [2, 2, 2, 2] : [3, 4, 6, 3];
        return [.. layers.Select((count, stage) => new ResNetStage(
            settings.Depth(Math.Max(0, stage - 1)), settings.Depth(stage), count, stage > 0, weights.In($"conv_modules.{stage}")))];
    }
}
