using OrleansTagging.Recipe;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTagging.Learning;

/// <summary>
/// The 1-D convolutional network of the third place of Freesound Audio Tagging 2019 (<c>cnn_1d</c>): the bands of the features, as a rule
/// the bins of a log-STFT of 5 ms a frame, are channels, each normalised by itself, and blocks of growing depth halve the frames.
/// </summary>
public sealed class Cnn1d : TaggingNetwork
{
    internal Cnn1d(NetworkSettings settings, int bands, int classes, WeightDraw weights)
        : base(nameof(Cnn1d), settings, bands, 1, ConvolutionBlock.All(settings, bands, ConvolutionReach.Frames, weights), classes, weights)
    {
        NumbersPerFrame = Math.Max(bands, settings.BaseDepth);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override long NumbersPerFrame { get; }

    private protected override (Tensor X, FrameMask Mask) Enter(Tensor features, FrameMask mask) =>
        (Normalised(features.transpose(1, 2).unsqueeze(3), mask), mask);
}
