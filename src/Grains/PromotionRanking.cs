using OrleansTagging.Abstractions;
using OrleansTagging.Labels;

namespace OrleansTagging.Grains;

/// <summary>
/// All noisy clips by <see cref="AgreementKey"/>, best first, ties by file name, and those of them that are promoted.
/// </summary>
/// <param name="Keys">The key of each clip, clips in the order of file names.</param>
/// <param name="Order">The clips, best first: rank r stands at r − 1.</param>
/// <param name="Promoted">The promoted clips, best first.</param>
internal sealed record PromotionRanking(AgreementKey[] Keys, int[] Order, int[] Promoted)
{
    /// <summary>Agreement of the last clip promoted; <c>null</c> where none is.</summary>
    public double? AgreementAtCut => Promoted.Length == 0 ? null : Keys[Promoted[^1]].Agreement;

    /// <summary>Its margin.</summary>
    public double? MarginAtCut => Promoted.Length == 0 ? null : Keys[Promoted[^1]].Margin;

    /// <summary>Mean agreement of the promoted clips.</summary>
    public double? MeanAgreement => Promoted.Length == 0 ? null : Promoted.Average(clip => Keys[clip].Agreement);

    /// <summary>Ranks and promotes.</summary>
    /// <param name="scores">The shards' keys of one scoring, in the order of the shards.</param>
    /// <param name="labels">The given labels of a clip.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="promote">Clips to promote.</param>
    /// <param name="classCap">Largest share of the promoted clips with any one class; <c>null</c> where there is no cap.</param>
    public static PromotionRanking Of(
        IEnumerable<AgreementKeys> scores, Func<int, int[]> labels, int classes, int promote, double? classCap)
    {
        var keys = scores.SelectMany(shard => shard.Agreements.Zip(shard.Margins, (agreement, margin) => new AgreementKey(agreement, margin)))
            .ToArray();
        var order = Enumerable.Range(0, keys.Length).ToArray();
        Array.Sort(order, (one, other) =>
        {
            var byKey = keys[other].CompareTo(keys[one]);
            return byKey != 0 ? byKey : one.CompareTo(other);
        });
        var promoted = classCap is { } share && new ClassCap(classes, share, promote) is var cap
            ? order.Where(clip => cap.TryTake(labels(clip)))
            : order.Take(promote);
        return new PromotionRanking(keys, order, [.. promoted]);
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
