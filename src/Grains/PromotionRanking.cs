using System.Collections.ObjectModel;
using OrleansTagging.Abstractions;
using OrleansTagging.Labels;

namespace OrleansTagging.Grains;

/// <summary>
/// All noisy clips by <see cref="AgreementKey"/>, best first, ties by file name, and those of them that are promoted.
/// </summary>
/// <param name="Keys">The key of each clip, clips in the order of file names.</param>
/// <param name="Order">The clips, best first: rank r stands at r − 1.</param>
/// <param name="Promoted">The promoted clips, best first.</param>
/// <param name="ByHand">Those of them that were promoted by hand.</param>
internal sealed record PromotionRanking(AgreementKey[] Keys, int[] Order, int[] Promoted, IReadOnlySet<int> ByHand)
{
    private AgreementKey? Cut => Promoted.LastOrDefault(clip => !ByHand.Contains(clip), -1) is >= 0 and var last ? Keys[last] : null;

    /// <summary>Agreement of the last clip promoted; <c>null</c> where none is. One promoted by hand says nothing about the cut.</summary>
    public double? AgreementAtCut => Cut?.Agreement;

    /// <summary>Its margin.</summary>
    public double? MarginAtCut => Cut?.Margin;

    /// <summary>Mean agreement of the promoted clips.</summary>
    public double? MeanAgreement => Promoted.Length == 0 ? null : Promoted.Average(clip => Keys[clip].Agreement);

    /// <summary>
    /// Ranks and promotes. Clips promoted by hand come first and count toward the clips to promote and toward their classes' share; banned
    /// ones are passed over.
    /// </summary>
    /// <param name="scores">The shards' keys of one scoring, in the order of the shards.</param>
    /// <param name="labels">The given labels of a clip.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="promote">Clips to promote.</param>
    /// <param name="classCap">Largest share of the promoted clips with any one class; <c>null</c> where there is no cap.</param>
    /// <param name="decided">What was decided by hand, by clip; <c>null</c> where nothing was.</param>
    public static PromotionRanking Of(
        IEnumerable<AgreementKeys> scores, Func<int, int[]> labels, int classes, int promote, double? classCap,
        IReadOnlyDictionary<int, DecisionKind>? decided = null)
    {
        var keys = scores.SelectMany(shard => shard.Agreements.Zip(shard.Margins, (agreement, margin) => new AgreementKey(agreement, margin)))
            .ToArray();
        var order = Enumerable.Range(0, keys.Length).ToArray();
        Array.Sort(order, (one, other) =>
        {
            var byKey = keys[other].CompareTo(keys[one]);
            return byKey != 0 ? byKey : one.CompareTo(other);
        });
        var byHand = (decided ?? ReadOnlyDictionary<int, DecisionKind>.Empty)
            .Where(made => made.Value == DecisionKind.Promote).Select(made => made.Key).ToHashSet();
        var open = decided is null ? order : order.Where(clip => !decided.ContainsKey(clip));
        var taken = byHand.Concat(TakeBest(open, byHand, labels, classes, promote, classCap)).ToHashSet();
        return new PromotionRanking(keys, order, [.. order.Where(taken.Contains)], byHand);
    }

    private static IEnumerable<int> TakeBest(
        IEnumerable<int> open, HashSet<int> byHand, Func<int, int[]> labels, int classes, int promote, double? classCap)
    {
        if (classCap is not { } share)
        {
            return open.Take(promote - byHand.Count);
        }
        var cap = new ClassCap(classes, share, promote);
        foreach (var clip in byHand)
        {
            cap.Take(labels(clip));
        }
        return open.Where(clip => cap.TryTake(labels(clip)));
    }

    /// <summary>The rank of each clip, counted from 1, clips in the order of file names.</summary>
    public int[] Ranks()
    {
        var ranks = new int[Order.Length];
        for (var rank = 0; rank < Order.Length; rank++)
        {
            ranks[Order[rank]] = rank + 1;
        }
        return ranks;
    }
}
