using OrleansTagging.Labels;

namespace OrleansTagging.Learning;

/// <summary>Which clips share a batch.</summary>
public static class BatchPlan
{
    /// <summary>Largest share of a prediction batch's samples that may be padding.</summary>
    public const double LargestPadding = 0.1;

    /// <summary>Batches over which training clips are sorted by length.</summary>
    private const int BatchesSorted = 8;

    /// <summary>Steps of an epoch: as few batches as hold all clips.</summary>
    public static int Steps(int clips, int batchSize) => (clips + batchSize - 1) / batchSize;

    /// <summary>
    /// The batches of a training epoch, each a list of positions in <paramref name="lengths"/>. Every clip is in one of them, and their
    /// sizes differ by one at most, so that no batch is too small for the statistics of batch norm.
    /// </summary>
    /// <remarks>
    /// The clips are shuffled; within every eight batches they are then sorted by length, so that little of a batch is padding while
    /// its clips still change from epoch to epoch; the batches are shuffled last. The order depends on (seed, epoch) alone.
    /// </remarks>
    public static IReadOnlyList<int[]> ForTraining(ReadOnlySpan<int> lengths, int batchSize, ulong seed, int epoch)
    {
        var order = new int[lengths.Length];
        for (var position = 0; position < order.Length; position++)
        {
            order[position] = position;
        }
        var random = SeededRandom.Of(seed, SeededRandom.Key("batches"), (ulong)epoch);
        random.Shuffle(order.AsSpan());
        var steps = Steps(order.Length, batchSize);
        var begins = new int[steps + 1];
        for (var step = 0; step <= steps; step++)
        {
            begins[step] = (int)((long)order.Length * step / steps);
        }
        for (var step = 0; step < steps; step += BatchesSorted)
        {
            var (begin, end) = (begins[step], begins[Math.Min(step + BatchesSorted, steps)]);
            var keys = new (int Length, int Place)[end - begin];
            for (var place = begin; place < end; place++)
            {
                keys[place - begin] = (lengths[order[place]], place);
            }
            keys.AsSpan().Sort(order.AsSpan(begin, end - begin));
        }
        var batches = new int[steps][];
        for (var step = 0; step < steps; step++)
        {
            batches[step] = order[begins[step]..begins[step + 1]];
        }
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
