using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Hosting;
using OrleansTagging.Commands.Features;
using OrleansTagging.Grains;
using OrleansTagging.Labels;
using OrleansTagging.Storage;
using Serilog;

namespace OrleansTagging.Commands;

/// <summary>
/// The grains of a store, hosted in this process for as long as a command runs. A folder store has one host at a time.
/// </summary>
internal sealed class LocalSilo : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly Serilog.Core.Logger _log;
    private readonly StoreLock? _lock;

    private LocalSilo(IHost host, Serilog.Core.Logger log, StoreLock? taken, Store store) =>
        (_host, _log, _lock, Store) = (host, log, taken, store);

    /// <summary>The way to the grains.</summary>
    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    /// <summary>The store that they live on.</summary>
    public Store Store { get; }

    /// <summary>Takes the store and starts the grains.</summary>
    /// <exception cref="InputException">Another process hosts the store's grains.</exception>
    public static async Task<LocalSilo> StartAsync(Store store, CancellationToken cancellationToken)
    {
        var taken = Lock(store);
        var log = FaultLog.Open(store.Root);
        IHost? host = null;
        try
        {
            host = HostOf(store, log);
            await host.StartAsync(cancellationToken);
            return new LocalSilo(host, log, taken, store);
        }
        catch
        {
            host?.Dispose();
            await log.DisposeAsync();
            taken?.Dispose();
            throw;
        }
    }

    /// <summary>Stops the grains, their Trainers among them, and gives the store back.</summary>
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        await (_host is IAsyncDisposable host ? host.DisposeAsync() : ValueTask.CompletedTask);
        await _log.DisposeAsync();
        _lock?.Dispose();
    }

    private static IHost HostOf(Store store, Serilog.Core.Logger log)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.AddSerilog(log);
        // Signals are the console's own (Interruption); the host is stopped when the command ends.
        builder.Services.AddSingleton<IHostLifetime, UnwatchedLifetime>();
        builder.UseOrleans(silo =>
        {
            var (siloPort, gatewayPort) = FreePorts();
            silo.UseLocalhostClustering(siloPort, gatewayPort);
            silo.AddTagging(store, options => options.TrainerPath = TrainerProgram.Find() ?? options.TrainerPath);
        });
        return builder.Build();
    }

    // Two stores may be hosted on one machine at a time, and neither may meet the other's silo.
    private static (int Silo, int Gateway) FreePorts()
    {
        using var silo = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var gateway = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        silo.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        gateway.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (((IPEndPoint)silo.LocalEndPoint!).Port, ((IPEndPoint)gateway.LocalEndPoint!).Port);
    }

    /// <summary>Takes a folder store for this process alone; <c>null</c> for a container, which many may use.</summary>
    /// <exception cref="InputException">Another process has it.</exception>
    public static StoreLock? Lock(Store store)
    {
        if (!store.IsFolder)
        {
            return null;
        }
        if (StoreLock.TryAcquire(store.Root, out var taken, out var holder))
        {
            return taken;
        }
        var who = holder > 0 ? $"process {Figures.Count(holder)}" : "another process";
        throw new InputException($"{store.Root}: the store is in use by {who}; wait for it to end, stop it, or name another --store.");
    }

    private sealed class UnwatchedLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
