using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.TestingHost;

namespace OrleansTagging.Grains.Tests;

/// <summary>One silo of <see cref="TestSilos"/>.</summary>
internal sealed class TestSilo(InProcessTestCluster cluster, InProcessSiloHandle handle)
{
    public IGrainFactory Grains => handle.ServiceProvider.GetRequiredService<IGrainFactory>();

    public bool Lives => handle.IsActive;

    public SiloAddress Address => handle.SiloAddress;

    /// <summary>Ends without a word to anybody.</summary>
    public async Task KillAsync()
    {
        try
        {
            await cluster.KillSiloAsync(handle);
        }
        catch (OperationCanceledException)
        {
            // A kill is a stop whose patience is over before it begins.
        }
    }

    /// <summary>Ends as a silo does that is told to stop.</summary>
    public Task StopAsync() => cluster.StopSiloAsync(handle);
}

/// <summary>
/// Silos of one cluster on Orleans' own test host, each with a configuration of its own. Calls are made from a living silo, so that the
/// death of another leaves no client to reconnect.
/// </summary>
internal sealed class TestSilos : IAsyncDisposable
{
    private readonly InProcessTestCluster _cluster;
    private readonly List<TestSilo> _silos = [];
    private Action<ISiloBuilder>? _configure;

    public TestSilos()
    {
        var builder = new InProcessTestClusterBuilder(0);
        builder.Options.InitializeClientOnDeploy = false;
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSilo((_, silo) => _configure!(silo));
        _cluster = builder.Build();
    }

    public IGrainFactory Grains => _silos.First(silo => silo.Lives).Grains;

    /// <summary>Starts a silo; one is started after the other.</summary>
    public async Task<TestSilo> AddAsync(Action<ISiloBuilder> configure)
    {
        _configure = configure;
        var added = new TestSilo(_cluster, await _cluster.StartAdditionalSiloAsync());
        _silos.Add(added);
        return added;
    }

    public async Task<SiloAddress?> WhereIsAsync(IAddressable grain) =>
        await Grains.GetGrain<IManagementGrain>(0).GetActivationAddress(grain);

    /// <summary>Kills all of them at once, as the end of their host would.</summary>
    public Task KillAsync() => Task.WhenAll(_silos.Where(silo => silo.Lives).Select(silo => silo.KillAsync()));

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos.AsEnumerable().Reverse().Where(silo => silo.Lives))
        {
            await silo.StopAsync();
        }
        await _cluster.DisposeAsync();
    }
}
