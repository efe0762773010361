using OrleansTagging.Recipe;

namespace OrleansTagging.Grains;

/// <summary>Runs the jobs of a silo; <see cref="TrainerProcess"/> does so in processes. When it is disposed its jobs end at once.</summary>
public interface ITrainer
{
    /// <summary>Runs one job to its end.</summary>
    /// <param name="document">The job.</param>
    /// <param name="device">Name of the leased device: <c>cpu</c>, <c>cuda:0</c>.</param>
    /// <param name="heard">Called with every message, one at a time, on a thread of no grain.</param>
    /// <param name="stop">Ends the job.</param>
    Task<TrainerOutcome> RunAsync(JobDocument document, string device, Action<TrainerMessage> heard, CancellationToken stop);
}
