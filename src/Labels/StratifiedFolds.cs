namespace OrleansTagging.Labels;

/// <summary>
/// Folds of clips with several labels in which every label is spread evenly: iterative stratification (Sechidis, Tsoumakas and
/// Vlahavas, "On the stratification of multi-label data", ECML PKDD 2011), then a repair. The greedy algorithm alone leaves labels
/// further from even than need be, since the clips of a label that it deals out late are mostly dealt out already with other labels.
/// </summary>
/// <remarks>
/// The repair moves and swaps clips between folds until every label's count in every fold, and every fold's size, is within one clip of
/// even (at most one more or fewer than the count divided by the folds); it first aims closer, at the count rounded down or up. It is a
/// tabu search whose weights grow on labels that stay uneven. Where clips bind many labels together in few ways no even assignment may
/// exist (say, six clips for two folds, every three of them sharing a label of their own); then the least uneven one found within a
/// bounded number of steps is given. See <see cref="Unevenness"/>.
/// </remarks>
public static class StratifiedFolds
{
    /// <summary>Assigns every clip to a fold.</summary>
    /// <param name="labels">The labels of each clip, none twice in a clip; a clip without labels only counts for the folds' sizes.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="folds">The number of folds, at least 2.</param>
    /// <param name="seed">Equal inputs with equal seeds give equal folds.</param>
    /// <returns>The fold of each clip, <c>[clips]</c>, from 0 on.</returns>
    /// <exception cref="ArgumentException">A label is no class, or is given twice in one clip.</exception>
    /// <exception cref="InputException">There are fewer than 2 folds or fewer clips than folds.</exception>
    public static int[] Assign(IReadOnlyList<int[]> labels, int classes, int folds, ulong seed)
    {
        Check(labels, classes, folds);
        var random = SeededRandom.Of(seed, SeededRandom.Key("stratified folds"), (ulong)folds);
        // Clips are taken in a random order, so that which of several like clips goes where is not a matter of file order.
        var order = Enumerable.Range(0, labels.Count).ToArray();
        random.Shuffle<int>(order);
        var assignment = Greedy(labels, order, classes, folds, ref random);
        new FoldRepair(labels, order, classes, folds, assignment).Run();
        return assignment;
    }

    /// <summary>
    /// How far from even the worst label (or the folds' sizes) is: the largest difference, in clips, between a count in a fold and the
    /// count divided by the folds.
    /// </summary>
    /// <param name="labels">The labels of each clip.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="folds">The number of folds.</param>
    /// <param name="assignment">The fold of each clip.</param>
    public static double Unevenness(IReadOnlyList<int[]> labels, int classes, int folds, ReadOnlySpan<int> assignment)
    {
        // The last row counts the clips themselves.
        var counts = new int[(classes + 1) * folds];
        for (var clip = 0; clip < labels.Count; clip++)
        {
            counts[classes * folds + assignment[clip]]++;
            foreach (var label in labels[clip])
            {
                counts[label * folds + assignment[clip]]++;
            }
        }
        var worst = 0.0;
        for (var label = 0; label <= classes; label++)
        {
            var row = counts.AsSpan(label * folds, folds);
            var total = 0;
            foreach (var count in row)
            {
                total += count;
            }
            foreach (var count in row)
            {
                worst = Math.Max(worst, Math.Abs(count - (double)total / folds));
            }
        }
        return worst;
    }

    private static void Check(IReadOnlyList<int[]> labels, int classes, int folds)
    {
        if (folds < 2)
        {
            throw new InputException($"{folds} folds are asked for; ask for at least 2.");
        }
        if (labels.Count < folds)
        {
            throw new InputException($"{labels.Count} clips cannot be dealt out to {folds} folds; ask for fewer folds.");
        }
        for (var clip = 0; clip < labels.Count; clip++)
        {
            var own = labels[clip];
            for (var at = 0; at < own.Length; at++)
            {
                if ((uint)own[at] >= (uint)classes || own.AsSpan(0, at).Contains(own[at]))
                {
                    throw new ArgumentException(
                        $"Clip {clip} has the label {own[at]} twice, or it is none of {classes} classes.", nameof(labels));
                }
            }
        }
    }

    private static int[] Greedy(IReadOnlyList<int[]> labels, int[] order, int classes, int folds, ref SeededRandom random)
    {
        var assignment = new int[labels.Count];
        Array.Fill(assignment, -1);
        var clipsOf = new List<int>[classes];
        for (var label = 0; label < classes; label++)
        {
            clipsOf[label] = [];
        }
        foreach (var clip in order)
        {
            foreach (var label in labels[clip])
            {
                clipsOf[label].Add(clip);
            }
        }

        // What each fold still wants, of clips and of each label.
        var wantedClips = new double[folds];
        Array.Fill(wantedClips, (double)labels.Count / folds);
        var wanted = new double[classes][];
        var remaining = new int[classes];
        for (var label = 0; label < classes; label++)
        {
            remaining[label] = clipsOf[label].Count;
            wanted[label] = new double[folds];
            Array.Fill(wanted[label], (double)remaining[label] / folds);
        }

        var rarest = Rarest(remaining, ref random);
        while (rarest >= 0)
        {
            foreach (var clip in clipsOf[rarest])
            {
                if (assignment[clip] < 0)
                {
                    Deal(clip, Wanting(wanted[rarest], wantedClips, ref random));
                }
            }
            rarest = Rarest(remaining, ref random);
        }
        foreach (var clip in order)
        {
            if (assignment[clip] < 0)
            {
                Deal(clip, Wanting(wantedClips, wantedClips, ref random));
            }
        }
        return assignment;

        void Deal(int clip, int fold)
        {
            assignment[clip] = fold;
            wantedClips[fold]--;
            foreach (var label in labels[clip])
            {
                wanted[label][fold]--;
                remaining[label]--;
            }
        }
    }

    /// <summary>The label with the fewest clips not yet dealt out, ties at random; -1 when none is left.</summary>
    private static int Rarest(int[] remaining, ref SeededRandom random)
    {
        var rarest = -1;
        var ties = 0;
        for (var label = 0; label < remaining.Length; label++)
        {
            if (remaining[label] == 0)
            {
                continue;
            }
            if (rarest < 0 || remaining[label] < remaining[rarest])
            {
                rarest = label;
                ties = 1;
            }
            else if (remaining[label] == remaining[rarest] && random.NextInt(++ties) == 0)
            {
                rarest = label;
            }
        }
        return rarest;
    }

    /// <summary>The fold that wants most of the label, then most clips, then at random.</summary>
    private static int Wanting(double[] label, double[] clips, ref SeededRandom random)
    {
        var most = 0;
        var ties = 1;
        for (var fold = 1; fold < label.Length; fold++)
        {
            var order = label[fold].CompareTo(label[most]);
            order = order != 0 ? order : clips[fold].CompareTo(clips[most]);
            if (order > 0)
            {
                most = fold;
                ties = 1;
            }
            else if (order == 0 && random.NextInt(++ties) == 0)
            {
                most = fold;
            }
        }
        return most;
    }
}
