namespace OrleansTagging.EmbeddedHost;

/// <summary>The clock of a <see cref="Simulation"/>: it stands while anything is ready to run and then leaps to the next timer.</summary>
public sealed class VirtualTime : TimeProvider
{
    private static readonly DateTimeOffset _start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<(Alarm Alarm, long Setting), (long Due, long Order)> _alarms = new();
    private readonly Simulation _simulation;
    private readonly Lock _lock = new();
    private long _now;
    private long _order;

    internal VirtualTime(Simulation simulation) => _simulation = simulation;

    /// <summary>The time since the simulation began.</summary>
    public TimeSpan Elapsed => TimeSpan.FromTicks(_now);

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _start + Elapsed;

    /// <inheritdoc/>
    public override long GetTimestamp() => _now;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var alarm = new Alarm(this, callback, state);
        alarm.Change(dueTime, period);
        return alarm;
    }

    /// <summary>Leaps to the next timers that are due and makes them ready; false where there are none up to the end.</summary>
    internal bool MoveOn(TimeSpan end)
    {
        var moved = false;
        while (_alarms.TryPeek(out var next, out var priority))
        {
            if (!next.Alarm.IsSet(next.Setting))
            {
                _alarms.Dequeue();
                continue;
            }

            if (priority.Due > end.Ticks)
            {
                _now = moved ? _now : end.Ticks;
                return moved;
            }

            if (moved && priority.Due > _now)
            {
                return true;
            }

            _alarms.Dequeue();
            _now = Math.Max(_now, priority.Due);
            moved = true;
            next.Alarm.Ring();
        }

        return moved;
    }

    private void Set(Alarm alarm, long setting, TimeSpan dueTime)
    {
        lock (_lock)
        {
            _alarms.Enqueue((alarm, setting), (_now + dueTime.Ticks, _order++));
        }
    }

    private sealed class Alarm(VirtualTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;
        private long _setting;
        private bool _disposed;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_disposed)
            {
                return false;
            }

            _period = period;
            _setting++;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                time.Set(this, _setting, dueTime);
            }

            return true;
        }

        public bool IsSet(long setting) => !_disposed && setting == _setting;

        public void Ring()
        {
            _setting++;
            if (_period > TimeSpan.Zero)
            {
                time.Set(this, _setting, _period);
            }

            time._simulation.Post(
                static state =>
                {
                    var alarm = (Alarm)state!;
                    if (!alarm._disposed)
                    {
                        alarm.Call();
                    }
                },
                this);
        }

        public void Dispose() => _disposed = true;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Call() => callback(state);
    }
}
