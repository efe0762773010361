using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;
using Orleans.Hosting;
using Orleans.Runtime;
using OrleansTagging.Grains.Clustering;

namespace OrleansTagging.Grains.Tests;

/// <summary>One silo of <see cref="TestSilos"/>.</summary>
internal sealed class TestSilo(IHost host)
{
    private bool _ended;

    public IHost Host => host;

    public bool Lives => !_ended;

    public SiloAddress Address => host.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress;

    /// <summary>Ends without a word to anybody: a stop whose patience is over before it begins.</summary>
    public Task KillAsync() => EndAsync(new CancellationToken(canceled: true));

    public async Task EndAsync(CancellationToken patience)
    {
        if (_ended)
        {
            return;
        }
        _ended = true;
        try
        {
            await host.StopAsync(patience);
        }
        catch (OperationCanceledException)
        {
            // That is what was asked for.
        }
        host.Dispose();
    }
}

/// <summary>Silos on Orleans with localhost clustering. Its twin on the embedded host stands beside it.</summary>
internal sealed class TestSilos : IAsyncDisposable
{
    private readonly string _cluster = Guid.NewGuid().ToString("N");
    private readonly List<TestSilo> _silos = [];
    private IPEndPoint? _primary;

    public IGrainFactory Grains => _silos.First(silo => silo.Lives).Host.Services.GetRequiredService<IGrainFactory>();

    public async Task<TestSilo> AddAsync(Action<ISiloBuilder> configure)
    {
        var port = LoopbackPorts.Free();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(port, LoopbackPorts.Free(), _primary, _cluster, _cluster);
            configure(silo);
        });
        _primary ??= new IPEndPoint(IPAddress.Loopback, port);
        var added = new TestSilo(builder.Build());
        _silos.Add(added);
        await added.Host.StartAsync();
        return added;
    }

    public async Task<SiloAddress?> WhereIsAsync(IAddressable grain) =>
        await Grains.GetGrain<IManagementGrain>(0).GetActivationAddress(grain);

    public async Task KillAsync()
    {
        foreach (var silo in _silos)
        {
            await silo.KillAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos.AsEnumerable().Reverse())
        {
            await silo.EndAsync(CancellationToken.None);
        }
    }
}
