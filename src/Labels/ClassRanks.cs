namespace OrleansTagging.Labels;

/// <summary>
/// Scores as ranks of the classes within each clip, over [0, 1]: 0 for the class that scores lowest, 1 for the one that scores highest,
/// equal scores the mean of the ranks that they take up. With a single class, 0.
/// </summary>
/// <remarks>
/// lwlrap depends on the order of the classes within a clip and on nothing else, so that ranks lose none of what it measures, and members
/// whose scores are spread differently (one sure of itself, one timid) weigh alike in a mean of them.
/// </remarks>
public static class ClassRanks
{
    /// <summary>The ranks of scores <c>[clips, classes]</c>, row-major, in the same shape.</summary>
    /// <exception cref="ArgumentException">The scores are no whole number of clips, or one is NaN.</exception>
    public static double[] Of(ReadOnlySpan<double> scores, int classes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classes);
        if (scores.Length % classes != 0 || Agreement.HasNaN(scores))
        {
            throw new ArgumentException($"Scores of {classes} classes a clip are expected, each a number.", nameof(scores));
        }
        var ranks = new double[scores.Length];
        var sorted = new double[classes];
        var order = new int[classes];
        for (var first = 0; first < scores.Length; first += classes)
        {
            scores.Slice(first, classes).CopyTo(sorted);
            for (var label = 0; label < classes; label++)
            {
                order[label] = label;
            }
            Array.Sort(sorted, order);
            for (var start = 0; start < classes;)
            {
                var end = start + 1;
                while (end < classes && sorted[end] == sorted[start])
                {
                    end++;
                }
                var rank = classes == 1 ? 0 : (start + end - 1) / 2.0 / (classes - 1);
                for (var at = start; at < end; at++)
                {
                    ranks[first + order[at]] = rank;
                }
                start = end;
            }
        }
        return ranks;
    }

    /// <summary>The ranks of the predictions of clips.</summary>
    public static PredictionTable Of(PredictionTable predictions) =>
        new(predictions.FileNames, predictions.Classes, Of(predictions.Scores, predictions.Classes.Count));
}
