using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Timers;

namespace OrleansTagging.EmbeddedHost;

/// <summary>
/// Ticks the reminders of a cluster. One silo at a time does so, the one that has served longest; when it goes, the next reads the
/// table and goes on.
/// </summary>
internal sealed class ReminderService(Silo silo, IServiceProvider services, IOptions<ReminderOptions> options)
{
    private readonly Dictionary<(GrainId Grain, string Name), Ticker> _tickers = [];
    private readonly SemaphoreSlim _turn = new(1, 1);
    private ITimer? _refresh;
    private bool _leads;
    private bool _started;

    public IReminderTable Table => services.GetService<IReminderTable>() ?? throw new OrleansConfigurationException(
        "The reminder service has not been configured: register an IReminderTable beside AddReminders, or call "
        + "UseInMemoryReminderService.");

    public TimeSpan MinimumPeriod => options.Value.MinimumReminderPeriod;

    private TimeProvider Time => silo.Time;

    /// <summary>Lets the silo that has served longest tick the reminders, and no other.</summary>
    public static async Task ElectAsync(EmbeddedCluster cluster)
    {
        var candidates = cluster.ActiveSilos.Select(s => s.Services.GetService<ReminderService>()).OfType<ReminderService>().ToList();
        foreach (var other in candidates.Skip(1))
        {
            other.Resign();
        }

        if (candidates.Count > 0)
        {
            await candidates[0].LeadAsync();
        }
    }

    /// <summary>Ticks a reminder anew, wherever in the cluster that is done.</summary>
    public void Changed(ReminderEntry entry) => Leader()?.Track(entry);

    /// <summary>Ticks a reminder no more.</summary>
    public void Removed(GrainId grain, string name) => Leader()?.Drop((grain, name));

    private static ReminderService? LeaderOf(EmbeddedCluster cluster) =>
        cluster.ActiveSilos.Select(s => s.Services.GetService<ReminderService>()).FirstOrDefault(s => s is { _leads: true });

    private ReminderService? Leader() => LeaderOf(silo.Cluster);

