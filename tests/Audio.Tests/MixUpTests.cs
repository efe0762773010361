using FsCheck;
using FsCheck.Fluent;
using OrleansTagging.Audio.Effects;
using OrleansTagging.Labels;

namespace OrleansTagging.Audio.Tests;

public sealed class MixUpTests
{
    [Fact]
    public void Both_clips_are_in_the_mix_at_their_levels_to_the_last_bit() =>
        Prop.ForAll(Signals.Clip(), Signals.Clip(), Signals.Seed(), (first, second, seed) =>
        {
            var random = SeededRandom.Of(seed);
            var mix = Mix.Uniform(0.4, 0.6, ref random);
            Assert.InRange(mix.Level, 0.4, 0.6);
            var output = new float[MixUp.Length(first.Length, second.Length)];
            MixUp.Apply(first, second, mix, output);
            Assert.Equal(Math.Max(first.Length, second.Length), output.Length);
            var start = MixUp.Start(first.Length, second.Length, mix);
            Assert.InRange(start, 0, Math.Abs(first.Length - second.Length));
            var (ofFirst, ofSecond) = first.Length >= second.Length ? (0, start) : (start, 0);
            var sum = new float[output.Length];
            for (var at = 0; at < output.Length; at++)
            {
                sum[at] = (float)mix.Level * At(first, at - ofFirst) + (float)(1 - mix.Level) * At(second, at - ofSecond);
            }
            Assert.True(sum.AsSpan().SequenceEqual(output));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_mix_that_overwrites_has_the_shorter_clip_alone_where_it_lies()
    {
        float[] output = new float[5], averaged = new float[3];
        MixUp.Apply([8, 8], [10, 20, 30, 40, 50], new Mix(0.25, 0.5, Overwrites: true), output);
        Assert.Equal([7.5f, 15, 2, 2, 37.5f], output);
        // Of one length both are heard.
        MixUp.Apply([4, 8, 12], [8, 4, 0], new Mix(0.5, 0, Overwrites: true), averaged);
        Assert.Equal([6f, 6, 6], averaged);
    }

    [Fact]
    public void The_shorter_clip_comes_everywhere_in_the_longer_one()
    {
        var starts = new int[5];
        var random = SeededRandom.Of(4);
        for (var draw = 0; draw < 1_000; draw++)
        {
            starts[MixUp.Start(3, 7, Mix.Uniform(0.4, 0.6, ref random))]++;
        }
        Assert.All(starts, count => Assert.InRange(count, 150, 250));
    }

    [Fact]
    public void By_the_OR_rule_the_mix_has_the_labels_of_both_in_full_by_the_weighted_one_each_by_its_level() =>
        Prop.ForAll(LabelSet(), LabelSet(), Signals.Seed(), (first, second, seed) =>
        {
            var random = SeededRandom.Of(seed);
            var mix = Mix.Beta(0.4, ref random);
            var (or, weighted) = (new float[12], new float[12]);
            MixUp.Targets(first, second, mix, MixUpRule.Or, or);
            MixUp.Targets(first, second, mix, MixUpRule.Weighted, weighted);
            for (var label = 0; label < 12; label++)
            {
                var (one, other) = (first.Contains(label), second.Contains(label));
                Assert.Equal(one || other ? 1 : 0, or[label]);
                Assert.Equal((one ? mix.Level : 0) + (other ? 1 - mix.Level : 0), weighted[label], 1e-6);
                if (one && other)
                {
                    Assert.Equal(1, weighted[label]);
                }
            }
        }).QuickCheckThrowOnFailure();

    // Mean 1/2 and variance 1 / (4 (2 alpha + 1)) of Beta(alpha, alpha).
    [Theory]
    [InlineData(0.05)]
    [InlineData(0.4)]
    [InlineData(1)]
    [InlineData(6)]
    public void Levels_of_the_original_MixUp_have_the_beta_distribution_s_mean_and_variance(double alpha)
    {
        const int Draws = 20_000;
        var random = SeededRandom.Of(9);
        var levels = Enumerable.Range(0, Draws).Select(_ => Mix.Beta(alpha, ref random).Level).ToArray();
        Assert.All(levels, level => Assert.InRange(level, 0, 1));
        var mean = levels.Average();
        Assert.Equal(0.5, mean, 0.02);
        Assert.Equal(1, levels.Average(level => Math.Pow(level - mean, 2)) * 4 * (2 * alpha + 1), 0.05);
    }

    private static Arbitrary<int[]> LabelSet() => (
        from count in Gen.Choose(1, 4)
        from seed in Gen.Choose(0, int.MaxValue)
        select Enumerable.Range(0, 12).OrderBy(label => SeededRandom.Of((ulong)seed, (ulong)label).NextUInt64()).Take(count).ToArray())
        .ToArbitrary();

    private static float At(float[] clip, int place) => place >= 0 && place < clip.Length ? clip[place] : 0;
}
