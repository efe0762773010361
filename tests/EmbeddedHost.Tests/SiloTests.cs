using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;
using Orleans.Hosting;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace OrleansTagging.EmbeddedHost.Tests;

public sealed class SiloTests
{
    [Fact]
    public async Task A_filter_keeps_grains_on_the_silos_that_have_what_they_need()
    {
        await using var cluster = new EmbeddedCluster();
        await cluster.AddSiloAsync(new Dictionary<string, string> { ["accelerator"] = "cpu" }, WithFilter);
        var refused = await Assert.ThrowsAsync<OrleansException>(() => cluster.Client.GetGrain<IAcceleratedGrain>("none").Where());
        Assert.Contains("No active nodes are compatible", refused.Message, StringComparison.Ordinal);

        var cuda = await cluster.AddSiloAsync(new Dictionary<string, string> { ["accelerator"] = "cuda" }, WithFilter);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(cuda.Address, await cluster.Client.GetGrain<IAcceleratedGrain>($"{i}").Where());
        }
    }

    [Fact]
    public async Task A_hint_names_the_silo()
    {
        await using var cluster = await Clusters.StartAsync(silos: 4);
        for (var i = 0; i < 20; i++)
        {
            var wanted = cluster.Silos[i % 4];
            RequestContext.Set(IPlacementDirector.PlacementHintKey, wanted);
            Assert.Equal(wanted.ToString(), await cluster.Client.GetGrain<ICounterGrain>($"{i}").Silo());
        }

        RequestContext.Clear();
    }

    [Fact]
    public async Task A_grain_that_prefers_its_caller_is_placed_beside_it()
    {
        await using var cluster = await Clusters.StartAsync(silos: 3);
        foreach (var address in cluster.Silos)
        {
            var silo = cluster.SiloAt(address);
            Assert.Equal(address, await silo.GrainFactory.GetGrain<ILocalGrain>($"first {address}").Where());
            Assert.Equal(address, await silo.GrainFactory.GetGrain<ILocalGrain>($"first {address}").WhereIs($"second {address}"));
        }
    }

    [Fact]
    public async Task A_grain_has_one_activation_however_many_silos_call_it()
    {
        await using var cluster = await Clusters.StartAsync(silos: 3);
        var silos = cluster.Silos.Select(cluster.SiloAt).ToList();
        var counts = await Task.WhenAll(Enumerable.Range(0, 300).Select(
            i => Task.Run(() => silos[i % 3].GrainFactory.GetGrain<ICounterGrain>("one").Increment())));
        Assert.Equal(Enumerable.Range(1, 300), counts.Order());
    }

    [Fact]
    public async Task Calls_to_a_killed_silo_fail_and_its_grains_start_anew_elsewhere()
    {
        await using var cluster = await Clusters.StartAsync(silos: 2);
        var gate = cluster.Client.GetGrain<IGateGrain>("a");
        var waiting = gate.Wait();
        await Clusters.Until(() => cluster.WhereIs(gate) is not null);
        var silo = cluster.SiloAt(cluster.WhereIs(gate)!);
        var journal = silo.Services.GetRequiredService<Journal>();
        await Clusters.Until(() => journal.Lines.Count == 1);
        await silo.KillAsync();
        await Assert.ThrowsAsync<SiloUnavailableException>(() => waiting);
        await gate.Quick();
        Assert.Equal(["wait"], journal.Lines);
        Assert.Single(cluster.Silos);
        await Assert.ThrowsAsync<SiloUnavailableException>(() => silo.GrainFactory.GetGrain<ICounterGrain>("x").Increment());
    }

    [Fact]
    public async Task A_killed_silo_says_nothing_to_its_grains()
    {
        await using var cluster = await Clusters.StartAsync();
        await cluster.Client.GetGrain<IAlarmGrain>("b").Reminders();
        var journal = cluster.ServicesOf(0).GetRequiredService<Journal>();
        await cluster.SiloAt(cluster.Silos[0]).KillAsync();
        Assert.Equal(["activate"], journal.Lines);
    }

    [Fact]
    public async Task Filters_see_calls_with_arguments_and_may_change_results()
    {
        var seen = new Journal();
        await using var cluster = await Clusters.StartAsync(silo =>
        {
            silo.AddIncomingGrainCallFilter(async context =>
            {
                seen.Add($"in {context.MethodName} {context.TargetId} {context.Request.GetArgumentCount()} "
                    + $"{context.ImplementationMethod.DeclaringType!.Name}");
                await context.Invoke();
                if (context.Result is int number)
                {
                    context.Result = number + 1000;
                }
            });
            silo.AddOutgoingGrainCallFilter(async context =>
            {
                seen.Add($"out {context.MethodName} {context.SourceId}");
                await context.Invoke();
            });
        });
        var parcels = cluster.Client.GetGrain<IParcelGrain>("c");
        Assert.Equal(2001, await parcels.Call(cluster.Client.GetGrain<ICounterGrain>("c")));
        Assert.Equal(
            ["in Call parcel/c 1 ParcelGrain", "out Increment parcel/c", "in Increment counter/c 0 CounterGrain"], seen.Lines);
    }

    [Fact]
    public async Task Values_of_the_caller_travel_with_calls_and_not_back()
    {
        await using var cluster = await Clusters.StartAsync(silos: 2);
        RequestContext.Set("user", "ada");
        var first = cluster.Client.GetGrain<IContextGrain>("first");
        Assert.Equal("ada", await first.Get("user"));
        Assert.Equal("ada", await first.GetThrough("user", cluster.Client.GetGrain<IContextGrain>("second")));
        RequestContext.Clear();
        Assert.Null(await first.Get("user"));
    }

    [Fact]
    public async Task Services_of_the_host_may_call_grains_as_they_start()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        var started = new List<string>();
        builder.UseOrleans(silo => silo
            .UseLocalhostClustering(siloPort: 12345)
            .AddStartupTask(async (services, _) =>
                started.Add($"task {await services.GetRequiredService<IGrainFactory>().GetGrain<ICounterGrain>("d").Increment()}")));
        builder.Services.AddHostedService(sp => new Caller(sp.GetRequiredService<IClusterClient>(), started));
        using var host = builder.Build();
        await host.StartAsync();
        Assert.Equal(["task 1", "service 2"], started);
        Assert.Equal(12345, host.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress.Endpoint.Port);
        await host.StopAsync();
    }

    [Fact]
    public async Task A_client_in_a_host_of_its_own_reaches_the_cluster()
    {
        await using var cluster = await Clusters.StartAsync();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleansClient(client => client.UseEmbeddedCluster(cluster));
        using var host = builder.Build();
        await host.StartAsync();
        Assert.Equal(1, await host.Services.GetRequiredService<IClusterClient>().GetGrain<ICounterGrain>("e").Increment());
        await host.StopAsync();
    }

    [Fact]
    public async Task A_deactivated_grain_starts_anew_with_the_next_call()
    {
        await using var cluster = await Clusters.StartAsync();
        var counter = cluster.Client.GetGrain<ICounterGrain>("f");
        await counter.Increment();
        await counter.Deactivate();
        Assert.Equal(1, await counter.Increment());
    }

    private static void WithFilter(ISiloBuilder silo) =>
        silo.Services.AddPlacementFilter<AcceleratorPlacementFilter, AcceleratorPlacementFilterDirector>(ServiceLifetime.Singleton);

    private sealed class Caller(IClusterClient client, List<string> started) : BackgroundService
    {
        public override async Task StartAsync(CancellationToken cancellationToken)
        {
            started.Add($"service {await client.GetGrain<ICounterGrain>("d").Increment()}");
            await base.StartAsync(cancellationToken);
        }

        protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.CompletedTask;
    }
}
