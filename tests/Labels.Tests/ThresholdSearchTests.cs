using FsCheck;
using FsCheck.Fluent;

namespace OrleansTagging.Labels.Tests;

public sealed class ThresholdSearchTests
{
    [Fact]
    public void Thresholds_lead_from_0_to_1()
    {
        Assert.Equal(0, ThresholdSearch.Threshold(0));
        Assert.Equal(1, ThresholdSearch.Threshold(9_999));
        Assert.Equal(1.0 / 9_999, ThresholdSearch.Threshold(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => ThresholdSearch.Threshold(10_000));
    }

    [Fact]
    public void It_is_the_choice_of_10000_passes() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = SeededRandom.Of((ulong)seed);
            var rows = Enumerable.Range(0, 1 + random.NextInt(5)).Select(_ => Row(ref random)).ToArray();
            var asked = random.NextInt(4) == 0 ? 1 + random.NextInt(3) : random.NextDouble(0.01, 6);

            var search = new ThresholdSearch();
            foreach (var row in rows)
            {
                search.Add(row);
            }
            Assert.Equal(Plainly(rows, asked), search.For(asked));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_mean_is_the_asked_one_within_one_step() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = SeededRandom.Of((ulong)seed);
            var rows = Enumerable.Range(0, 1 + random.NextInt(40)).Select(_ => Row(ref random)).ToArray();
            var asked = random.NextDouble(0.01, 6);
            var search = new ThresholdSearch();
            foreach (var row in rows)
            {
                search.Add(row);
            }
            var (threshold, mean) = search.For(asked);
            // The threshold before and the one after are no nearer, so that the mean jumps over what was asked for between neighbours.
            var index = (int)Math.Round(threshold * 9_999);
            for (var other = Math.Max(0, index - 1); other <= Math.Min(9_999, index + 1); other++)
            {
                Assert.True(Math.Abs(Mean(rows, ThresholdSearch.Threshold(other)) - asked) >= Math.Abs(mean - asked));
            }
            Assert.Equal(Mean(rows, threshold), mean);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Searches_over_parts_add_up()
    {
        var random = SeededRandom.Of(5);
        var (whole, one, other) = (new ThresholdSearch(), new ThresholdSearch(), new ThresholdSearch());
        for (var clip = 0; clip < 100; clip++)
        {
            var row = Row(ref random);
            whole.Add(row);
            (clip % 3 == 0 ? one : other).Add(row);
        }
        var resumed = new ThresholdSearch(one.Clips, one.Counts);
        resumed.Add(other);
        Assert.Equal(whole.For(1.3), resumed.For(1.3));
        Assert.Equal(100, resumed.Clips);
        Assert.Throws<ArgumentException>(() => new ThresholdSearch(1, [1, 2]));
    }

    [Fact]
    public void No_clips_no_threshold_and_no_probability_no_label()
    {
        Assert.Throws<InputException>(() => new ThresholdSearch().For(1));
        var search = new ThresholdSearch();
        Assert.Throws<ArgumentException>(() => search.Add([0.5, 1.01]));
        Assert.Throws<ArgumentException>(() => search.Add([double.NaN]));
        Assert.Equal(0, search.Clips);
        Assert.Equal(0, search.Counts.ToArray().Sum());
    }

    /// <summary>Six probabilities, some of them 0, 1, a threshold itself, or one of its neighbours among the numbers.</summary>
    private static double[] Row(ref SeededRandom random)
    {
        var row = new double[6];
        for (var label = 0; label < row.Length; label++)
        {
            var threshold = ThresholdSearch.Threshold(random.NextInt(10_000));
            row[label] = random.NextInt(6) switch
            {
                0 => 0,
                1 => 1,
                2 => threshold,
                3 => Math.Min(1, Math.BitIncrement(threshold)),
                4 => Math.Max(0, Math.BitDecrement(threshold)),
                _ => random.NextDouble(),
            };
        }
        return row;
    }

    private static (double Threshold, double Mean) Plainly(double[][] rows, double asked) =>
        Enumerable.Range(0, 10_000).Select(ThresholdSearch.Threshold).Select(threshold => (threshold, Mean(rows, threshold)))
            .MinBy(pair => Math.Abs(pair.Item2 - asked));

    private static double Mean(double[][] rows, double threshold)
    {
        var labels = 0;
        foreach (var row in rows)
        {
            foreach (var probability in row)
            {
                labels += probability > threshold ? 1 : 0;
            }
        }
        return (double)labels / rows.Length;
    }
}
