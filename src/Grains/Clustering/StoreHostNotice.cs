using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains.Clustering;

/// <summary>
/// Tells other processes of this machine where the grains of a folder store are reached (<see cref="StoreHost"/>), from the host's start
/// until it begins to stop.
/// </summary>
public sealed class StoreHostNotice(
    Store store, ILocalSiloDetails silo, IOptions<ClusterOptions> cluster, string? http) : IHostedLifecycleService
{
    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        new StoreHost
        {
            Process = Environment.ProcessId,
            Gateway = silo.GatewayAddress.Endpoint.ToString(),
            ClusterId = cluster.Value.ClusterId,
            ServiceId = cluster.Value.ServiceId,
            Http = http,
        }.Write(store.Root);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        StoreHost.Remove(store.Root, Environment.ProcessId);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>Lets clients in other processes find and call a host.</summary>
public static class StoreHostHosting
{
    /// <summary>Opens the silo's gateway, and beside a folder store tells where it is.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="store">Its store.</param>
    /// <param name="http">Where it answers HTTP, if it does.</param>
    public static ISiloBuilder AddGateway(this ISiloBuilder silo, Store store, string? http = null)
    {
        if (store.IsFolder)
        {
            silo.Services.AddSingleton<IHostedService>(services => new StoreHostNotice(
                store,
                services.GetRequiredService<ILocalSiloDetails>(),
                services.GetRequiredService<IOptions<ClusterOptions>>(),
                http));
        }
        return silo;
    }
}
