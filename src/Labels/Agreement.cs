using System.Numerics;

namespace OrleansTagging.Labels;

/// <summary>
/// How well the scores of a clip agree with its given labels: label ranking average precision of one clip, over (0, 1]; 1 when no other
/// class scores as high as a given one. For each given label: the share of given labels among the classes that score at least as high;
/// then the mean over the labels. Ties count against the label, as in scikit-learn's <c>label_ranking_average_precision_score</c>.
/// </summary>
public static class Agreement
{
    // More labels than a clip has; beyond it the heap is used.
    private const int LabelsOnStack = 64;

    /// <summary>The agreement of one clip; 0 for a clip without labels, which therefore ranks after every other.</summary>
    /// <param name="scores">The scores <c>[classes]</c>.</param>
    /// <param name="labels">The given labels, positions in <paramref name="scores"/>, none twice, in any order.</param>
    /// <exception cref="ArgumentException">A score is NaN, or a label is no position in <paramref name="scores"/>.</exception>
    public static double Of(ReadOnlySpan<float> scores, ReadOnlySpan<int> labels) => OfChecked(scores, labels);

    /// <inheritdoc cref="Of(ReadOnlySpan{float}, ReadOnlySpan{int})"/>
    public static double Of(ReadOnlySpan<double> scores, ReadOnlySpan<int> labels) => OfChecked(scores, labels);

    /// <summary>
    /// The precision at each label, <c>[labels]</c>: the share of given labels among the classes that score at least as high as it. Its
    /// mean is the agreement; its mean over all labels of all clips is lwlrap.
    /// </summary>
    internal static void Precisions<T>(ReadOnlySpan<T> scores, ReadOnlySpan<int> labels, Span<double> precisions)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (var at = 0; at < labels.Length; at++)
        {
            var own = scores[labels[at]];
            var hits = 1;
            for (var other = 0; other < labels.Length; other++)
            {
                if (other != at && scores[labels[other]] >= own)
                {
                    hits++;
                }
            }
            precisions[at] = (double)hits / CountAtLeast(scores, own);
        }
    }

    /// <summary>The agreement, for scores that are known to be numbers and labels that are known to be classes.</summary>
    internal static double OfNumbers<T>(ReadOnlySpan<T> scores, ReadOnlySpan<int> labels) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (labels.Length <= 1)
        {
            return labels.IsEmpty ? 0 : 1.0 / CountAtLeast(scores, scores[labels[0]]);
        }
        var precisions = labels.Length <= LabelsOnStack ? stackalloc double[labels.Length] : new double[labels.Length];
        Precisions(scores, labels, precisions);
        // Added in one order whatever the order of the labels, so that two clips that agree equally well are a tie to the last bit.
        precisions.Sort();
        var sum = 0.0;
        foreach (var precision in precisions)
        {
            sum += precision;
        }
        return sum / labels.Length;
    }

    internal static bool HasNaN<T>(ReadOnlySpan<T> scores) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var at = 0;
        for (; at <= scores.Length - Vector<T>.Count; at += Vector<T>.Count)
        {
            var some = new Vector<T>(scores[at..]);
            if (!Vector.EqualsAll(some, some))
            {
                return true;
            }
        }
        for (; at < scores.Length; at++)
        {
            if (T.IsNaN(scores[at]))
            {
                return true;
            }
        }
        return false;
    }

    private static double OfChecked<T>(ReadOnlySpan<T> scores, ReadOnlySpan<int> labels) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (HasNaN(scores))
        {
            throw new ArgumentException("A score is NaN.", nameof(scores));
        }
        foreach (var label in labels)
        {
            if ((uint)label >= (uint)scores.Length)
            {
                throw new ArgumentException($"The label {label} is no position in {scores.Length} scores.", nameof(labels));
            }
        }
        return OfNumbers(scores, labels);
    }

    private static int CountAtLeast<T>(ReadOnlySpan<T> scores, T threshold) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var at = 0;
        var count = 0;
        if (scores.Length >= Vector<T>.Count)
        {
            var thresholds = new Vector<T>(threshold);
            var counts = Vector<T>.Zero;
            for (; at <= scores.Length - Vector<T>.Count; at += Vector<T>.Count)
            {
                // The comparison gives all bits or none; with the bits of one it gives one or zero. Exact up to 2^24 classes a lane.
                counts += Vector.GreaterThanOrEqual(new Vector<T>(scores[at..]), thresholds) & Vector<T>.One;
            }
            count = int.CreateTruncating(Vector.Sum(counts));
        }
        for (; at < scores.Length; at++)
        {
            count += scores[at] >= threshold ? 1 : 0;
        }
        return count;
    }
}
