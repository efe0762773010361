using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Hosting;
using OrleansTagging.Commands.Features;
using OrleansTagging.Grains;
using OrleansTagging.Grains.Clustering;
using OrleansTagging.Labels;
using OrleansTagging.Storage;
using Serilog;

namespace OrleansTagging.Commands;

/// <summary>
/// The grains of a store, hosted in this process for as long as a command runs. A folder store has one host at a time.
/// </summary>
internal sealed class LocalSilo : GrainConnection
{
    private readonly IHost _host;
    private readonly Serilog.Core.Logger _log;
    private readonly StoreLock? _lock;

    private LocalSilo(IHost host, Serilog.Core.Logger log, StoreLock? taken, Store store) =>
        (_host, _log, _lock, Store) = (host, log, taken, store);

    /// <inheritdoc/>
    public override IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    /// <inheritdoc/>
    public override Store Store { get; }

    /// <inheritdoc/>
    public override bool IsRemote => false;

    /// <summary>Starts the grains.</summary>
    /// <param name="store">The store.</param>
    /// <param name="taken">The right to it, which is given back in the end.</param>
    /// <param name="trains">Whether jobs are run.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<LocalSilo> StartAsync(Store store, StoreLock? taken, bool trains, CancellationToken cancellationToken)
    {
        var log = FaultLog.Open(store.Root);
        IHost? host = null;
        try
        {
            host = HostOf(store, log, trains);
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
    public override async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        await (_host is IAsyncDisposable host ? host.DisposeAsync() : ValueTask.CompletedTask);
        await _log.DisposeAsync();
        _lock?.Dispose();
    }

    private static IHost HostOf(Store store, Serilog.Core.Logger log, bool trains)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.AddSerilog(log);
        // Signals are the console's own (Interruption); the host is stopped when the command ends.
        builder.Services.AddSingleton<IHostLifetime, UnwatchedLifetime>();
        builder.UseOrleans(silo =>
        {
            // Two stores may be hosted on one machine at a time, and neither may meet the other's silo.
            var (siloPort, gatewayPort) = (LoopbackPorts.Free(), LoopbackPorts.Free());
            // A client that finds another silo at this port later is not to take it for this one.
            silo.UseLocalhostClustering(siloPort, gatewayPort, clusterId: $"tagging-{Guid.NewGuid():N}");
            silo.AddTagging(store, options =>
            {
                options.TrainerPath = TrainerProgram.Find() ?? options.TrainerPath;
                if (!trains)
                {
                    (options.CpuSlots, options.CudaDevices, options.Announces) = (0, [], store.IsFolder);
                }
            });
            if (trains)
            {
                // One that answers a question is gone in a moment.
                silo.AddGateway(store);
                silo.AddLiveNews();
            }
        });
        return builder.Build();
    }

    /// <summary>Takes a folder store for this process alone; <c>null</c> for a container, which many may use.</summary>
    /// <exception cref="InputException">Another process has it.</exception>
    public static StoreLock? Lock(Store store) =>
        TryLock(store, out var taken, out var problem) ? taken : throw new InputException(problem);

    /// <summary>Takes a folder store for this process alone, unless another has it.</summary>
    /// <param name="store">The store.</param>
    /// <param name="taken">The right to it; <c>null</c> for a container, which many may use.</param>
    /// <param name="problem">Who has it, in one line.</param>
    public static bool TryLock(Store store, out StoreLock? taken, [NotNullWhen(false)] out string? problem)
    {
        (taken, problem) = (null, null);
        if (!store.IsFolder || StoreLock.TryAcquire(store.Root, out taken, out var holder))
        {
            return true;
        }
        var who = holder > 0 ? $"process {Figures.Count(holder)}" : "another process";
        problem = $"{store.Root}: the store is in use by {who}; wait for it to end, stop it, or name another --store.";
        return false;
    }

    private sealed class UnwatchedLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
