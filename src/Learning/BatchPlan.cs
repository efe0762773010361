using OrleansTagging.Labels;

namespace OrleansTagging.Learning;

/// <summary>Which clips share a batch.</summary>
public static class BatchPlan
{
    /// <summary>Largest share of a prediction batch's samples that may be padding.</summary>
    public const double LargestPadding = 0.1;

    /// <summary>Batches over which training clips are sorted by length.</summary>
    private const int BatchesSorted = 8;

    /// <summary>Batches of an epoch: as many whole ones as the clips make, but at least one.</summary>
    public static int Steps(int clips, int batchSize) => Math.Max(1, clips / batchSize);

    /// <summary>
    /// The batches of a training epoch, each a list of positions in <paramref name="lengths"/>: the clips are shuffled and dealt out in
    /// turn, and what makes no whole batch in the end is left out. Fewer clips than a batch takes are a batch nevertheless.
    /// </summary>
    /// <param name="lengths">Samples of each clip.</param>
    /// <param name="batchSize">Clips of a batch.</param>
    /// <param name="byLength">Whether the shuffled clips are sorted by length within every eight batches, so that little of a batch is
    /// padding while its clips still change from epoch to epoch; the batches are shuffled after it.</param>
    /// <param name="seed">Seed of the experiment and job, mixed into one.</param>
    /// <param name="epoch">The epoch, counted from 0.</param>
    /// <remarks>The order depends on (seed, epoch) alone.</remarks>
    public static IReadOnlyList<int[]> ForTraining(ReadOnlySpan<int> lengths, int batchSize, bool byLength, ulong seed, int epoch)
    {
        var order = new int[lengths.Length];
        for (var position = 0; position < order.Length; position++)
        {
            order[position] = position;
        }
        var random = SeededRandom.Of(seed, SeededRandom.Key("batches"), (ulong)epoch);
        random.Shuffle(order.AsSpan());
        var dealt = order.AsSpan(0, Math.Min(order.Length, Steps(order.Length, batchSize) * batchSize));
        if (!byLength)
        {
            return [.. dealt.ToArray().Chunk(batchSize)];
        }
        for (var rest = dealt; rest.Length > 0;)
        {
            var sorted = rest[..Math.Min(rest.Length, BatchesSorted * batchSize)];
            var keys = new (int Length, int Place)[sorted.Length];
            for (var place = 0; place < keys.Length; place++)
            {
                keys[place] = (lengths[sorted[place]], place);
            }
            keys.AsSpan().Sort(sorted);
            rest = rest[sorted.Length..];
        }
        int[][] batches = [.. dealt.ToArray().Chunk(batchSize)];
        random.Shuffle(batches.AsSpan());
        return batches;
    }

    /// <summary>
    /// The batches of a prediction, each a list of positions in <paramref name="lengths"/>: clips of like length together, so that at most
    /// <see cref="LargestPadding"/> of a batch's samples are padding.
    /// </summary>
    /// <param name="lengths">Samples of each clip.</param>
    /// <param name="mostClips">Most clips of a batch.</param>
    /// <param name="mostSamples">Most samples of a batch, padding included; a longer clip is a batch of its own.</param>
    public static IReadOnlyList<int[]> ForPrediction(ReadOnlySpan<int> lengths, int mostClips, long mostSamples)
    {
        var order = new (int Length, int Position)[lengths.Length];
        for (var position = 0; position < order.Length; position++)
        {
            order[position] = (lengths[position], position);
        }
        Array.Sort(order);
        var batches = new List<int[]>();
        var batch = new List<int>();
        // From the longest clip down: the first of a batch decides how much each other one is filled up.
        var (longest, samples) = (0L, 0L);
        for (var place = order.Length - 1; place >= 0; place--)
        {
            var (length, position) = order[place];
            var size = (batch.Count + 1) * longest;
            if (batch.Count > 0
                && (batch.Count == mostClips || size > mostSamples || samples + length < (1 - LargestPadding) * size))
            {
                batches.Add([.. batch]);
                batch.Clear();
            }
            if (batch.Count == 0)
            {
                (longest, samples) = (length, 0);
            }
            batch.Add(position);
            samples += length;
        }
        if (batch.Count > 0)
        {
            batches.Add([.. batch]);
        }
        return batches;
    }
}
