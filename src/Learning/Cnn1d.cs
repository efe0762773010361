using OrleansTagging.Recipe;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTagging.Learning;

/// <summary>
/// The 1-D convolutional network of the third place of Freesound Audio Tagging 2019 (<c>cnn_1d</c>): the bands of the features, as a rule
/// the bins of a log-STFT of 5 ms a frame, are the channels, and blocks (<see cref="ConvBlock"/>) of growing depth halve the frames.
/// </summary>
public sealed class Cnn1d : TaggingNetwork
{
    /// <summary>Makes the network; its weights are drawn.</summary>
    /// <param name="settings">Its shape.</param>
    /// <param name="bands">Bands of the features.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="weights">Where weights are drawn from.</param>
    public Cnn1d(NetworkSettings settings, int bands, int classes, WeightDraw weights)
        : base(nameof(Cnn1d), settings, ConvBlock.All(settings, bands, twoD: false, weights), classes, weights)
    {
        NumbersPerFrame = Math.Max(bands, settings.ConvBaseDepth);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override long NumbersPerFrame { get; }

    private protected override (Tensor X, FrameMask Mask) Enter(Tensor features, FrameMask mask) =>
        (mask.Pack(features.transpose(1, 2).unsqueeze(3)), mask);
}
