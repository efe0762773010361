using System.Numerics;

namespace OrleansTagging.Labels;

/// <summary>
/// Label-weighted label-ranking average precision, the measure of FSDKaggle2019 (Fonseca, Plakal, Font, Ellis and Serra, "Audio tagging
/// with noisy labels and minimal supervision", DCASE 2019): the precision at every given label of every clip (<see cref="Agreement"/>),
/// averaged over all labels alike. A clip without labels does not count. Overall is the sum of per-class values times their weights.
/// </summary>
public sealed record Lwlrap
{
    /// <summary>The mean over all given labels, over (0, 1].</summary>
    public required double Overall { get; init; }

    /// <summary>The mean over each class's labels, <c>[classes]</c>; 0, at weight 0, for a class that no clip has.</summary>
    public required double[] PerClass { get; init; }

    /// <summary>Each class's share of all given labels, <c>[classes]</c>; they add up to 1.</summary>
    public required double[] Weights { get; init; }

    /// <summary>How many labels each class has, <c>[classes]</c>.</summary>
    public required int[] LabelCounts { get; init; }

    /// <summary>How many clips have a label and so count.</summary>
    public required int Clips { get; init; }

    /// <summary>Compares scores with labels, clip by clip.</summary>
    /// <param name="labels">The given labels of each clip, none twice in a clip.</param>
    /// <param name="scores">Scores <c>[clips, classes]</c>, row-major.</param>
    /// <param name="classes">The number of classes.</param>
    /// <exception cref="ArgumentException">The shapes do not match, a score is NaN, or a label is no class.</exception>
    /// <exception cref="InputException">No clip has a label.</exception>
    public static Lwlrap Of(IReadOnlyList<int[]> labels, ReadOnlySpan<double> scores, int classes) => OfScores(labels, scores, classes);

    /// <inheritdoc cref="Of(IReadOnlyList{int[]}, ReadOnlySpan{double}, int)"/>
    public static Lwlrap Of(IReadOnlyList<int[]> labels, ReadOnlySpan<float> scores, int classes) => OfScores(labels, scores, classes);

    /// <summary>Compares a predictions file with a label file, clip by clip by file name.</summary>
    /// <exception cref="InputException">The classes differ, a clip that has labels is not predicted, or no clip has a label.</exception>
    public static Lwlrap Of(LabelTable labels, PredictionTable predictions)
    {
        PredictionTable.RequireSameClasses(labels.Classes, predictions.Classes);
        var tally = new Tally(labels.Classes.Count);
        foreach (var clip in labels.Clips)
        {
            if (clip.Labels.Length > 0)
            {
                tally.Add(predictions.Row(predictions.RequiredRow(clip.FileName)), clip.Labels);
            }
        }
        return tally.Result();
    }

    private static Lwlrap OfScores<T>(IReadOnlyList<int[]> labels, ReadOnlySpan<T> scores, int classes)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classes);
        if (scores.Length != (long)labels.Count * classes)
        {
            throw new ArgumentException($"{scores.Length} scores given for {labels.Count} clips of {classes} classes.", nameof(scores));
        }
        if (Agreement.HasNaN(scores))
        {
            throw new ArgumentException("A score is NaN.", nameof(scores));
        }
        var tally = new Tally(classes);
        for (var clip = 0; clip < labels.Count; clip++)
        {
            tally.Add(scores.Slice(clip * classes, classes), labels[clip]);
        }
        return tally.Result();
    }

    private sealed class Tally(int classes)
    {
        private readonly double[] _sums = new double[classes];
        private readonly int[] _counts = new int[classes];
        private double[] _precisions = [];
        private int _clips;

        public void Add<T>(ReadOnlySpan<T> scores, int[] labels) where T : unmanaged, IFloatingPointIeee754<T>
        {
            if (labels.Length == 0)
            {
                return;
            }
            foreach (var label in labels)
            {
                if ((uint)label >= (uint)classes)
                {
                    throw new ArgumentException($"The label {label} is none of {classes} classes.", nameof(labels));
                }
            }
            if (_precisions.Length < labels.Length)
            {
                _precisions = new double[labels.Length];
            }
            Agreement.Precisions(scores, labels, _precisions);
            for (var at = 0; at < labels.Length; at++)
            {
                _sums[labels[at]] += _precisions[at];
                _counts[labels[at]]++;
            }
            _clips++;
        }

        public Lwlrap Result()
        {
            if (_clips == 0)
            {
                throw new InputException("No clip has a label, so that there is nothing to compare the predictions with.");
            }
            var total = _counts.Sum(count => (long)count);
            return new Lwlrap
            {
                Overall = _sums.Sum() / total,
                PerClass = [.. _sums.Zip(_counts, (sum, count) => sum / Math.Max(1, count))],
                Weights = [.. _counts.Select(count => (double)count / total)],
                LabelCounts = _counts,
                Clips = _clips,
            };
        }
    }
}
