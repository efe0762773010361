using OrleansTagging.Abstractions;
using OrleansTagging.Recipe;

namespace OrleansTagging.Grains;

/// <summary>Counts jobs.</summary>
internal static class JobTally
{
    /// <summary>Whether there are test clips to predict.</summary>
    public static bool HasTest(this ExperimentContext context) =>
        Array.Exists(context.Dataset.Subsets, subset => subset is { Subset: "test", Clips: > 0 });

    /// <summary>Whether there are clips to measure members on: test clips or held-out ones.</summary>
    public static bool HasJudged(this ExperimentContext context) => context.Folds.JudgedClips > 0;

    /// <summary>Jobs of one fold: its training, those that continue it, and its predictions.</summary>
    public static int OfFold(TrainedModel model, bool predictsNoisy, bool predictsJudged) =>
        1 + model.Training.MoreEpochs.Length + (predictsNoisy ? 1 : 0) + (predictsJudged ? 1 : 0);

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