    private async Task LeadAsync()
    {
        await _turn.WaitAsync();
        try
        {
            if (silo.Status != SiloStatus.Active)
            {
                return;
            }

            if (!_started)
            {
                await Table.StartAsync();
                _started = true;
            }

            if (!_leads)
            {
                _leads = true;
                await RefreshAsync();
                var period = options.Value.RefreshReminderListPeriod;
                _refresh = Time.CreateTimer(static state => _ = ((ReminderService)state!).RefreshSafelyAsync(), this, period, period);
            }
        }
        catch (Exception e)
        {
            _leads = false;
            silo.Logger.LogError(e, "Reminders could not be read");
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    private void Resign()
    {
        _leads = false;
        _refresh?.Dispose();
        lock (_tickers)
        {
            foreach (var ticker in _tickers.Values)
            {
                ticker.Dispose();
            }

            _tickers.Clear();
        }
    }

    private async Task RefreshSafelyAsync()
    {
        try
        {
            await RefreshAsync();
        }
        catch (Exception e)
        {
            silo.Logger.LogError(e, "Reminders could not be read anew");
        }
    }

    private async Task RefreshAsync()
    {
        if (silo.IsDead)
        {
            Resign();
            return;
        }

        Dictionary<(GrainId, string), Ticker> before;
        lock (_tickers)
        {
            before = new(_tickers);
        }

        var rows = (await Table.ReadRows(0, 0)).Reminders.ToDictionary(r => (r.GrainId, r.ReminderName));
        lock (_tickers)
        {
            // What was set or removed while the table was read is newer than what was read.
            foreach (var (_, entry) in rows.Where(r => before.GetValueOrDefault(r.Key) == _tickers.GetValueOrDefault(r.Key)))
            {
                Track(entry);
            }

            foreach (var (key, _) in before.Where(b => !rows.ContainsKey(b.Key) && _tickers.GetValueOrDefault(b.Key) == b.Value))
            {
                Drop(key);
            }
        }
    }

    private void Track(ReminderEntry entry)
    {
        lock (_tickers)
        {
            var key = (entry.GrainId, entry.ReminderName);
            if (_tickers.TryGetValue(key, out var old))
            {
                if (old.ETag == entry.ETag)
                {
                    return;
                }

                old.Dispose();
            }

            _tickers[key] = new Ticker(silo, entry);
        }
    }

    private void Drop((GrainId, string) key)
    {
        lock (_tickers)
        {
            if (_tickers.Remove(key, out var ticker))
            {
                ticker.Dispose();
            }
        }
    }

    /// <summary>Ticks one reminder at its first time and every period after it; a tick that was missed is not made up for.</summary>
    private sealed class Ticker : IDisposable
    {
        private readonly Silo _silo;
        private readonly ReminderEntry _entry;
        private readonly ITimer _timer;
        private bool _disposed;

        public Ticker(Silo silo, ReminderEntry entry)
        {
            _silo = silo;
            _entry = entry;
            _timer = silo.Time.CreateTimer(
                static state => _ = ((Ticker)state!).TickAsync(), this, Wait(isFirst: true), Timeout.InfiniteTimeSpan);
        }

        public string? ETag => _entry.ETag;

        public void Dispose()
        {
            _disposed = true;
            _timer.Dispose();
        }

        /// <summary>The time to the next tick. As in Orleans, a first tick already past, if only by a moment, waits a period.</summary>
        private TimeSpan Wait(bool isFirst)
        {
            var since = _silo.Time.GetUtcNow().UtcDateTime - _entry.StartAt;
            if (since < TimeSpan.Zero)
            {
                return -since;
            }

            var sinceTick = since.Ticks % _entry.Period.Ticks;
            return isFirst && sinceTick == 0 ? TimeSpan.Zero : TimeSpan.FromTicks(_entry.Period.Ticks - sinceTick);
        }

        private async Task TickAsync()
        {
            if (_disposed || _silo.IsDead)
            {
                return;
            }

            try
            {
                var (late, twice) = _silo.Cluster.Faults?.Tick(_entry.GrainId) ?? default;
                if (late > TimeSpan.Zero)
                {
                    await Task.Delay(late, _silo.Time);
                }

                var status = new TickStatus(_entry.StartAt, _entry.Period, _silo.Time.GetUtcNow().UtcDateTime);
                for (var times = twice ? 2 : 1; times > 0; times--)
                {
                    await _silo.Client.GetGrain<IRemindable>(_entry.GrainId).ReceiveReminder(_entry.ReminderName, status);
                }
            }
            catch (Exception e)
            {
                _silo.Logger.LogError(e, "Reminder {Name} of {Grain} failed", _entry.ReminderName, _entry.GrainId);
            }

            if (!_disposed)
            {
                _timer.Change(Wait(isFirst: false), Timeout.InfiniteTimeSpan);
            }
        }
    }
}

/// <summary>Sets and removes the reminders of grains, in the table first.</summary>
internal sealed class ReminderRegistry(ReminderService service, TimeProvider time) : IReminderRegistry
{
    public async Task<IGrainReminder> RegisterOrUpdateReminder(
        GrainId callingGrainId, string reminderName, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dueTime, TimeSpan.Zero);
        ArgumentException.ThrowIfNullOrEmpty(reminderName);
        if (period < service.MinimumPeriod)
        {
            throw new ArgumentException($"Cannot register reminder {reminderName} as requested period ({period}) is less than minimum "
                + $"allowed reminder period ({service.MinimumPeriod})");
        }

        var entry = new ReminderEntry
        {
            GrainId = callingGrainId,
            ReminderName = reminderName,
            StartAt = time.GetUtcNow().UtcDateTime + dueTime,
            Period = period,
        };
        entry.ETag = await service.Table.UpsertRow(entry);
        if (entry.ETag is null)
        {
            throw new ReminderException($"Could not register reminder {entry}.");
        }

        service.Changed(entry);
        return new GrainReminder(entry);
    }

    public async Task UnregisterReminder(GrainId callingGrainId, IGrainReminder reminder)
    {
        var known = (GrainReminder)reminder;
        if (!await service.Table.RemoveRow(known.Entry.GrainId, known.ReminderName, known.Entry.ETag!))
        {
            throw new ReminderException($"Could not unregister reminder {known.Entry}: it has changed or is gone.");
        }

        service.Removed(known.Entry.GrainId, known.ReminderName);
    }

    public async Task<IGrainReminder?> GetReminder(GrainId callingGrainId, string reminderName) =>
        await service.Table.ReadRow(callingGrainId, reminderName) is { } entry ? new GrainReminder(entry) : null;

    public async Task<List<IGrainReminder>> GetReminders(GrainId callingGrainId) =>
        [.. (await service.Table.ReadRows(callingGrainId)).Reminders.Select(e => new GrainReminder(e))];

    private sealed class GrainReminder(ReminderEntry entry) : IGrainReminder
    {
        public ReminderEntry Entry => entry;

        public string ReminderName => entry.ReminderName;
    }
}
