using Microsoft.Extensions.Options;
using OrleansTagging.Grains;

namespace OrleansTagging.Silo;

/// <summary>Says once, when all has started, what this silo hosts, with which devices, and where it can be seen.</summary>
internal sealed class SiloGreeting(
    SiloSettings settings, IOptions<TaggingOptions> options, ILogger<SiloGreeting> logger) : IHostedLifecycleService
{
    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        var devices = string.Join(", ", options.Value.Devices().Select(device => $"{device.Name} with {device.Slots} slots"));
        logger.LogInformation(
            "Ready: hosts {Store}; trains on {Devices}; to be seen at {Address}",
            settings.Store, devices.Length > 0 ? devices : "nothing", settings.HttpUrl);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
