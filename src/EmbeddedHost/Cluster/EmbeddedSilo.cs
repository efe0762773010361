using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;
using Orleans.Runtime;

namespace OrleansTagging.EmbeddedHost;

/// <summary>One silo of an <see cref="EmbeddedCluster"/>, as a test holds it.</summary>
public sealed class EmbeddedSilo : IAsyncDisposable
{
    private readonly Silo _silo;
    private bool _disposed;

    internal EmbeddedSilo(IHost host)
    {
        Host = host;
        _silo = host.Services.GetRequiredService<Silo>();
    }

    /// <summary>Its address.</summary>
    public SiloAddress Address => _silo.Address;

    /// <summary>Its services.</summary>
    public IServiceProvider Services => Host.Services;

    /// <summary>References whose calls begin at this silo.</summary>
    public IGrainFactory GrainFactory => _silo.Client;

    /// <summary>How many activations it has.</summary>
    public int ActivationCount => _silo.ActivationCount;

    /// <summary>The clock on its wall, where the cluster is in a simulation; null elsewhere.</summary>
    public WallClock? WallClock => _silo.Time as WallClock;

    internal IHost Host { get; }

    /// <summary>
    /// Ends the silo at once, as when its process dies: activations vanish without a word, calls on their way fail with
    /// <see cref="SiloUnavailableException"/>, what its code still does reaches nobody. Its hosted services are told to stop.
    /// </summary>
    public async Task KillAsync()
    {
        _silo.Kill();
        await DisposeAsync();
    }

    /// <summary>Stops the silo in order: every activation is deactivated first.</summary>
    public async Task StopAsync(CancellationToken cancellationToken = default) => await Host.StopAsync(cancellationToken);

    /// <summary>Stops the silo in order, if it runs, and lets go of its services.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        try
        {
            await Host.StopAsync();
        }
        catch (Exception e) when (_silo.IsDead && e is OrleansException or AggregateException or OperationCanceledException)
        {
            // Hosted services of a killed silo may find that nobody answers them any more.
        }

        if (Host is IAsyncDisposable disposable)
        {
            await disposable.DisposeAsync();
        }
    }
}
