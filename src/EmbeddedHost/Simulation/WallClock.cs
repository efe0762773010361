namespace OrleansTagging.EmbeddedHost;

/// <summary>
/// The clock on one silo's wall: it jumps when <see cref="Jump"/> says so, while the time that passes stays the simulation's.
/// </summary>
public sealed class WallClock : TimeProvider
{
    private readonly TimeProvider _time;
    private TimeSpan _wrong;

    internal WallClock(TimeProvider time) => _time = time;

    /// <inheritdoc/>
    public override long TimestampFrequency => _time.TimestampFrequency;

    /// <summary>Sets the clock forward, or back where the span is negative.</summary>
    public void Jump(TimeSpan by) => _wrong += by;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _time.GetUtcNow() + _wrong;

    /// <inheritdoc/>
    public override long GetTimestamp() => _time.GetTimestamp();

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        _time.CreateTimer(callback, state, dueTime, period);
}
