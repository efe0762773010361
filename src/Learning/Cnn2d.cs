using OrleansTagging.Recipe;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTagging.Learning;

/// <summary>
/// The 2-D convolutional network of the third place of Freesound Audio Tagging 2019 (<c>cnn_2d</c>): normalised spectrograms and a
/// frequency map from -1 to 1 as two channels, and blocks of growing depth, each of which halves frames and bands.
/// </summary>
public sealed class Cnn2d : TaggingNetwork
{
    private readonly bool _frequencyMap;

    internal Cnn2d(NetworkSettings settings, int bands, int classes, WeightDraw weights)
        : base(nameof(Cnn2d), settings, 1, bands, Blocks(settings, weights), classes, weights)
    {
        _frequencyMap = settings.FrequencyMap;
        NumbersPerFrame = (long)bands * settings.BaseDepth;
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override long NumbersPerFrame { get; }

    private protected override (Tensor X, FrameMask Mask) Enter(Tensor features, FrameMask mask) =>
        (SpectrogramImage.Of(Normalised(features.unsqueeze(1), mask), _frequencyMap), mask);

    private static NetworkStage[] Blocks(NetworkSettings settings, WeightDraw weights) =>
        ConvolutionBlock.All(settings, settings.FrequencyMap ? 2 : 1, ConvolutionReach.FramesAndBands, weights);
}
