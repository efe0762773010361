using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace OrleansTagging.EmbeddedHost;

/// <summary>
/// The host of a silo in a simulation: it starts and stops hosted services in order, and nothing of it leaves the thread.
/// </summary>
internal sealed class SimulatedHost(IServiceCollection services) : IHost, IAsyncDisposable
{
    private readonly ServiceProvider _services = services.BuildServiceProvider();
    private bool _stopped;

    public IServiceProvider Services => _services;

    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        foreach (var service in _services.GetServices<IHostedService>())
        {
            await service.StartAsync(cancellationToken);
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        if (_stopped)
        {
            return;
        }

        _stopped = true;
        foreach (var service in _services.GetServices<IHostedService>().Reverse())
        {
            await service.StopAsync(cancellationToken);
        }
    }

    public void Dispose() => _services.Dispose();

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
