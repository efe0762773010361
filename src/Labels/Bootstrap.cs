namespace OrleansTagging.Labels;

/// <summary>An interval that a bootstrap gives.</summary>
/// <param name="Low">Its lower end.</param>
/// <param name="High">Its upper end.</param>
/// <param name="Level">The share of resamples that lie in it.</param>
/// <param name="Resamples">How many resamples were taken.</param>
public sealed record BootstrapInterval(double Low, double High, double Level, int Resamples);

/// <summary>The difference between two predictions of the same clips.</summary>
/// <param name="Difference">lwlrap of the first minus lwlrap of the second.</param>
/// <param name="Interval">The interval of the difference.</param>
/// <param name="ShareAbove">The share of resamples in which the first is the better one; those without a difference count half.</param>
public sealed record PairedDifference(double Difference, BootstrapInterval Interval, double ShareAbove);

/// <summary>
/// How far lwlrap would move with other clips of the same kind: clips are drawn with replacement, as many as there are, again and again,
/// and the middle of what they give is the interval (the percentile bootstrap; Efron and Tibshirani, "An Introduction to the Bootstrap",
/// 1993, chapter 13). It says nothing of other models or other training runs; for those see <see cref="Spread"/>.
/// </summary>
public static class Bootstrap
{
    /// <summary>The usual number of resamples.</summary>
    public const int UsualResamples = 1_000;

    /// <summary>The usual share of resamples that lie in the interval.</summary>
    public const double UsualLevel = 0.95;

    private static readonly ulong _key = SeededRandom.Key("bootstrap over clips");

    /// <summary>The interval of lwlrap.</summary>
    /// <param name="clips">What the clips add to it.</param>
    /// <param name="seed">Equal clips with equal seeds give equal intervals.</param>
    /// <param name="resamples">How many resamples to take, at least 1.</param>
    /// <param name="level">The share of resamples in the interval, over (0, 1).</param>
    /// <exception cref="ArgumentOutOfRangeException">There is less than one resample, or the level is no such share.</exception>
    public static BootstrapInterval Interval(
        ClipPrecisions clips, ulong seed, int resamples = UsualResamples, double level = UsualLevel)
    {
        Check(resamples, level);
        var results = new double[resamples];
        for (var resample = 0; resample < resamples; resample++)
        {
            var random = SeededRandom.Of(seed, _key, (ulong)resample);
            var (sum, labels) = (0.0, 0L);
            for (var draw = 0; draw < clips.Clips; draw++)
            {
                var clip = random.NextInt(clips.Clips);
                sum += clips.Sums[clip];
                labels += clips.Labels[clip];
            }
            results[resample] = sum / labels;
        }
        return Middle(results, level);
    }

    /// <summary>
    /// The difference between two predictions, and its interval: every resample draws the same clips for both, so that what makes a clip
    /// hard for both cancels out.
    /// </summary>
    /// <param name="first">What the clips add to lwlrap of the first.</param>
    /// <param name="second">The same of the second, the same clips in the same order.</param>
    /// <param name="seed">Equal clips with equal seeds give equal intervals.</param>
    /// <param name="resamples">How many resamples to take, at least 1.</param>
    /// <param name="level">The share of resamples in the interval, over (0, 1).</param>
    /// <exception cref="ArgumentException">The two are not of the same clips.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is less than one resample, or the level is no such share.</exception>
    public static PairedDifference Difference(
        ClipPrecisions first, ClipPrecisions second, ulong seed, int resamples = UsualResamples, double level = UsualLevel)
    {
        Check(resamples, level);
        if (!first.Labels.SequenceEqual(second.Labels))
        {
            throw new ArgumentException("The two predictions are of different clips.", nameof(second));
        }
        var differences = new double[first.Clips];
        for (var clip = 0; clip < differences.Length; clip++)
        {
            differences[clip] = first.Sums[clip] - second.Sums[clip];
        }
        var results = new double[resamples];
        var above = 0.0;
        for (var resample = 0; resample < resamples; resample++)
        {
            var random = SeededRandom.Of(seed, _key, (ulong)resample);
            var (sum, labels) = (0.0, 0L);
            for (var draw = 0; draw < differences.Length; draw++)
            {
                var clip = random.NextInt(differences.Length);
                sum += differences[clip];
                labels += first.Labels[clip];
            }
            results[resample] = sum / labels;
            above += sum > 0 ? 1 : sum == 0 ? 0.5 : 0;
        }
        return new PairedDifference(first.Lwlrap - second.Lwlrap, Middle(results, level), above / resamples);
    }

    private static void Check(int resamples, double level)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(resamples);
        if (level is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(level), level, "A share over (0, 1) is expected.");
        }
    }

    private static BootstrapInterval Middle(double[] results, double level)
    {
        Array.Sort(results);
        return new BootstrapInterval(Quantile(results, (1 - level) / 2), Quantile(results, (1 + level) / 2), level, results.Length);
    }

    /// <summary>Linear between neighbours, as numpy.quantile has it.</summary>
    private static double Quantile(double[] sorted, double share)
    {
        var place = share * (sorted.Length - 1);
        var below = (int)place;
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }
}
