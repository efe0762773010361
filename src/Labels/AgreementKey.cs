using System.Numerics;

namespace OrleansTagging.Labels;

/// <summary>
/// What ranks a clip among doubtful ones, the better the greater: its agreement, then its margin. Every selection ranks by this key,
/// descending, and then by file name, ordinally, so that the same scores always give the same selection.
/// </summary>
/// <remarks>
/// Agreement alone leaves ties everywhere: it depends on the order of the scores only, so that every clip whose one label comes first
/// has exactly 1. Among those the margin says how sure the model is.
/// </remarks>
/// <param name="Agreement">The <see cref="Labels.Agreement"/> of the given labels with the scores, over (0, 1]; 0 without labels.</param>
/// <param name="Margin">
/// The smallest score of a given label minus the largest score of another class, in float64. The weakest label against the strongest
/// stranger: above 0 exactly where the agreement is 1, and then the least change of scores that would undo it. In the scores' units, so
/// that margins compare among probabilities, or among logits. Without labels, or with every class given, the side that is missing
/// counts as 0, the probability of a class that is certainly absent.
/// </param>
public readonly record struct AgreementKey(double Agreement, double Margin) : IComparable<AgreementKey>
{
    /// <summary>The key of one clip.</summary>
    /// <param name="scores">The scores <c>[classes]</c>.</param>
    /// <param name="labels">The given labels, positions in <paramref name="scores"/>, none twice, in any order.</param>
    /// <exception cref="ArgumentException">A score is NaN, or a label is no position in <paramref name="scores"/>.</exception>
    public static AgreementKey Of(ReadOnlySpan<double> scores, ReadOnlySpan<int> labels) =>
        new(Labels.Agreement.Of(scores, labels), MarginOfNumbers(scores, labels));

    /// <inheritdoc cref="Of(ReadOnlySpan{double}, ReadOnlySpan{int})"/>
    public static AgreementKey Of(ReadOnlySpan<float> scores, ReadOnlySpan<int> labels) =>
        new(Labels.Agreement.Of(scores, labels), MarginOfNumbers(scores, labels));

    /// <summary>Above 0 where this key ranks before the other; a part that is NaN ranks last.</summary>
    public int CompareTo(AgreementKey other)
    {
        var byAgreement = Agreement.CompareTo(other.Agreement);
        return byAgreement != 0 ? byAgreement : Margin.CompareTo(other.Margin);
    }

    /// <summary>Whether the left key ranks after the right one.</summary>
    public static bool operator <(AgreementKey left, AgreementKey right) => left.CompareTo(right) < 0;

    /// <summary>Whether the left key ranks before the right one.</summary>
    public static bool operator >(AgreementKey left, AgreementKey right) => left.CompareTo(right) > 0;

    /// <summary>Whether the left key does not rank before the right one.</summary>
    public static bool operator <=(AgreementKey left, AgreementKey right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the left key does not rank after the right one.</summary>
    public static bool operator >=(AgreementKey left, AgreementKey right) => left.CompareTo(right) >= 0;

    /// <summary>The margin, for scores that are known to be numbers and labels that are known to be classes.</summary>
    internal static double MarginOfNumbers<T>(ReadOnlySpan<T> scores, ReadOnlySpan<int> labels)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var least = labels.IsEmpty ? T.Zero : T.PositiveInfinity;
        foreach (var label in labels)
        {
            least = T.Min(least, scores[label]);
        }
        var most = labels.Length == scores.Length ? T.Zero : T.NegativeInfinity;
        for (var label = 0; label < scores.Length; label++)
        {
            // Seldom more than a few classes exceed all before them, so that the search among the given labels costs nothing.
            if (scores[label] > most && !labels.Contains(label))
            {
                most = scores[label];
            }
        }
        // Infinite scores may be equal, and their difference would be NaN.
        return least == most ? 0 : double.CreateChecked(least) - double.CreateChecked(most);
    }
}
