using FsCheck;
using FsCheck.Fluent;
using OrleansTagging.Audio.Effects;

namespace OrleansTagging.Audio.Tests;

public sealed class PitchTempoSpeedTests
{
    // Harmonics of 220 Hz: a sound with a period, as WSOLA wants it.
    private static readonly double[] _chord = [220, 440, 1_320, 3_520];

    [Theory]
    [InlineData(44_100, 440, -300)]
    [InlineData(44_100, 1_000, 300)]
    [InlineData(44_100, 5_000, -120)]
    [InlineData(22_050, 150, 300)]
    [InlineData(22_050, 440, 37)]
    [InlineData(22_050, 3_000, -300)]
    [InlineData(16_000, 660, 200)]
    public void Pitch_moves_a_tone_by_its_cents_within_three_and_keeps_its_length_and_level(int rate, double frequency, double cents)
    {
        var input = Signals.Tone(frequency, rate, 1.5);
        var output = Pitched(input, rate, cents);
        Assert.Equal(input.Length, output.Length);
        var moved = frequency * Pitch.Ratio(cents);
        Assert.InRange(Spectrum.CentsOff(output, moved, rate), -3, 3);
        Assert.InRange(Spectrum.ToneDecibels(output) - Spectrum.Decibels(0.5), -0.5, 0.5);
        // Nothing is left where the tone was.
        Assert.InRange(Spectrum.Decibels(output, frequency, rate) - Spectrum.Decibels(0.5), -1000, -20);
    }

    [Theory]
    [InlineData(44_100, 440, 0.9)]
    [InlineData(44_100, 2_000, 1.1)]
    [InlineData(22_050, 120, 1.07)]
    [InlineData(22_050, 5_000, 0.93)]
    public void Tempo_keeps_a_tone_s_pitch_and_level_and_changes_its_length(int rate, double frequency, double factor)
    {
        var input = Signals.Tone(frequency, rate, 1.5);
        var output = new float[Tempo.Length(input.Length, factor)];
        new Tempo(rate).Apply(input, output);
        Assert.InRange(output.Length / (input.Length / factor), 0.995, 1.005);
        Assert.InRange(Spectrum.CentsOff(output, frequency, rate), -3, 3);
        Assert.InRange(Spectrum.ToneDecibels(output) - Spectrum.Decibels(0.5), -0.5, 0.5);
    }

    [Theory]
    [InlineData(0.9)]
    [InlineData(1.1)]
    public void Tempo_moves_events_in_proportion(double factor)
    {
        const int Rate = 22_050;
        var input = new float[4 * Rate];
        double[] onsets = [0.31, 1.02, 1.77, 2.5, 3.6];
        foreach (var onset in onsets)
        {
            Signals.Noise(Rate / 50).CopyTo(input, (int)(onset * Rate));
        }
        var output = new float[Tempo.Length(input.Length, factor)];
        new Tempo(Rate).Apply(input, output);
        foreach (var onset in onsets)
        {
            // Silence before, sound after, as near as a segment may be moved.
            var place = (int)(onset / factor * Rate);
            Assert.True(Loudest(output.AsSpan(place - Rate / 10, Rate / 12)) < 0.01);
            Assert.True(Loudest(output.AsSpan(place - Rate / 60, Rate / 20)) > 0.1);
        }
    }

    [Theory]
    [InlineData(44_100, 440, 0.9)]
    [InlineData(44_100, 8_000, 1.1)]
    [InlineData(22_050, 1_000, 1.05)]
    [InlineData(22_050, 6_000, 0.95)]
    public void Speed_moves_a_tone_s_pitch_with_its_length(int rate, double frequency, double factor)
    {
        var input = Signals.Tone(frequency, rate, 1);
        var output = new float[Speed.Length(input.Length, factor)];
        Speed.Apply(input, output, factor);
        Assert.InRange(output.Length / (input.Length / factor), 0.995, 1.005);
        Assert.InRange(Spectrum.CentsOff(output, frequency * factor, rate), -0.5, 0.5);
        // Sampled as if the tone had been of that frequency from the start.
        var direct = Signals.Tone(frequency * factor, rate, 2);
        Assert.InRange(Spectrum.Difference(output.AsSpan(100, output.Length - 200), direct.AsSpan(100, output.Length - 200)), -1000, -60);
    }

    [Fact]
    public void A_higher_speed_leaves_no_aliases_of_what_comes_to_lie_beyond_the_Nyquist_frequency()
    {
        const int Rate = 22_050;
        foreach (var (frequency, factor) in new[] { (10_900.0, 1.1), (10_400, 1.1), (10_000, 1.15), (9_500, 1.3) })
        {
            var input = Signals.Tone(frequency, Rate, 0.5);
            var output = new float[Speed.Length(input.Length, factor)];
            Speed.Apply(input, output, factor);
            Assert.InRange(Spectrum.ToneDecibels(output) - Spectrum.Decibels(0.5), -1000, -50);
        }
    }

