namespace OrleansTagging.Audio.Tests;

public sealed class ResamplerTests
{
    public static TheoryData<int, int> Rates => new()
    {
        { 44_100, 22_050 }, { 44_100, 16_000 }, { 48_000, 44_100 }, { 22_050, 44_100 }, { 8_000, 22_050 }, { 96_000, 22_050 },
        { 44_056, 22_050 }, { 22_050, 21_997 },
    };

    [Theory]
    [MemberData(nameof(Rates))]
    public void Tones_below_nine_tenths_of_Nyquist_keep_their_level_and_place(int from, int to)
    {
        var resampler = Resampler.Of(from, to);
        foreach (var share in new[] { 0.02, 0.3, 0.6, 0.9 })
        {
            var frequency = share * Math.Min(from, to) / 2;
            var output = resampler.Resample(Tone(frequency, from, from / 2));
            Assert.InRange(Spectrum.Decibels(output, frequency, to) - Spectrum.Decibels(0.5), -0.1, 0.1);
            // Against the same tone sampled at the new rate: no delay, and nothing else is there.
            var direct = Tone(frequency, to, output.Length);
            var skipped = output.Length / 8;
            for (var at = skipped; at < output.Length - skipped; at++)
            {
                Assert.InRange(output[at] - direct[at], -1e-4, 1e-4);
            }
        }
    }

    [Theory]
    [InlineData(44_100, 22_050)]
    [InlineData(44_100, 16_000)]
    [InlineData(96_000, 22_050)]
    [InlineData(22_050, 21_997)]
    public void Tones_above_the_new_Nyquist_frequency_leave_less_than_minus_80_dB(int from, int to)
    {
        foreach (var share in new[] { 0.001, 0.05, 0.3, 0.7, 0.95 })
        {
            var frequency = to / 2.0 + share * (from - to) / 2.0;
            var output = Resampler.Of(from, to).Resample(Tone(frequency, from, from / 2));
            Assert.InRange(Spectrum.ToneDecibels(output) - Spectrum.Decibels(0.5), -1000, -80);
        }
    }

    [Theory]
    [InlineData(22_050, 44_100)]
    [InlineData(8_000, 22_050)]
    public void Images_above_the_old_Nyquist_frequency_stay_below_minus_80_dB(int from, int to)
    {
        var frequency = 0.45 * from / 2;
        var output = Resampler.Of(from, to).Resample(Tone(frequency, from, from));
        Assert.InRange(Spectrum.Decibels(output, from - frequency, to) - Spectrum.Decibels(0.5), -1000, -80);
    }

    [Fact]
    public void A_constant_stays_constant()
    {
        var output = Resampler.Of(44_100, 16_000).Resample(Enumerable.Repeat(0.25f, 44_100).ToArray());
        Assert.All(output[2_000..^2_000], sample => Assert.InRange(sample, 0.25f - 1e-6f, 0.25f + 1e-6f));
    }

    [Fact]
    public void The_length_is_the_rounded_ratio()
    {
        Assert.Equal(1, Resampler.Of(44_100, 22_050).Length(1));
        Assert.Equal(2, Resampler.Of(44_100, 22_050).Length(3));
        Assert.Equal(0, Resampler.Of(44_100, 22_050).Length(0));
        Assert.Equal(363, Resampler.Of(44_100, 16_000).Length(1_000));
        Assert.Equal(2_000_000_000, Resampler.Of(22_050, 44_100).Length(1_000_000_000));
        foreach (var samples in new[] { 0, 1, 2, 3, 100, 12_345 })
        {
            Assert.Equal(Resampler.Of(48_000, 22_050).Length(samples), Resampler.Of(48_000, 22_050).Resample(new float[samples]).Length);
        }
    }

    [Fact]
    public void The_same_rate_changes_nothing()
    {
        float[] samples = [0.1f, -0.2f, 0.3f];
        Assert.Equal(samples, Resampler.Of(44_100, 44_100).Resample(samples));
    }

    [Fact]
    public void Sox_agrees_below_nine_tenths_of_Nyquist()
    {
        using var folder = new Folder();
        var noise = new Random(7);
        var white = Enumerable.Range(0, 44_100).Select(_ => noise.NextDouble() * 0.5 - 0.25).ToArray();
        // Band-limit the noise first, by a rate change of sox' own, so that the two transition bands do not come into it.
        folder.Write("in.wav", WaveBytes.Of(WaveBytes.Float, 32, 44_100, 1, white));
        if (!Sox.TryRun(folder.Path, "in.wav", "-b 32 -e float narrow.wav", "sinc -9000")
            || !Sox.TryRun(folder.Path, "narrow.wav", "-b 32 -e float out.wav", "rate -v 22050"))
        {
            Assert.Skip("sox is not installed");
        }
        var theirs = AudioFile.Decode(folder["out.wav"]).Samples;
        var ours = AudioFile.Decode(folder["narrow.wav"], 22_050).Samples;
        Assert.Equal(theirs.Length, ours.Length);
        var (error, power) = (0.0, 0.0);
        for (var at = 1_000; at < ours.Length - 1_000; at++)
        {
            error += Math.Pow(ours[at] - theirs[at], 2);
            power += Math.Pow(theirs[at], 2);
        }
        Assert.InRange(10 * Math.Log10(error / power), -1000, -80);
    }

    private static float[] Tone(double frequency, int rate, int count) =>
        [.. Enumerable.Range(0, count).Select(at => (float)(0.5 * Math.Sin(2 * Math.PI * frequency * at / rate)))];
}
