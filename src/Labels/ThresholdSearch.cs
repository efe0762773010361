namespace OrleansTagging.Labels;

/// <summary>
/// Finds the threshold at which predictions have a given mean number of labels a clip: of 10,000 thresholds evenly over [0, 1], both ends
/// included, the one whose mean is nearest, the lowest of those that are as near. A class is a label where its probability is above the
/// threshold, not at it.
/// </summary>
/// <remarks>
/// The thresholds, the comparison and the choice are those of the third-place solution's relabelling script, to the last bit. It
/// compares every probability with every threshold; here each probability is filed once under the thresholds that it exceeds, so that
/// one pass and 80 kB serve any number of clips, and searches over parts of a set can be added up.
/// </remarks>
public sealed class ThresholdSearch
{
    /// <summary>The number of thresholds.</summary>
    public const int Thresholds = 10_000;

    private const double Step = 1.0 / (Thresholds - 1);

    // How many probabilities exceed exactly so many of the thresholds.
    private readonly long[] _exceeding;

    /// <summary>A search over no clips yet.</summary>
    public ThresholdSearch() => _exceeding = new long[Thresholds + 1];

    /// <summary>Goes on from the counts of another search.</summary>
    /// <exception cref="ArgumentException">They are not as many as the thresholds and one, or one is negative.</exception>
    public ThresholdSearch(long clips, ReadOnlySpan<long> counts)
    {
        if (counts.Length != Thresholds + 1 || clips < 0 || counts.ContainsAnyInRange(long.MinValue, -1))
        {
            throw new ArgumentException($"{Thresholds + 1} counts are expected, none of them negative.", nameof(counts));
        }
        Clips = clips;
        _exceeding = counts.ToArray();
    }

    /// <summary>The number of clips seen.</summary>
    public long Clips { get; private set; }

    /// <summary>How many probabilities exceed exactly 0, 1, … of the thresholds, <c>[10,001]</c>: all that a search knows.</summary>
    public ReadOnlySpan<long> Counts => _exceeding;

    /// <summary>A threshold, counted from 0.</summary>
    public static double Threshold(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Thresholds, nameof(index));
        return index == Thresholds - 1 ? 1 : index * Step;
    }

    /// <summary>Takes in a clip.</summary>
    /// <param name="probabilities">Its probabilities <c>[classes]</c>, over [0, 1].</param>
    /// <exception cref="ArgumentException">One is not over [0, 1]; nothing of the clip has been counted.</exception>
    public void Add(ReadOnlySpan<double> probabilities)
    {
        foreach (var probability in probabilities)
        {
            if (probability is not (>= 0 and <= 1))
            {
                throw new ArgumentException($"{probability} is no probability.", nameof(probabilities));
            }
        }
        foreach (var probability in probabilities)
        {
            _exceeding[Exceeded(probability)]++;
        }
        Clips++;
    }

    /// <summary>Takes in the clips of another search.</summary>
    public void Add(ThresholdSearch other)
    {
        for (var at = 0; at < _exceeding.Length; at++)
        {
            _exceeding[at] += other._exceeding[at];
        }
        Clips += other.Clips;
    }

    /// <summary>The threshold for a mean number of labels a clip, and the mean that it gives.</summary>
    /// <exception cref="InputException">The mean is not above 0, or no clip was taken in.</exception>
    public (double Threshold, double LabelsPerClip) For(double labelsPerClip)
    {
        if (Clips == 0)
        {
            throw new InputException("There are no clips for which a threshold could be chosen.");
        }
        if (!(labelsPerClip > 0 && double.IsFinite(labelsPerClip)))
        {
            throw new InputException($"{labelsPerClip} labels a clip are asked for; ask for a number above 0.");
        }
        var best = Thresholds - 1;
        var bestMean = (double)_exceeding[Thresholds] / Clips;
        var labels = _exceeding[Thresholds];
        for (var index = Thresholds - 2; index >= 0; index--)
        {
            // Those that exceed one threshold more exceed this one.
            labels += _exceeding[index + 1];
            var mean = (double)labels / Clips;
            if (Math.Abs(mean - labelsPerClip) <= Math.Abs(bestMean - labelsPerClip))
            {
                (best, bestMean) = (index, mean);
            }
        }
        return (Threshold(best), bestMean);
    }

    /// <summary>How many of the thresholds are below a probability.</summary>
    private static int Exceeded(double probability)
    {
        // Right up to a rounding, which the comparison with the thresholds themselves settles.
        var count = (int)Math.Ceiling(probability * (Thresholds - 1));
        while (count > 0 && Threshold(count - 1) >= probability)
        {
            count--;
        }
        while (count < Thresholds && Threshold(count) < probability)
        {
            count++;
        }
        return count;
    }
}
