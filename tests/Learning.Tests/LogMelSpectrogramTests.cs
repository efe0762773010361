using OrleansTagging.Recipe;
using static TorchSharp.torch;

namespace OrleansTagging.Learning.Tests;

public sealed class LogMelSpectrogramTests
{
    private static readonly FeatureDescriptor _golden = FeatureDescriptor.Parse("mel_2048_1024_128");

    [Fact]
    public void The_filter_bank_equals_the_reference()
    {
        var expected = GoldenFiles.Array("mel_filterbank_2048_128.npy").Values;
        var actual = MelFilterBank.Of(44100, 2048, 128);
        Assert.Equal(expected.Length, actual.Length);
        Assert.True(expected.Zip(actual, (left, right) => Math.Abs(left - right)).Max() < 1e-6);
    }

    [Fact]
    public void Log_mel_features_equal_the_reference()
    {
        var expected = GoldenFiles.Array("log_mel_2048_1024_128.npy");
        using var spectrogram = new LogMelSpectrogram(_golden, 44100, CPU);
        var signal = GoldenFiles.Array("signal.npy").Values;
        var actual = spectrogram.OfClip(signal);
        Assert.Equal([128, spectrogram.Frames(signal.Length)], expected.Shape);
        Assert.True(expected.Values.Zip(actual, (left, right) => Math.Abs(left - right)).Max() < 1e-3);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(100)]
    [InlineData(257)]
    [InlineData(5000)]
    public void A_clip_has_the_same_features_alone_and_beside_longer_ones(int samples)
    {
        var waveforms = SyntheticWaveforms.Of(samples, 8000, 6100);
        using var scope = NewDisposeScope();
        using var spectrogram = new LogMelSpectrogram(FeatureDescriptor.Parse("mel_512_128_32"), waveforms.Rate, CPU);
        var batch = ClipBatch.Of(
            waveforms, [ClipCrop.Whole(0, samples), ClipCrop.Whole(1, 8000), ClipCrop.Whole(2, 6100)], spectrogram, CPU);
        var frames = spectrogram.Frames(samples);
        Assert.Equal(frames, batch.Mask.Lengths[0]);
        var together = batch.Features.narrow(0, 0, 1).narrow(1, 0, frames).squeeze(0).transpose(0, 1).contiguous().data<float>().ToArray();
        var alone = spectrogram.OfClip(waveforms.Samples(0));
        Assert.True(together.Zip(alone, (left, right) => Math.Abs(left - right)).Max() < 1e-5);
        Assert.All(alone, value => Assert.True(float.IsFinite(value)));
    }

    [Fact]
    public void A_short_clip_is_reflected_to_and_fro()
    {
        using var spectrogram = new LogMelSpectrogram(new FeatureDescriptor(8, 4, 2), 8000, CPU);
        var extended = new float[3 + 8];
        spectrogram.Extend([1, 2, 3], extended);
        Assert.Equal([1, 2, 3, 2, 1, 2, 3, 2, 1, 2, 3], extended);
    }
}
