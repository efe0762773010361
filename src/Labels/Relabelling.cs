namespace OrleansTagging.Labels;

/// <summary>What becomes of the given labels of doubtful clips, once a threshold says which labels are predicted.</summary>
public enum RelabelStrategy
{
    /// <summary>Clips whose predicted labels are exactly the given ones are kept, with those.</summary>
    FullMatch,

    /// <summary>The given labels are discarded and the predicted ones used.</summary>
    RelabelAll,

    /// <summary>The union of the given and the predicted labels is used.</summary>
    RelabelMerge,
}

/// <summary>
/// Doubtful clips with new labels: a class is predicted where its probability exceeds a threshold, which is chosen so that the clips have
/// a given mean number of predicted labels (<see cref="ThresholdSearch"/>). Clips left without any label are dropped.
/// </summary>
/// <remarks>
/// Follows the third-place solution's relabelling script, apart from its slip: it pairs labels with other clips' where a file is not
/// sorted by name, while clips are matched by name here.
/// </remarks>
public sealed record Relabelling
{
    /// <summary>The threshold chosen, over [0, 1].</summary>
    public required double Threshold { get; init; }

    /// <summary>The mean number of predicted labels that it gives, over all clips, those that are dropped too.</summary>
    public required double LabelsPerClip { get; init; }

    /// <summary>The clips that are kept and their new labels, by file name, ordinally, whatever the order of the files.</summary>
    public required IReadOnlyList<LabelledClip> Clips { get; init; }

    /// <summary>Relabels the clips of a label file; clips that only the predictions have do not matter.</summary>
    /// <param name="labels">The clips and their given labels, if any.</param>
    /// <param name="predictions">Probabilities of at least these clips.</param>
    /// <param name="strategy">What becomes of the given labels.</param>
    /// <param name="labelsPerClip">The mean number of predicted labels a clip, above 0 and up to the number of classes.</param>
    /// <exception cref="InputException">
    /// There is no clip; one is not predicted, or has a score that is no probability; the classes differ; the mean is out of bounds.
    /// </exception>
    public static Relabelling Of(LabelTable labels, PredictionTable predictions, RelabelStrategy strategy, double labelsPerClip)
    {
        PredictionTable.RequireSameClasses(labels.Classes, predictions.Classes);
        if (labelsPerClip > predictions.Classes.Count)
        {
            throw new InputException(
                $"{labelsPerClip} labels a clip are asked for, but there are {predictions.Classes.Count} classes; ask for fewer.");
        }
        var clips = labels.Clips.OrderBy(clip => clip.FileName, StringComparer.Ordinal).ToArray();
        var rows = Array.ConvertAll(clips, clip => predictions.TryGetRow(clip.FileName, out var row)
            ? row
            : throw new InputException($"The clip '{clip.FileName}' is missing from the predictions."));
        var search = new ThresholdSearch();
        foreach (var row in rows)
        {
            RequireProbabilities(predictions, row);
            search.Add(predictions.Row(row));
        }
        var (threshold, reached) = search.For(labelsPerClip);
        var kept = clips
            .Select((clip, at) => new LabelledClip(clip.FileName, Labels(strategy, clip.Labels, predictions.Row(rows[at]), threshold)))
            .Where(clip => clip.Labels.Length > 0);
        return new Relabelling { Threshold = threshold, LabelsPerClip = reached, Clips = [.. kept] };
    }

    /// <summary>The new labels of one clip; none where it is to be dropped.</summary>
    /// <param name="strategy">What becomes of the given labels.</param>
    /// <param name="given">The given labels, none twice.</param>
    /// <param name="probabilities">The probabilities <c>[classes]</c>.</param>
    /// <param name="threshold">The probability that a predicted label exceeds.</param>
    /// <returns>Labels, none twice: the given ones in their order, then predicted ones in the order of the classes.</returns>
    public static int[] Labels(RelabelStrategy strategy, int[] given, ReadOnlySpan<double> probabilities, double threshold)
    {
        var predicted = Predicted(probabilities, threshold);
        return strategy switch
        {
            RelabelStrategy.RelabelAll => predicted,
            RelabelStrategy.RelabelMerge => [.. given, .. predicted.Except(given)],
            RelabelStrategy.FullMatch => predicted.Length == given.Length && !predicted.Except(given).Any() ? given : [],
            _ => throw new ArgumentOutOfRangeException(nameof(strategy), strategy, "There is no such strategy."),
        };
    }

    /// <summary>
    /// The mean number of labels a clip of trusted clips, which relabelled ones may be asked to have as well. Clips without labels do not
    /// count.
    /// </summary>
    /// <exception cref="InputException">No clip has a label.</exception>
    public static double LabelsPerClipOf(LabelTable trusted)
    {
        var labelled = trusted.Clips.Where(clip => clip.Labels.Length > 0).ToArray();
        return labelled.Length > 0
            ? labelled.Average(clip => clip.Labels.Length)
            : throw new InputException("No clip has a label, so that there is no number of labels a clip to go by.");
    }

    private static int[] Predicted(ReadOnlySpan<double> probabilities, double threshold)
    {
        var count = 0;
        foreach (var probability in probabilities)
        {
            count += probability > threshold ? 1 : 0;
        }
        var predicted = new int[count];
        for (var label = probabilities.Length - 1; label >= 0; label--)
        {
            if (probabilities[label] > threshold)
            {
                predicted[--count] = label;
            }
        }
        return predicted;
    }

    private static void RequireProbabilities(PredictionTable predictions, int row)
    {
        var probabilities = predictions.Row(row);
        for (var label = 0; label < probabilities.Length; label++)
        {
            if (probabilities[label] is < 0 or > 1)
            {
                throw new InputException($"The clip '{predictions.FileNames[row]}' has {probabilities[label]} for the class "
                    + $"'{predictions.Classes.Names[label]}', which is no probability; a threshold needs scores over [0, 1].");
            }
        }
    }
}
