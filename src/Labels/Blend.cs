using System.Numerics;

namespace OrleansTagging.Labels;

/// <summary>
/// The average of the predictions of an ensemble's members: every member with the same weight, or with weights on the simplex
/// (<see cref="BlendFit"/> finds some). The mean of ranks is the mean of members that were made <see cref="ClassRanks"/> before.
/// </summary>
/// <remarks>Added in the members' order in float64, so that the same members in the same order give the same bytes.</remarks>
public static class Blend
{
    /// <summary>The mean of members' scores, each <c>[clips, classes]</c> or any other shape that all share, row-major.</summary>
    /// <exception cref="ArgumentException">There is no member, or one has another length than the first.</exception>
    public static double[] Mean(IReadOnlyList<double[]> members) => Mean(members, score => score);

    /// <inheritdoc cref="Mean(IReadOnlyList{double[]})"/>
    public static double[] Mean(IReadOnlyList<float[]> members) => Mean(members, score => score);

    /// <summary>The mean of members' predictions; rows are matched by file name and come in the first member's order.</summary>
    /// <exception cref="InputException">There is no member, or one has other classes or other clips than the first.</exception>
    public static PredictionTable Mean(IReadOnlyList<PredictionTable> members) =>
        Of(members, aligned => Mean(aligned));

    /// <summary>The weighted mean of members' scores. Equal weights give the mean, to the last bit.</summary>
    /// <param name="members">The scores of each member, each <c>[clips, classes]</c> or any other shape that all share, row-major.</param>
    /// <param name="weights">The weight of each member, <c>[members]</c>: none below 0, together 1.</param>
    /// <exception cref="ArgumentException">
    /// There is no member, one has another length than the first, or the weights are not of that form.
    /// </exception>
    public static double[] Weighted(IReadOnlyList<double[]> members, IReadOnlyList<double> weights)
    {
        RequireSimplex(weights, members.Count);
        if (weights.All(weight => weight == weights[0]))
        {
            return Mean(members);
        }
        var blend = new double[members[0].Length];
        for (var member = 0; member < members.Count; member++)
        {
            RequireLength(members[member].Length, blend.Length, member);
            if (weights[member] > 0)
            {
                AddRow(blend, members[member], weights[member]);
            }
        }
        return blend;
    }

    /// <summary>The weighted mean of members' predictions; rows as in their mean.</summary>
    /// <exception cref="ArgumentException">The weights are not on the simplex.</exception>
    /// <exception cref="InputException">There is no member, or one has other classes or other clips than the first.</exception>
    public static PredictionTable Weighted(IReadOnlyList<PredictionTable> members, IReadOnlyList<double> weights) =>
        Of(members, aligned => Weighted(aligned, weights));

    /// <summary>The scores of members in the first one's order of clips.</summary>
    /// <exception cref="InputException">There is no member, or one has other classes or other clips than the first.</exception>
    public static IReadOnlyList<double[]> Aligned(IReadOnlyList<PredictionTable> members)
    {
        if (members.Count == 0)
        {
            throw new InputException("A blend needs at least one member.");
        }
        return [.. members.Select((member, at) => Aligned(member, members[0], at + 1))];
    }

    /// <summary>Adds a multiple of a row to another, element by element and so in the same way on every machine.</summary>
    internal static void AddRow(Span<double> sum, ReadOnlySpan<double> row, double weight)
    {
        var at = 0;
        var weights = new Vector<double>(weight);
        for (; at <= row.Length - Vector<double>.Count; at += Vector<double>.Count)
        {
            (new Vector<double>(sum[at..]) + weights * new Vector<double>(row[at..])).CopyTo(sum[at..]);
        }
        for (; at < row.Length; at++)
        {
            sum[at] += weight * row[at];
        }
    }

    private static PredictionTable Of(IReadOnlyList<PredictionTable> members, Func<IReadOnlyList<double[]>, double[]> blend)
    {
        var aligned = Aligned(members);
        return new PredictionTable(members[0].FileNames, members[0].Classes, blend(aligned));
    }

    private static double[] Aligned(PredictionTable member, PredictionTable first, int number)
    {
        PredictionTable.RequireSameClasses(first.Classes, member.Classes);
        if (member.Count != first.Count)
        {
            throw new InputException($"Member {number} of the blend predicts {member.Count} clips, member 1 predicts {first.Count}.");
        }
        var classes = first.Classes.Count;
        var scores = new double[first.Scores.Length];
        for (var clip = 0; clip < first.Count; clip++)
        {
            if (!member.TryGetRow(first.FileNames[clip], out var row))
            {
                throw new InputException(
                    $"Member {number} of the blend does not predict the clip '{first.FileNames[clip]}', which member 1 does.");
            }
            member.Row(row).CopyTo(scores.AsSpan(clip * classes));
        }
        return scores;
    }

    private static double[] Mean<T>(IReadOnlyList<T[]> members, Func<T, double> widen)
    {
        if (members.Count == 0)
        {
            throw new ArgumentException("A blend needs at least one member.", nameof(members));
        }
        var mean = new double[members[0].Length];
        for (var member = 0; member < members.Count; member++)
        {
            var scores = members[member];
            RequireLength(scores.Length, mean.Length, member);
            for (var at = 0; at < mean.Length; at++)
            {
                mean[at] += widen(scores[at]);
            }
        }
        for (var at = 0; at < mean.Length; at++)
        {
            mean[at] /= members.Count;
        }
        return mean;
    }

    private static void RequireLength(int length, int first, int member)
    {
        if (length != first)
        {
            throw new ArgumentException($"Member {member + 1} of the blend has {length} scores, member 1 has {first}.", nameof(length));
        }
    }

    private static void RequireSimplex(IReadOnlyList<double> weights, int members)
    {
        // Sums of rounded weights are off by a rounding each.
        if (weights.Count != members || members == 0 || weights.Any(weight => !(weight >= 0)) || Math.Abs(weights.Sum() - 1) > 1e-9)
        {
            throw new ArgumentException($"{members} members need as many weights, none below 0, together 1.", nameof(weights));
        }
    }
}
