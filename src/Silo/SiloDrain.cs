using Microsoft.Extensions.Options;
using OrleansTagging.Grains;

namespace OrleansTagging.Silo;

/// <summary>
/// What a silo does before it stops, while it still answers: it gives its leases back, so that nothing more is sent here, and lets its
/// Trainers leave a checkpoint and end.
/// </summary>
internal sealed class SiloDrain(
    SiloAnnouncer announcer,
    TrainerProcess trainers,
    IOptions<TaggingOptions> options,
    ILogger<SiloDrain> logger) : IHostedLifecycleService
{
    // A Trainer is ended by force when its patience is over; that too takes a moment.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        logger.LogInformation("Leaving: no more jobs are taken, Trainers leave their checkpoints");
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await announcer.StopAsync(patience.Token);
            patience.CancelAfter(options.Value.StopPatience + Margin);
            await trainers.DrainAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            // What still runs dies with this process, and its job goes on from the checkpoint before.
            logger.LogWarning("Not every Trainer ended in time");
        }
    }

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
