using OrleansTagging.Abstractions;

namespace OrleansTagging.Grains;

/// <summary>Counts jobs.</summary>
internal static class JobTally
{
    /// <summary>Whether there are test clips to predict.</summary>
    public static bool HasTest(this ExperimentContext context) =>
        Array.Exists(context.Dataset.Subsets, subset => subset is { Subset: "test", Clips: > 0 });

    /// <summary>The sum of the parts.</summary>
    /// <param name="parts">The parts begun.</param>
    /// <param name="total">Jobs in all, of parts not begun too.</param>
    public static JobCounts Sum(IEnumerable<JobCounts> parts, int total)
    {
        var all = parts.ToArray();
        return new JobCounts
        {
            Queued = all.Sum(part => part.Queued),
            Running = all.Sum(part => part.Running),
            Done = all.Sum(part => part.Done),
            Total = total,
            RunningJobs = [.. all.SelectMany(part => part.RunningJobs)],
        };
    }
}
