using OrleansTagging.Abstractions;

namespace OrleansTagging.Grains;

/// <summary>
/// Ranks the clips of all shards together from the shards' counts alone: by agreement, ties by file name. Shards are stretches of the
/// order of
/// file names, so a clip comes after all of like agreement in earlier shards.
/// </summary>
internal static class AgreementRanks
{
    /// <summary>What each shard needs to know to rank its own clips.</summary>
    /// <param name="scores">The shards' counts, in the order of the shards.</param>
    /// <param name="round">The round.</param>
    /// <param name="k">Number of clips to promote.</param>
    public static ShardRanking[] Of(IReadOnlyList<ShardScores> scores, int round, int k)
    {
        var total = new Dictionary<double, int>();
        foreach (var shard in scores)
        {
            for (var at = 0; at < shard.Counts.Length; at++)
            {
                total[shard.Agreements[at]] = total.GetValueOrDefault(shard.Agreements[at]) + shard.Counts[at];
            }
        }
        var next = new Dictionary<double, int>();
        var higher = 0;
        foreach (var (agreement, count) in total.OrderByDescending(entry => entry.Key))
        {
            next[agreement] = higher;
            higher += count;
        }
        var rankings = new ShardRanking[scores.Count];
        for (var shard = 0; shard < rankings.Length; shard++)
        {
            rankings[shard] = new ShardRanking
            {
                Round = round,
                K = k,
                Before = Array.ConvertAll(scores[shard].Agreements, agreement => next[agreement]),
            };
            for (var at = 0; at < scores[shard].Counts.Length; at++)
            {
                next[scores[shard].Agreements[at]] += scores[shard].Counts[at];
            }
        }
        return rankings;
    }
}
