namespace OrleansTagging.Rules.Tests;

/// <summary>A host's two clocks: the wall clock can be set, the monotonic one cannot.</summary>
internal sealed class TwoClocks : TimeProvider
{
    private DateTimeOffset _wall = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Time that has truly passed.</summary>
    public TimeSpan Passed { get; private set; }

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _wall;

    /// <inheritdoc/>
    public override long GetTimestamp() => Passed.Ticks;

    /// <summary>Lets time pass.</summary>
    public void Pass(TimeSpan time) => (Passed, _wall) = (Passed + time, _wall + time);

    /// <summary>Sets the wall clock forward or back.</summary>
    public void Set(TimeSpan by) => _wall += by;
}
