using System.Diagnostics;

namespace OrleansTagging.Grains.Live;

/// <summary>
/// When a watcher of a feed asks for the whole again: when it has changed, and now and then anyway, for the feed keeps nothing and news may be
/// lost with a silo. The longer it takes to gather the whole, the more seldom, so that no watcher takes more than a small share of a silo's time.
/// </summary>
/// <remarks>For one watcher, whose steps follow each other.</remarks>
public sealed class WholePace
{
    // Of the time, the part in which the whole is gathered: one in so many.
    private const int Share = 60;

    // By the process's own clock: that of the day may jump.
    private readonly Stopwatch _sinceLook = new();
    private bool _changed = true;
    private TimeSpan _pause;

    /// <summary>Time after which the whole is asked for though nothing is known to have changed.</summary>
    public TimeSpan Anyway { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Time until the whole is to be asked for, unless more becomes known before.</summary>
    public TimeSpan UntilDue
    {
        get
        {
            var pause = _changed || _pause > Anyway ? _pause : Anyway;
            var left = _sinceLook.IsRunning ? pause - _sinceLook.Elapsed : TimeSpan.Zero;
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>Whether the whole is to be asked for now.</summary>
    public bool IsDue => UntilDue == TimeSpan.Zero;

    /// <summary>The whole has changed.</summary>
    public void Changed() => _changed = true;

    /// <summary>Somebody waits who has not seen it yet.</summary>
    public void Hurry() => (_changed, _pause) = (true, TimeSpan.Zero);

    /// <summary>Asks for the whole.</summary>
    public async Task<T> LookAsync<T>(Func<Task<T>> look)
    {
        var began = Stopwatch.GetTimestamp();
        // What changes while it is gathered may be missing in it.
        _changed = false;
        var whole = await look();
        _pause = Share * Stopwatch.GetElapsedTime(began);
        _sinceLook.Restart();
        return whole;
    }
}
