namespace OrleansTagging.Labels;

/// <summary>How the weights of a blend are found.</summary>
public enum BlendMethod
{
    /// <summary>Every member has the same weight; nothing is chosen.</summary>
    Mean,

    /// <summary>Weights on the simplex, fitted to the labels (<see cref="WeightDescent"/>).</summary>
    Fit,

    /// <summary>Greedy forward selection with replacement (<see cref="ForwardSelection"/>).</summary>
    Greedy,
}

/// <summary>The weights of a blend that one fold's clips are blended with: found on the clips of all other folds.</summary>
/// <param name="Fold">The fold.</param>
/// <param name="Weights">The weight of each member.</param>
public sealed record FoldWeights(int Fold, double[] Weights);

/// <summary>
/// The weights of an ensemble's members, found on out-of-fold predictions, with the lwlrap that they give and an honest estimate of it.
/// </summary>
/// <remarks>
/// Weights that were chosen on some clips look better on those clips than they are. For the honest figure the choice is repeated for each
/// fold on the other folds' clips alone, and the fold's clips are blended with those weights; then all clips are measured together. It
/// estimates what the method gives on clips that took no part in it, and may fall below the plain mean's where there is nothing to
/// choose.
/// </remarks>
public sealed record BlendFit
{
    /// <summary>How the weights were found.</summary>
    public required BlendMethod Method { get; init; }

    /// <summary>The weight of each member, found on all clips: none below 0, together 1.</summary>
    public required double[] Weights { get; init; }

    /// <summary>lwlrap of the blend on the clips that chose its weights: optimistic.</summary>
    public required double Lwlrap { get; init; }

    /// <summary>lwlrap of all clips, each blended with weights that were found without its fold.</summary>
    public required double HonestLwlrap { get; init; }

    /// <summary>lwlrap of the plain mean, which nothing chose.</summary>
    public required double MeanLwlrap { get; init; }

    /// <summary>lwlrap of each member by itself.</summary>
    public required double[] MemberLwlraps { get; init; }

    /// <summary>The weights that each fold's clips had for the honest figure, by fold; empty where nothing was chosen.</summary>
    public required IReadOnlyList<FoldWeights> PerFold { get; init; }

    /// <summary>Finds the weights.</summary>
    /// <param name="labels">The labels of each clip, none twice in a clip; clips without labels do not count.</param>
    /// <param name="folds">The fold of each clip, <c>[clips]</c>: any numbers.</param>
    /// <param name="members">The out-of-fold scores of each member, each <c>[clips, classes]</c>, row-major.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="method">How.</param>
    /// <param name="cancellation">Ends the search.</param>
    /// <exception cref="ArgumentException">The shapes do not match, a score is not finite, or a label is no class.</exception>
    /// <exception cref="InputException">
    /// There is no member, no clip has a label, or weights are to be chosen while all clips with labels are in one fold.
    /// </exception>
    public static BlendFit Of(
        IReadOnlyList<int[]> labels,
        IReadOnlyList<int> folds,
        IReadOnlyList<double[]> members,
        int classes,
        BlendMethod method,
        CancellationToken cancellation = default)
    {
        if (folds.Count != labels.Count)
        {
            throw new ArgumentException($"{folds.Count} folds given for {labels.Count} clips.", nameof(folds));
        }
        var all = BlendedClips.Of(labels, members, classes);
        var even = Enumerable.Repeat(1.0 / members.Count, members.Count).ToArray();
        var mean = all.Lwlrap(even);
        double[] alone = [.. Enumerable.Range(0, members.Count).Select(member => all.Lwlrap(BlendedClips.Only(member, members.Count)))];
        if (method == BlendMethod.Mean)
        {
            return new BlendFit
            {
                Method = method,
                Weights = even,
                Lwlrap = mean,
                HonestLwlrap = mean,
                MeanLwlrap = mean,
                MemberLwlraps = alone,
                PerFold = [],
            };
        }

        var nested = new List<FoldWeights>();
        var precisions = 0.0;
        foreach (var fold in all.Clips.Select(clip => folds[clip]).Distinct().Order())
        {
            var others = all.Where(clip => folds[clip] != fold);
            if (others.Clips.Length == 0)
            {
                throw new InputException("All clips with labels are in one fold; an honest figure needs at least 2 folds.");
            }
            var weights = Find(others, method, cancellation);
            nested.Add(new FoldWeights(fold, weights));
            precisions += all.Where(clip => folds[clip] == fold).Precisions(weights);
        }
        var chosen = Find(all, method, cancellation);
        return new BlendFit
        {
            Method = method,
            Weights = chosen,
            Lwlrap = all.Lwlrap(chosen),
            HonestLwlrap = precisions / all.LabelCount,
            MeanLwlrap = mean,
            MemberLwlraps = alone,
            PerFold = nested,
        };
    }

    private static double[] Find(BlendedClips clips, BlendMethod method, CancellationToken cancellation) => method switch
    {
        BlendMethod.Fit => WeightDescent.Find(clips, cancellation),
        BlendMethod.Greedy => ForwardSelection.Find(clips, cancellation),
        _ => throw new ArgumentOutOfRangeException(nameof(method), method, "There is no such method."),
    };
}
