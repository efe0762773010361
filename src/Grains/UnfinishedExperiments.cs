using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;
using OrleansTagging.Abstractions;
using OrleansTagging.Grains.Planning;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>
/// Wakes the experiments that the store holds unfinished, once this silo is announced: a server that kept the cluster's reminders may have
/// lost them, and then nobody else would.
/// </summary>
public sealed class UnfinishedExperiments(
    Store store,
    IGrainFactory grains,
    SiloAnnouncer announcer,
    TimeProvider clock,
    ILogger<UnfinishedExperiments> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!announcer.IsAnnounced)
        {
            await Task.Delay(Pause, clock, stoppingToken);
        }
        try
        {
            var stored = new StoredGrains(store);
            foreach (var experiment in await stored.ExperimentsAsync(stoppingToken))
            {
                if (await stored.ExperimentAsync(experiment, stoppingToken) is { Context: not null } state
                    && (state.Status == ExperimentStatus.Running || state.StopsParts))
                {
                    logger.LogDebug("{Experiment} is unfinished and woken", experiment);
                    await grains.GetGrain<IExperimentGrain>(experiment).Wake();
                }
            }
        }
        catch (Exception fault) when (!stoppingToken.IsCancellationRequested)
        {
            // The reminders do the same, where they are.
            logger.LogWarning(fault, "The unfinished experiments could not be woken");
        }
    }
}
