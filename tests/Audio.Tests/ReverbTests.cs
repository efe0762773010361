using OrleansTagging.Audio.Effects;

namespace OrleansTagging.Audio.Tests;

public sealed class ReverbTests
{
    private const int Rate = 22_050;

    [Theory]
    [InlineData(20, 100)]
    [InlineData(50, 50)]
    [InlineData(50, 100)]
    [InlineData(80, 100)]
    public void Low_tones_decay_in_the_time_that_delay_and_feedback_give(double reverberance, double roomScale)
    {
        var reverb = new Reverb(Rate);
        // By the energy still to come (Schroeder, 1965), of the response to an impulse below 500 Hz, from -5 to -25 dB.
        var response = new float[3 * Rate];
        response[0] = 1;
        reverb.Apply(response, reverberance, roomScale, preDelay: 0);
        response[0] -= 1;
        var low = Resampler.Of(Rate, 1_000).Resample(response);
        var left = low.Sum(sample => (double)sample * sample);
        var (total, from, to) = (left, 0, 0);
        for (var at = 0; at < low.Length && 10 * Math.Log10(left / total) > -25; at++)
        {
            left -= (double)low[at] * low[at];
            from = 10 * Math.Log10(left / total) > -5 ? at + 1 : from;
            to = at + 1;
        }
        var seconds = 60.0 / 20 * (to - from) / 1_000;
        Assert.InRange(seconds / reverb.DecaySeconds(reverberance, roomScale), 0.75, 1.15);
    }

    [Fact]
    public void High_tones_decay_sooner()
    {
        Assert.True(Tail(6_000) < 0.5 * Tail(200));

        static double Tail(double frequency)
        {
            var burst = Signals.Tone(frequency, Rate, 0.2).Concat(new float[Rate]).ToArray();
            new Reverb(Rate).Apply(burst, 60, 60);
            return Math.Sqrt(burst.Skip(Rate / 2).Sum(sample => (double)sample * sample));
        }
    }

    [Fact]
    public void The_first_reflection_comes_after_the_pre_delay_and_the_shortest_comb()
    {
        var clip = new float[Rate];
        clip[0] = 1;
        new Reverb(Rate).Apply(clip, 50, 100, preDelay: 0.05);
        var first = Array.FindIndex(clip, 1, sample => sample != 0);
        Assert.Equal((int)Math.Round(0.05 * Rate) + 1116 / 2, first);
        Assert.Equal(1, clip[0]);
    }

    [Theory]
    [InlineData(44_100, 50, 50)]
    [InlineData(44_100, 10, 20)]
    [InlineData(22_050, 90, 100)]
    [InlineData(16_000, 35, 70)]
    public void Sox_gives_the_same_samples(int rate, int reverberance, int roomScale)
    {
        var input = Signals.Noise(rate).Concat(new float[rate / 2]).ToArray();
        var theirs = Sox.Apply(input, rate, $"reverb {reverberance} 50 {roomScale} 0 20 0");
        new Reverb(rate).Apply(input, reverberance, roomScale);
        Assert.InRange(Spectrum.Difference(input, theirs), -1000, -90);
    }

    [Fact]
    public void A_tail_ends_in_exact_silence_and_silence_stays_silence()
    {
        var clip = new float[10 * Rate];
        new Reverb(Rate).Apply(clip, 50, 50);
        Assert.All(clip, sample => Assert.Equal(0, sample));
        clip[0] = 1;
        new Reverb(Rate).Apply(clip, 50, 50);
        Assert.All(clip[^Rate..], sample => Assert.Equal(0, sample));
    }

    [Fact]
    public void A_clip_does_not_hear_the_one_before_it()
    {
        var reverb = new Reverb(Rate);
        var (first, second) = (Signals.Noise(5_003), Signals.Noise(5_003));
        reverb.Apply(first, 70, 30);
        reverb.Apply(Signals.Noise(9_999, seed: 3), 100, 100, preDelay: 0.1);
        reverb.Apply(second, 70, 30);
        Assert.Equal(first, second);
    }

    [Fact]
    public void A_percentage_beyond_a_hundred_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Reverb(Rate).Apply(new float[10], 101, 50));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Reverb(Rate).Apply(new float[10], 50, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Reverb(Rate).Apply(new float[10], 50, 50, preDelay: 3));
    }
}
