using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Runtime;
using Orleans.Runtime.Placement;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Grains;

/// <summary>The cluster's one queue of jobs and its leases; <see cref="JobQueue"/> has the rules.</summary>
[GrainType("scheduler")]
public sealed class SchedulerGrain(
    [PersistentState("scheduler", ArtifactGrainStorage.Name)] IPersistentState<SchedulerState> state,
    IOptions<TaggingOptions> options,
    TimeProvider clock,
    ILogger<SchedulerGrain> logger) : Grain, ISchedulerGrain
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private JobQueue _queue = null!;

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _queue = new JobQueue(state.State, options.Value.Silence, clock.GetUtcNow());
        this.RegisterGrainTimer(_ => OnTick(), new GrainTimerCreationOptions(Tick, Tick));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task Announce(SiloAnnouncement silo) => Change(_queue.Announce(silo, clock.GetUtcNow()));

    /// <inheritdoc/>
    public Task Leave(SiloAddress silo) => Change(_queue.Leave(silo));

    /// <inheritdoc/>
    public Task Enqueue(JobTicket ticket) => Change(_queue.Enqueue(ticket));

    /// <inheritdoc/>
    public Task Withdraw(string job) => Change(_queue.Withdraw(job));

    /// <inheritdoc/>
    public Task<bool> Renew(string job, long epoch) => Task.FromResult(_queue.Renew(job, epoch, clock.GetUtcNow()));

    /// <inheritdoc/>
    public async Task<bool> Finish(string job, long epoch, bool again)
    {
        var held = _queue.Finish(job, epoch, again);
        await Change(held);
        return held;
    }

    /// <inheritdoc/>
    public Task<bool> HasDevice(string accelerator) => Task.FromResult(_queue.HasDevice(accelerator));

    /// <inheritdoc/>
    public Task<SchedulerRecord> Describe() => Task.FromResult(new SchedulerRecord
    {
        Queue = [.. _queue.Waiting],
        Leases = [.. _queue.Leases],
        Silos = [.. _queue.Silos],
    });

    private async Task OnTick()
    {
        // A start that was lost, or that met an activation on its way to another silo, is sent again.
        var unconfirmed = _queue.Unconfirmed.ToArray();
        await Change(_queue.Expire(clock.GetUtcNow()));
        await Send(unconfirmed.Where(lease => _queue.Leases.Contains(lease)));
    }

    private async Task Change(bool changed)
    {
        var granted = _queue.Grant(clock.GetUtcNow());
        if (changed || granted.Count > 0)
        {
            // Before anybody hears of a lease it is on disk, so that no epoch is given twice.
            await this.SaveAsync(state);
        }
        await Send(granted);
    }

    private async Task Send(IEnumerable<JobLease> leases)
    {
        foreach (var lease in leases)
        {
            logger.LogDebug("Lease {Epoch} of {Device} on {Silo} goes to {Job}", lease.Epoch, lease.Device, lease.Silo, lease.Request.Job);
            RequestContext.Set(IPlacementDirector.PlacementHintKey, lease.Silo);
            try
            {
                await GrainFactory.GetGrain<ITrainingGrain>(lease.Request.Job).Start(lease);
            }
            finally
            {
                RequestContext.Remove(IPlacementDirector.PlacementHintKey);
            }
        }
    }
}
