namespace OrleansTagging.Labels;

/// <summary>
/// What each clip adds to lwlrap: the sum of the precisions at its labels, and how many labels it has. All that resampling over clips
/// needs, so that a resample costs an addition a clip.
/// </summary>
public sealed class ClipPrecisions
{
    private readonly double[] _sums;
    private readonly int[] _labels;

    private ClipPrecisions(double[] sums, int[] labels)
    {
        _sums = sums;
        _labels = labels;
    }

    /// <summary>The sum of the precisions of each clip that has labels, <c>[clips]</c>.</summary>
    public ReadOnlySpan<double> Sums => _sums;

    /// <summary>How many labels each of these clips has, <c>[clips]</c>, at least 1.</summary>
    public ReadOnlySpan<int> Labels => _labels;

    /// <summary>The number of clips with labels.</summary>
    public int Clips => _sums.Length;

    /// <summary>lwlrap of all clips.</summary>
    public double Lwlrap
    {
        get
        {
            var (sum, labels) = (0.0, 0L);
            for (var clip = 0; clip < _sums.Length; clip++)
            {
                sum += _sums[clip];
                labels += _labels[clip];
            }
            return sum / labels;
        }
    }

    /// <summary>Compares scores with labels, clip by clip.</summary>
    /// <param name="labels">The given labels of each clip, none twice in a clip; clips without labels are left out.</param>
    /// <param name="scores">Scores <c>[clips, classes]</c>, row-major.</param>
    /// <param name="classes">The number of classes.</param>
    /// <exception cref="ArgumentException">The shapes do not match, a score is NaN, or a label is no class.</exception>
    /// <exception cref="InputException">No clip has a label.</exception>
    public static ClipPrecisions Of(IReadOnlyList<int[]> labels, ReadOnlySpan<double> scores, int classes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classes);
        if (scores.Length != (long)labels.Count * classes)
        {
            throw new ArgumentException($"{scores.Length} scores given for {labels.Count} clips of {classes} classes.", nameof(scores));
        }
        var counts = labels.Where(own => own.Length > 0).Select(own => own.Length).ToArray();
        RequireClips(counts.Length);
        var sums = new double[counts.Length];
        var found = 0;
        for (var clip = 0; clip < labels.Count; clip++)
        {
            if (labels[clip].Length > 0)
            {
                // The agreement is the mean of the same precisions.
                sums[found++] = labels[clip].Length * Agreement.Of(scores.Slice(clip * classes, classes), labels[clip]);
            }
        }
        return new ClipPrecisions(sums, counts);
    }

    /// <summary>
    /// Compares a predictions file with a label file; clips come by file name, ordinally, whatever the order of the files.
    /// </summary>
    /// <exception cref="InputException">The classes differ, a clip that has labels is not predicted, or no clip has a label.</exception>
    public static ClipPrecisions Of(LabelTable labels, PredictionTable predictions)
    {
        PredictionTable.RequireSameClasses(labels.Classes, predictions.Classes);
        var clips = labels.Clips.Where(clip => clip.Labels.Length > 0).OrderBy(clip => clip.FileName, StringComparer.Ordinal).ToArray();
        RequireClips(clips.Length);
        return new ClipPrecisions(
            Array.ConvertAll(clips, clip =>
                clip.Labels.Length * Agreement.Of(predictions.Row(predictions.RequiredRow(clip.FileName)), clip.Labels)),
            Array.ConvertAll(clips, clip => clip.Labels.Length));
    }

    private static void RequireClips(int clips)
    {
        if (clips == 0)
        {
            throw new InputException("No clip has a label, so that there is nothing to compare the predictions with.");
        }
    }
}
