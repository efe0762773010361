namespace OrleansTagging.Labels;

/// <summary>The simple average of the predictions of an ensemble's members, every member with the same weight.</summary>
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
    public static PredictionTable Mean(IReadOnlyList<PredictionTable> members)
    {
        if (members.Count == 0)
        {
            throw new InputException("A blend needs at least one member.");
        }
        var first = members[0];
        var aligned = new List<double[]>(members.Count);
        for (var member = 0; member < members.Count; member++)
        {
            aligned.Add(Aligned(members[member], first, member + 1));
        }
        return new PredictionTable(first.FileNames, first.Classes, Mean(aligned));
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
            if (scores.Length != mean.Length)
            {
                throw new ArgumentException(
                    $"Member {member + 1} of the blend has {scores.Length} scores, member 1 has {mean.Length}.", nameof(members));
            }
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
}
