namespace OrleansTagging.Grains;

/// <summary>
/// The time by which leases and silences are measured. It begins at the wall clock's time and goes on by the monotonic clock, so that a wall
/// clock that is set forward ends no lease, and one that is set back keeps none alive.
/// </summary>
public sealed class SteadyClock(TimeProvider clock)
{
    private readonly DateTimeOffset _began = clock.GetUtcNow();
    private readonly long _beginning = clock.GetTimestamp();

    /// <summary>The present time; to be compared with times of the same instance.</summary>
    public DateTimeOffset Now => _began + clock.GetElapsedTime(_beginning);
}
