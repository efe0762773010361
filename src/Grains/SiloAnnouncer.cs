using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Runtime;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Grains;

/// <summary>Tells the scheduler, again and again, that this silo lives and which devices it has.</summary>
public sealed class SiloAnnouncer(
    IGrainFactory grains,
    ILocalSiloDetails silo,
    IOptions<TaggingOptions> options,
    TimeProvider clock,
    ILogger<SiloAnnouncer> logger) : IHostedService, IDisposable
{
    // Before a silo is active its first calls fail; they are repeated soon rather than at the pace of the heartbeat.
    private static readonly TimeSpan Eager = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _stopping = new();
    private Task _announcing = Task.CompletedTask;

    /// <summary>Whether the scheduler has heard of this silo, and answered lately.</summary>
    public bool IsAnnounced { get; private set; }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.Announces)
        {
            _announcing = Task.Run(() => AnnounceAsync(_stopping.Token));
        }
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _announcing.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (IsAnnounced)
        {
            try
            {
                await grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key).Leave(silo.SiloAddress)
                    .WaitAsync(options.Value.Heartbeat, clock, cancellationToken);
            }
            catch (Exception fault)
            {
                // The silence will tell the same.
                logger.LogDebug(fault, "The scheduler could not be told that this silo leaves");
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stopping.Cancel();

    private async Task AnnounceAsync(CancellationToken stoppingToken)
    {
        var announcement = new SiloAnnouncement
        {
            Silo = silo.SiloAddress,
            Host = Environment.MachineName,
            Devices = options.Value.Devices(),
            Alone = options.Value.Alone,
        };
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key).Announce(announcement)
                    .WaitAsync(options.Value.Silence, clock, stoppingToken);
                IsAnnounced = true;
            }
            catch (Exception fault) when (!stoppingToken.IsCancellationRequested)
            {
                IsAnnounced = false;
                logger.LogDebug(fault, "The scheduler does not answer yet");
            }
            catch (OperationCanceledException)
            {
                return;
            }
            try
            {
                await Task.Delay(IsAnnounced ? options.Value.Heartbeat : Eager, clock, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
