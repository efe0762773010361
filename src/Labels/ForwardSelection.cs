namespace OrleansTagging.Labels;

/// <summary>
/// Greedy forward selection of an ensemble's members (Caruana, Niculescu-Mizil, Crew and Ksikes, "Ensemble selection from libraries of
/// models", ICML 2004): begin with nothing; add, again and again, the member with which the mean of all added has the highest lwlrap, the
/// same member as often as it helps; keep the best ensemble on the way. A member's weight is its share of the additions. Ties go to the
/// member that comes first, and to the smaller ensemble.
/// </summary>
/// <remarks>Never worse, on the clips that it is found on, than the best member alone: the first addition is that one.</remarks>
internal static class ForwardSelection
{
    // Weights are multiples of 1/50 or coarser, finer than a few thousand clips can tell apart.
    private const int Additions = 50;

    /// <summary>Finds the weights, <c>[members]</c>.</summary>
    public static double[] Find(BlendedClips clips, CancellationToken cancellation)
    {
        var members = clips.Members.Count;
        var sums = new double[clips.Clips.Length * clips.Classes];
        var counts = new int[members];
        var best = (Precisions: double.NegativeInfinity, Counts: counts, Additions: 1);
        var bestAlone = 0;
        for (var addition = 1; addition <= Additions; addition++)
        {
            var (chosen, precisions) = (0, double.NegativeInfinity);
            for (var member = 0; member < members; member++)
            {
                cancellation.ThrowIfCancellationRequested();
                var with = clips.PrecisionsWith(sums, member);
                if (with > precisions)
                {
                    (chosen, precisions) = (member, with);
                }
            }
            bestAlone = addition == 1 ? chosen : bestAlone;
            counts[chosen]++;
            for (var at = 0; at < clips.Clips.Length; at++)
            {
                Blend.AddRow(sums.AsSpan(at * clips.Classes, clips.Classes), clips.Row(chosen, clips.Clips[at]), 1);
            }
            if (precisions > best.Precisions)
            {
                best = (precisions, [.. counts], addition);
            }
        }
        var weights = Array.ConvertAll(best.Counts, count => (double)count / best.Additions);
        // A weighted mean is rounded otherwise than a sum, which can break a tie.
        var alone = BlendedClips.Only(bestAlone, members);
        return clips.Precisions(weights) >= clips.Precisions(alone) ? weights : alone;
    }
}
