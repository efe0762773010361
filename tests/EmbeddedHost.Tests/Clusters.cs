using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Hosting;

namespace OrleansTagging.EmbeddedHost.Tests;

/// <summary>Clusters as most tests want them: one silo, state and reminders in memory, one-second reminders allowed.</summary>
internal static class Clusters
{
    public static async Task<EmbeddedCluster> StartAsync(
        Action<ISiloBuilder>? configure = null, int silos = 1, TimeProvider? time = null, TimeSpan? responseTimeout = null)
    {
        var cluster = new EmbeddedCluster(time, seed: 1, clientResponseTimeout: responseTimeout);
        for (var i = 0; i < silos; i++)
        {
            await cluster.AddSiloAsync(configure: silo => Defaults(silo, configure, responseTimeout));
        }

        return cluster;
    }

    public static void Defaults(ISiloBuilder silo, Action<ISiloBuilder>? configure = null, TimeSpan? responseTimeout = null)
    {
        silo.AddMemoryGrainStorageAsDefault();
        silo.UseInMemoryReminderService();
        silo.Configure<ReminderOptions>(o => o.MinimumReminderPeriod = TimeSpan.FromSeconds(1));
        if (responseTimeout is { } limit)
        {
            silo.Configure<SiloMessagingOptions>(o => o.ResponseTimeout = limit);
        }

        silo.Services.AddSingleton<Journal>();
        configure?.Invoke(silo);
    }

    /// <summary>Waits for something that another thread is about to do.</summary>
    public static async Task Until(Func<bool> holds)
    {
        for (var i = 0; i < 2000 && !holds(); i++)
        {
            await Task.Delay(5);
        }

        Assert.True(holds(), "what the test waits for did not come within ten seconds");
    }
}

/// <summary>What grains of one silo did, in order.</summary>
public sealed class Journal
{
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    public void Add(string line)
    {
        lock (_lines)
        {
            _lines.Add(line);
        }
    }
}

/// <summary>A clock that stands until it is moved; its timers fire as it passes them.</summary>
public sealed class StandingClock : TimeProvider
{
    private readonly List<Alarm> _alarms = [];
    private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => _now;

    public override long GetTimestamp() => _now.UtcTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var alarm = new Alarm(this, () => callback(state));
        alarm.Change(dueTime, period);
        return alarm;
    }

    public void Advance(TimeSpan time)
    {
        var end = _now + time;
        while (true)
        {
            Alarm? next;
            lock (_alarms)
            {
                next = _alarms.Where(a => a.Due <= end).MinBy(a => a.Due);
                if (next is not null)
                {
                    _now = next.Due > _now ? next.Due : _now;
                    next.Rearm();
                }
            }

            if (next is null)
            {
                _now = end;
                return;
            }

            next.Fire();
        }
    }

    private sealed class Alarm(StandingClock clock, Action fire) : ITimer
    {
        private TimeSpan _period;

        public DateTimeOffset Due { get; private set; }

        public void Fire() => fire();

        public void Rearm()
        {
            if (_period > TimeSpan.Zero)
            {
                Due += _period;
            }
            else
            {
                clock._alarms.Remove(this);
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._alarms)
            {
                clock._alarms.Remove(this);
                _period = period;
                if (dueTime >= TimeSpan.Zero)
                {
                    Due = clock._now + dueTime;
                    clock._alarms.Add(this);
                }

                return true;
            }
        }

        public void Dispose()
        {
            lock (clock._alarms)
            {
                clock._alarms.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
