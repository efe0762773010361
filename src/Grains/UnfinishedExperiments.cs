using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;
using OrleansTagging.Abstractions;
using OrleansTagging.Grains.Planning;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>
/// Wakes the experiments that the store holds unfinished, once this silo is announced. A silo alone keeps its reminders in memory, and those
/// of a cluster are not in the store's backups; so after a restart nobody else would.
/// </summary>
public sealed class UnfinishedExperiments(
    Store store,
    IGrainFactory grains,
    SiloAnnouncer announcer,
    TimeProvider clock,
    ILogger<UnfinishedExperiments> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.1);
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!announcer.IsAnnounced)
        {
            await Task.Delay(Pause, clock, stoppingToken);
        }
        while (true)
        {
            try
            {
                await WakeAsync(stoppingToken);
                return;
            }
            catch (Exception fault) when (!stoppingToken.IsCancellationRequested)
            {
                logger.LogWarning(fault, "The unfinished experiments could not be woken; they are looked at again in {Again}", Again);
                await Task.Delay(Again, clock, stoppingToken);
            }
        }
    }

    private async Task WakeAsync(CancellationToken stoppingToken)
    {
        var stored = new StoredGrains(store);
        foreach (var experiment in await stored.ExperimentsAsync(stoppingToken))
        {
            if (await stored.ExperimentAsync(experiment, stoppingToken) is { Context: not null } state
                && (state.Status is ExperimentStatus.Running or ExperimentStatus.Paused || state.StopsParts))
            {
                logger.LogDebug("{Experiment} is unfinished and woken", experiment);
                await grains.GetGrain<IExperimentGrain>(experiment).Wake();
            }
        }
    }
}
