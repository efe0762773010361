namespace OrleansTagging.Commands.Experiments;

/// <summary>How an experiment is shown while one watches.</summary>
internal abstract class WatchView : IAsyncDisposable
{
    /// <summary>Shows what was found.</summary>
    public abstract void Show(Observation observation);

    /// <summary>Ends the view.</summary>
    public virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>Shows nothing: who waits for the end alone looks at the exit code.</summary>
internal sealed class QuietWatchView : WatchView
{
    public override void Show(Observation observation)
    {
    }
}
