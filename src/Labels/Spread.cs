namespace OrleansTagging.Labels;

/// <summary>A figure over repetitions: the same experiment with several seeds, or its folds.</summary>
/// <param name="Count">How many there are.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="StandardDeviation">
/// How far one of them lies from the mean, as estimated from the sample (divided by one less than the count); <c>null</c> of a single
/// one, which says nothing of it.
/// </param>
/// <param name="Least">The smallest.</param>
/// <param name="Most">The largest.</param>
public sealed record Spread(int Count, double Mean, double? StandardDeviation, double Least, double Most)
{
    /// <summary>The spread of these figures, whose order does not matter.</summary>
    /// <exception cref="ArgumentException">There is none, or one is not finite.</exception>
    public static Spread Of(IEnumerable<double> figures)
    {
        // Sorted, so that sums are added in one order.
        double[] sorted = [.. figures.Order()];
        if (sorted.Length == 0 || !Array.TrueForAll(sorted, double.IsFinite))
        {
            throw new ArgumentException("A spread needs at least one figure, each of them finite.", nameof(figures));
        }
        var mean = sorted.Sum() / sorted.Length;
        var squares = sorted.Sum(figure => (figure - mean) * (figure - mean));
        return new Spread(
            sorted.Length, mean, sorted.Length == 1 ? null : Math.Sqrt(squares / (sorted.Length - 1)), sorted[0], sorted[^1]);
    }
}
