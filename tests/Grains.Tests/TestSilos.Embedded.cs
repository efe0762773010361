using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using OrleansTagging.EmbeddedHost;

namespace OrleansTagging.Grains.Tests;

/// <summary>One silo of <see cref="TestSilos"/>.</summary>
internal sealed class TestSilo(EmbeddedSilo silo)
{
    public SiloAddress Address => silo.Address;

    public Task KillAsync() => silo.KillAsync();
}

/// <summary>Silos on the embedded host. Its twin on Orleans stands beside it; the project takes the one of the host in use.</summary>
internal sealed class TestSilos : IAsyncDisposable
{
    private static int _port = 20_000;

    private readonly EmbeddedCluster _cluster = new();
    private readonly List<TestSilo> _silos = [];

    public IGrainFactory Grains => _cluster.Client;

    public async Task<TestSilo> AddAsync(Action<ISiloBuilder> configure)
    {
        var silo = new TestSilo(await _cluster.AddSiloAsync(configure: silo =>
        {
            silo.Services.Configure<EndpointOptions>(options =>
            {
                options.AdvertisedIPAddress = IPAddress.Loopback;
                options.SiloPort = Interlocked.Increment(ref _port);
            });
            configure(silo);
        }));
        _silos.Add(silo);
        return silo;
    }

    public Task<SiloAddress?> WhereIsAsync(IAddressable grain) => Task.FromResult(_cluster.WhereIs(grain));

    public async Task KillAsync()
    {
        foreach (var silo in _silos)
        {
            await silo.KillAsync();
        }
        await _cluster.DisposeAsync();
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();
}
