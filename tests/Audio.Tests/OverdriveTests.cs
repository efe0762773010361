using OrleansTagging.Audio.Effects;

namespace OrleansTagging.Audio.Tests;

public sealed class OverdriveTests
{
    private const int Rate = 44_100;

    // Of the gained tone A sin x and the offset c: (A sin x + c) - (A sin x + c)³ / 3 has A²c/2 at twice and A³/12 at three times the
    // frequency.
    [Theory]
    [InlineData(0.5, 0, 20)]
    [InlineData(0.4, 6, 20)]
    [InlineData(0.5, 3, 40)]
    [InlineData(0.5, 5, 0)]
    public void Its_harmonics_are_those_of_the_bend(double level, double gain, double colour)
    {
        var clip = Signals.Tone(1_000, Rate, 1, level);
        Overdrive.Apply(clip, gain, colour);
        var (driven, offset) = (level * Math.Pow(10, gain / 20), colour / 200);
        Assert.True(driven + offset <= 1);
        var first = 0.5 * level + 0.75 * (driven - driven * offset * offset - driven * driven * driven / 4);
        Assert.Equal(Spectrum.Decibels(first), Spectrum.Decibels(clip, 1_000, Rate), 0.1);
        Assert.Equal(Spectrum.Decibels(0.75 * Math.Pow(driven, 3) / 12), Spectrum.Decibels(clip, 3_000, Rate), 0.1);
        if (colour > 0)
        {
            Assert.Equal(Spectrum.Decibels(0.75 * driven * driven * offset / 2), Spectrum.Decibels(clip, 2_000, Rate), 0.1);
        }
        else
        {
            Assert.InRange(Spectrum.Decibels(clip, 2_000, Rate), -1000, -90);
        }
        Assert.InRange(Spectrum.Decibels(clip, 1_500, Rate), -1000, -90);
        // The offset is gone again.
        Assert.InRange(clip[(Rate / 2)..].Average(), -1e-3, 1e-3);
    }

    [Fact]
    public void More_gain_brings_more_harmonics_up_to_a_square_wave_s()
    {
        var ratios = new[] { 2.0, 10, 40 }.Select(gain =>
        {
            var clip = Signals.Tone(441, Rate, 1);
            Overdrive.Apply(clip, gain, 0);
            return Math.Pow(10, (Spectrum.Decibels(clip, 3 * 441, Rate) - Spectrum.Decibels(clip, 441, Rate)) / 20);
        }).ToArray();
        Assert.True(ratios[0] < ratios[1] && ratios[1] < ratios[2]);
        // A square wave of ±2/3 at three quarters, over the half of the tone that is clean.
        var square = 4 / Math.PI * 2 / 3 * 0.75;
        Assert.Equal(square / 3 / (square + 0.25), ratios[2], 0.01);
    }

    [Theory]
    [InlineData(2, 20)]
    [InlineData(10, 20)]
    [InlineData(25, 60)]
    public void Sox_gives_the_same_samples_once_its_filter_has_settled(int gain, int colour)
    {
        var input = Signals.Noise(Rate);
        var theirs = Sox.Apply(input, Rate, $"overdrive {gain} {colour}");
        Overdrive.Apply(input, gain, colour);
        Assert.InRange(Spectrum.Difference(input.AsSpan(5_000), theirs.AsSpan(5_000)), -1000, -80);
    }

    [Fact]
    public void Silence_stays_silence_and_the_last_samples_of_any_length_are_driven_like_the_others()
    {
        var silence = new float[1_003];
        Overdrive.Apply(silence, 20);
        Assert.All(silence, sample => Assert.InRange(sample, -1e-6f, 1e-6f));
        var whole = Signals.Noise(160);
        Overdrive.Apply(whole, 12);
        for (var samples = 1; samples < 40; samples++)
        {
            var part = Signals.Noise(160)[..samples];
            Overdrive.Apply(part, 12);
            Assert.Equal(whole[..samples], part);
        }
    }
}
