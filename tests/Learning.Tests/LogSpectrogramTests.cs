using OrleansTagging.Recipe;
using static TorchSharp.torch;

namespace OrleansTagging.Learning.Tests;

public sealed class LogSpectrogramTests
{
    [Fact]
    public void The_filter_bank_equals_the_reference()
    {
        var expected = GoldenFiles.Array("mel_filterbank_2048_128.npy").Values;
        var actual = MelFilterBank.Of(44100, 2048, 128);
        Assert.Equal(expected.Length, actual.Length);
        Assert.True(expected.Zip(actual, (left, right) => Math.Abs(left - right)).Max() < 1e-6);
    }

    [Theory]
    [InlineData("mel_2048_1024_128", "log_mel_2048_1024_128.npy", 128)]
    [InlineData("stft_256_128", "log_stft_256_128.npy", 129)]
    public void Features_equal_the_reference(string name, string golden, int bands)
    {
        var expected = GoldenFiles.Array(golden);
        using var spectrogram = new LogSpectrogram(FeatureDescriptor.Parse(name), 44100, CPU);
        var signal = GoldenFiles.Array("signal.npy").Values;
        var actual = spectrogram.OfClip(signal);
        Assert.Equal([bands, spectrogram.Frames(signal.Length)], expected.Shape);
        Assert.Equal(expected.Values.Length, actual.Length);
        Assert.True(expected.Values.Zip(actual, (left, right) => Math.Abs(left - right)).Max() < 1e-3);
    }

    [Theory]
    [InlineData(1, "mel_512_128_32")]
    [InlineData(2, "mel_512_128_32")]
    [InlineData(100, "mel_512_128_32")]
    [InlineData(257, "mel_512_128_32")]
    [InlineData(5000, "mel_512_128_32")]
    [InlineData(1, "stft_64_32")]
    [InlineData(5000, "stft_64_32")]
    public void A_clip_has_the_same_features_alone_and_beside_longer_ones(int samples, string name)
    {
        var waveforms = SyntheticWaveforms.Of(samples, 8000, 6100);
        using var scope = NewDisposeScope();
        using var spectrogram = new LogSpectrogram(FeatureDescriptor.Parse(name), waveforms.Rate, CPU);
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
        using var spectrogram = new LogSpectrogram(new FeatureDescriptor(FeatureKind.Mel, 8, 4, 2), 8000, CPU);
        var extended = new float[3 + 8];
        spectrogram.Extend([1, 2, 3], extended);
        Assert.Equal([1, 2, 3, 2, 1, 2, 3, 2, 1, 2, 3], extended);
    }
}
