namespace OrleansTagging.Grains;

/// <summary>
/// Where grains do what would hold up their turns, such as ranking all noisy clips: on the thread pool, or where a simulation says.
/// </summary>
/// <param name="scheduler">Runs the work; the thread pool if <c>null</c>.</param>
public sealed class OffTurns(TaskScheduler? scheduler = null)
{
    /// <summary>Begins some work off the turns of the caller.</summary>
    public Task<T> Run<T>(Func<Task<T>> work) => Task.Factory.StartNew(
        work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler ?? TaskScheduler.Default).Unwrap();

    /// <summary>Begins some work off the turns of the caller.</summary>
    public Task Run(Func<Task> work) => Task.Factory.StartNew(
        work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler ?? TaskScheduler.Default).Unwrap();
}