    [Theory]
    [InlineData(-300)]
    [InlineData(150)]
    public void Sox_finds_the_same_chord_after_its_pitch(int cents)
    {
        const int Rate = 44_100;
        var theirs = Sox.Apply(Chord(Rate), Rate, $"pitch {cents}");
        var ours = Pitched(Chord(Rate), Rate, cents);
        Assert.InRange((double)ours.Length / theirs.Length, 0.995, 1.005);
        AssertSameChord(theirs, ours, Rate, Pitch.Ratio(cents));
    }

    [Theory]
    [InlineData(0.9)]
    [InlineData(1.1)]
    public void Sox_finds_the_same_chord_after_its_tempo(double factor)
    {
        const int Rate = 44_100;
        var theirs = Sox.Apply(Chord(Rate), Rate, FormattableString.Invariant($"tempo {factor}"));
        var ours = new float[Tempo.Length(Chord(Rate).Length, factor)];
        new Tempo(Rate).Apply(Chord(Rate), ours);
        Assert.InRange((double)ours.Length / theirs.Length, 0.995, 1.005);
        AssertSameChord(theirs, ours, Rate, 1);
    }

    [Theory]
    [InlineData(0.9)]
    [InlineData(1.1)]
    public void Sox_gives_the_same_samples_for_its_speed(double factor)
    {
        const int Rate = 22_050;
        // Two fifths of the band, which both filters pass.
        var input = Resampler.Of(22_050, Rate).Resample(Resampler.Of(8_820, 22_050).Resample(Signals.Noise(20_000)));
        var theirs = Sox.Apply(input, Rate, FormattableString.Invariant($"speed {factor}"));
        var ours = new float[Speed.Length(input.Length, factor)];
        Speed.Apply(input, ours, factor);
        Assert.InRange(ours.Length - theirs.Length, -1, 1);
        var shared = Math.Min(ours.Length, theirs.Length) - 400;
        Assert.InRange(Spectrum.Difference(ours.AsSpan(200, shared), theirs.AsSpan(200, shared)), -1000, -60);
    }

    [Fact]
    public void Lengths_are_what_they_promise_and_nothing_is_not_a_number_down_to_a_single_sample() =>
        Prop.ForAll(Signals.Clip(), Signals.Seed(), (clip, seed) =>
        {
            var random = Labels.SeededRandom.Of(seed);
            var (tempo, speed, cents) = (random.NextDouble(0.5, 2), random.NextDouble(0.5, 2), random.NextDouble(-300, 300));
            var slower = new float[Tempo.Length(clip.Length, tempo)];
            new Tempo(22_050).Apply(clip, slower);
            var lower = new float[Speed.Length(clip.Length, speed)];
            Speed.Apply(clip, lower, speed);
            var pitched = Pitched(clip, 22_050, cents);
            foreach (var output in new[] { slower, lower, pitched })
            {
                Assert.True(output.Length == 0 || Loudest(output) < 2);
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void No_change_changes_nothing()
    {
        var noise = Signals.Noise(30_000);
        var output = new float[noise.Length];
        new Tempo(22_050).Apply(noise, output);
        Assert.Equal(noise, output);
        Speed.Apply(noise, output, 1);
        Assert.Equal(noise, output);
        Assert.Equal(noise, Pitched(noise, 22_050, 0));
    }

    private static float[] Pitched(float[] input, int rate, double cents)
    {
        var output = new float[input.Length];
        new Pitch(rate).Apply(input, output, Pitch.Ratio(cents));
        return output;
    }

    private static float[] Chord(int rate) =>
        [.. Enumerable.Range(0, 2 * rate).Select(at => (float)_chord.Sum(tone => 0.15 * Math.Sin(2 * Math.PI * tone * at / rate)))];

    private static void AssertSameChord(float[] theirs, float[] ours, int rate, double ratio)
    {
        foreach (var tone in _chord)
        {
            var moved = tone * ratio;
            Assert.InRange(Spectrum.CentsOff(ours, moved, rate) - Spectrum.CentsOff(theirs, moved, rate), -3, 3);
            Assert.InRange(Spectrum.Decibels(ours, moved, rate) - Spectrum.Decibels(theirs, moved, rate), -1, 1);
        }
        Assert.InRange(Spectrum.ToneDecibels(ours) - Spectrum.ToneDecibels(theirs), -0.5, 0.5);
    }

    private static float Loudest(ReadOnlySpan<float> samples)
    {
        var loudest = 0f;
        foreach (var sample in samples)
        {
            // NaN is the greater of any two.
            loudest = Math.Max(loudest, Math.Abs(sample));
        }
        return loudest;
    }
}
