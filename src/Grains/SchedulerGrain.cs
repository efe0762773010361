using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;
using Orleans.Runtime.Placement;
using Orleans.Storage;
using OrleansTagging.Abstractions;
using OrleansTagging.Grains.Live;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>
/// The cluster's one queue of jobs and its leases; <see cref="JobQueue"/> has the rules. It is reentrant: each call changes the queue in one
/// turn and returns when the change is stored; what changes while a write is under way is stored together by the next one.
/// </summary>
[GrainType("scheduler"), Reentrant]
public sealed class SchedulerGrain(
    Store store,
    IOptions<TaggingOptions> options,
    TimeProvider clock,
    GrainNews news,
    ILogger<SchedulerGrain> logger) : Grain, ISchedulerGrain
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan ConfirmedWithin = TimeSpan.FromSeconds(1);

    private readonly SchedulerStore _store = new(store.State);
    private readonly SteadyClock _leaseClock = new(clock);
    private JobQueue _queue = null!;
    private Task _writing = Task.CompletedTask;
    private Task? _nextWrite;
    private bool _lost;

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _queue = await _store.OpenAsync(options.Value.Silence, _leaseClock.Now, options.Value.LongestBackoff);
        this.RegisterGrainTimer(_ => OnTick(), new GrainTimerCreationOptions(Tick, Tick));
    }

    /// <inheritdoc/>
    public Task Announce(SiloAnnouncement silo)
    {
        _queue.Announce(silo, _leaseClock.Now);
        return Commit();
    }

    /// <inheritdoc/>
    public Task Leave(SiloAddress silo)
    {
        _queue.Leave(silo);
        return Commit();
    }

    /// <inheritdoc/>
    public Task Enqueue(JobTicket ticket)
    {
        _queue.Enqueue(ticket);
        return Commit();
    }

    /// <inheritdoc/>
    public Task Withdraw(string job)
    {
        _queue.Withdraw(job);
        return Commit();
    }

    /// <inheritdoc/>
    public Task Release(string job, Parent asker)
    {
        _queue.Release(job, asker);
        return Commit();
    }

    /// <inheritdoc/>
    public async Task Set(ExperimentStanding standing)
    {
        _queue.Set(standing);
        await Commit();
        await Recall();
    }

    /// <inheritdoc/>
    public async Task Cancel(string experiment)
    {
        _queue.Cancel(experiment);
        await Commit();
        await Recall();
    }

    /// <inheritdoc/>
    public Task<bool> Renew(string job, long epoch) => Task.FromResult(_queue.Renew(job, epoch, _leaseClock.Now));

    /// <inheritdoc/>
    public async Task<bool> Finish(string job, long epoch, bool again, TimeSpan? delay)
    {
        var held = _queue.Finish(job, epoch, again, _leaseClock.Now + delay);
        await Commit();
        return held;
    }

    /// <inheritdoc/>
    public Task<bool> HasDevice(string accelerator) => Task.FromResult(_queue.HasDevice(accelerator));

    /// <inheritdoc/>
    public Task<int> Count() => Task.FromResult(_queue.Count);

    /// <inheritdoc/>
    public Task<AcceleratorDemand> Demand(string accelerator) => Task.FromResult(_queue.Demand(accelerator));

    /// <inheritdoc/>
    public Task<SchedulerRecord> Describe() => Task.FromResult(new SchedulerRecord
    {
        Queue = [.. _queue.Waiting],
        Leases = [.. _queue.Leases],
        Silos = [.. _queue.Silos],
        Standings = [.. _queue.Standings],
        Writes = _store.Writes,
        WrittenBytes = _store.Bytes,
    });

    private async Task OnTick()
    {
        var now = _leaseClock.Now;
        _queue.Expire(now);
        await Commit();
        // A start that was lost, or that met an activation on its way to another silo, is sent again; so is a recall.
        await Send(_queue.Unconfirmed(now, ConfirmedWithin).ToArray());
        await Recall();
    }

    /// <summary>Stores what has changed, along with all that changes before the write begins.</summary>
    private Task Commit() => _nextWrite ??= WriteAfter(_writing);

    private async Task WriteAfter(Task before)
    {
        // In a later turn in any case, so that the caller's field holds this write before it begins.
        await before.ConfigureAwait(
            ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _writing = _nextWrite!;
        _nextWrite = null;
        if (_lost)
        {
            throw new OrleansException("The scheduler could not store a change and begins anew; ask again.");
        }
        var granted = _queue.Grant(_leaseClock.Now);
        if (!_queue.HasChanged)
        {
            return;
        }
        Telemetry.Scheduled(_queue.Count, _queue.Leases.Count());
        var (head, pages) = _queue.TakeChanges();
        try
        {
            // Before anybody hears of a lease it is on disk, so that no epoch is given twice.
            await _store.WriteAsync(head, pages);
            news.Changed(IFeedGrain.Scheduler);
        }
        catch (Exception fault)
        {
            // Memory is ahead of the store now; the next activation reads afresh.
            _lost = true;
            DeactivateOnIdle();
            if (fault is StateConflictException conflict)
            {
                throw new InconsistentStateException(conflict.Message, conflict.Found, conflict.Expected);
            }
            throw;
        }
        await Send(granted);
    }

    private async Task Recall()
    {
        foreach (var lease in _queue.Recalled.ToArray())
        {
            logger.LogDebug("Lease {Epoch} of {Job} is recalled", lease.Epoch, lease.Request.Job);
            try
            {
                await GrainFactory.GetGrain<ITrainingGrain>(lease.Request.Job).Recall(lease.Epoch);
            }
            catch (OrleansException fault)
            {
                // It is sent again by the next tick, or the lease runs out.
                logger.LogWarning(fault, "The recall of lease {Epoch} could not be sent to {Job}", lease.Epoch, lease.Request.Job);
            }
        }
    }

    private async Task Send(IReadOnlyList<JobLease> leases)
    {
        foreach (var lease in leases)
        {
            if (!_queue.Holds(lease))
            {
                continue;
            }
            logger.LogDebug("Lease {Epoch} of {Device} on {Silo} goes to {Job}", lease.Epoch, lease.Device, lease.Silo, lease.Request.Job);
            RequestContext.Set(IPlacementDirector.PlacementHintKey, lease.Silo);
            try
            {
                await GrainFactory.GetGrain<ITrainingGrain>(lease.Request.Job).Start(lease);
            }
            catch (OrleansException fault)
            {
                // It is sent again by the next tick, or the lease runs out.
                logger.LogWarning(fault, "Lease {Epoch} could not be sent to {Job}", lease.Epoch, lease.Request.Job);
            }
            finally
            {
                RequestContext.Remove(IPlacementDirector.PlacementHintKey);
            }
        }
    }
}
