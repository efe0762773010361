using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Runtime.Messaging;
using Orleans.Serialization;
using OrleansTagging.Grains.Clustering;

namespace OrleansTagging.EmbeddedHost.Tests;

public sealed class GatewayTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-").FullName;
    private readonly int _port = LoopbackPorts.Free();

    private string TokenPath => Path.Combine(_folder, "host.token");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_client_calls_grains_through_the_gateway_with_all_that_calls_carry()
    {
        await using var cluster = await ServeAsync();
        using var host = await ConnectAsync();
        var client = host.Services.GetRequiredService<IClusterClient>();
        var parcels = client.GetGrain<IParcelGrain>("a");
        var parcel = CopyTests.Sample();
        parcel.Twin = parcel;
        parcel.Inner["again"] = parcel.Inner["inner"];
        var echo = await parcels.Echo(parcel);
        Assert.NotSame(parcel, echo);
        Assert.Same(echo, echo.Twin);
        Assert.Same(echo.Inner["inner"], echo.Inner["again"]);
        Assert.Equal([1, 2], echo.Weights);
        Assert.Equal(["x", "y"], echo.Tags);
        Assert.Equal(new[] { 0.5, 0.25 }, echo.Scores);
        Assert.Equal(DateTimeOffset.UnixEpoch, echo.At);
        Assert.Equal([3], echo.Inner["inner"].Weights);

        // A reference that is passed calls back into the silo.
        Assert.Equal(1, await parcels.Call(client.GetGrain<ICounterGrain>("a")));
        Assert.Equal(2, await client.GetGrain<ICounterGrain>("a").Increment());
        RequestContext.Set("user", "ada");
        Assert.Equal("ada", await client.GetGrain<IContextGrain>("first").GetThrough("user", client.GetGrain<IContextGrain>("second")));
        RequestContext.Clear();
        await host.StopAsync();
    }

    [Fact]
    public async Task Exceptions_come_back_with_type_and_message_and_what_cannot_travel_is_refused()
    {
        await using var cluster = await ServeAsync();
        using var host = await ConnectAsync();
        var client = host.Services.GetRequiredService<IClusterClient>();
        var fault = await Assert.ThrowsAsync<InvalidDataException>(() => client.GetGrain<ICounterGrain>("b").Fail("no good"));
        Assert.Equal("no good", fault.Message);
        Assert.Contains("CounterGrain", fault.StackTrace, StringComparison.Ordinal);
        await Assert.ThrowsAsync<CodecNotFoundException>(() => client.GetGrain<IParcelGrain>("b").Take(new StringWriter()));
        await host.StopAsync();
    }

    [Fact]
    public async Task A_client_waits_no_longer_than_its_time_and_its_cancellation_reaches_the_grain()
    {
        await using var cluster = await ServeAsync();
        using var host = await ConnectAsync(
            client => client.Configure<ClientMessagingOptions>(options => options.ResponseTimeout = TimeSpan.FromSeconds(1)));
        var gate = host.Services.GetRequiredService<IClusterClient>().GetGrain<IGateGrain>("c");
        await Assert.ThrowsAsync<TimeoutException>(() => gate.Wait());

        var other = host.Services.GetRequiredService<IClusterClient>().GetGrain<IGateGrain>("d");
        var journal = cluster.ServicesOf(0).GetRequiredService<Journal>();
        using var cancellation = new CancellationTokenSource();
        var waiting = other.WaitCancellable(cancellation.Token);
        await Clusters.Until(() => cluster.WhereIs(other) is not null);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await Clusters.Until(() => journal.Lines.Contains("cancelled"));
        await host.StopAsync();
    }

    [Fact]
    public async Task A_client_outlives_a_silo_and_goes_on_with_the_next()
    {
        var first = await ServeAsync();
        using var host = await ConnectAsync();
        var client = host.Services.GetRequiredService<IClusterClient>();
        var gate = client.GetGrain<IGateGrain>("e");
        var waiting = gate.Wait();
        await Clusters.Until(() => first.WhereIs(gate) is not null);
        await first.SiloAt(first.Silos[0]).KillAsync();
        await Assert.ThrowsAsync<SiloUnavailableException>(() => waiting);
        await first.DisposeAsync();

        // It is asked while nobody answers, and waits for the next silo.
        var early = client.GetGrain<ICounterGrain>("e").Increment();
        await using var second = await ServeAsync();
        Assert.Equal(1, await early);
        await host.StopAsync();
    }

    [Fact]
    public async Task The_token_is_its_owners_and_who_does_not_know_it_is_refused()
    {
        await using var cluster = await ServeAsync();
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(TokenPath));
        }

        var known = await File.ReadAllTextAsync(TokenPath);
        await File.WriteAllTextAsync(TokenPath, new string('0', known.Length));
        var refused = await Assert.ThrowsAsync<ConnectionFailedException>(() => ConnectAsync());
        Assert.Contains("another token", refused.Message, StringComparison.Ordinal);
        await File.WriteAllTextAsync(TokenPath, known);
        refused = await Assert.ThrowsAsync<ConnectionFailedException>(() => ConnectAsync(clusterId: "other"));
        Assert.Contains("'dev'", refused.Message, StringComparison.Ordinal);
        File.Delete(TokenPath);
        await Assert.ThrowsAsync<ConnectionFailedException>(() => ConnectAsync());
    }

    [Fact]
    public async Task Whoever_writes_rubbish_is_let_go_and_harms_nobody()
    {
        await using var cluster = await ServeAsync();
        using (var rubbish = new TcpClient())
        {
            await rubbish.ConnectAsync(IPAddress.Loopback, _port);
            await rubbish.GetStream().WriteAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());
            // The silo greets and closes.
            using var read = new MemoryStream();
            await rubbish.GetStream().CopyToAsync(read).WaitAsync(TimeSpan.FromSeconds(10));
        }

        using var host = await ConnectAsync();
        Assert.Equal(1, await host.Services.GetRequiredService<IClusterClient>().GetGrain<ICounterGrain>("f").Increment());
        await host.StopAsync();
    }

    [Fact]
    public async Task No_silo_and_no_loopback_are_told_as_the_client_starts()
    {
        var nobody = await Assert.ThrowsAsync<ConnectionFailedException>(async () =>
        {
            await File.WriteAllTextAsync(TokenPath, new string('0', 64));
            using var host = await ConnectAsync();
        });
        Assert.Contains($"127.0.0.1:{_port}", nobody.Message, StringComparison.Ordinal);
        var distant = await Assert.ThrowsAsync<OrleansConfigurationException>(
            () => ConnectAsync(client => client.UseStaticClustering(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 1))));
        Assert.Contains("192.0.2.1", distant.Message, StringComparison.Ordinal);
    }

    private async Task<EmbeddedCluster> ServeAsync() => await Clusters.StartAsync(silo =>
    {
        silo.UseLocalhostClustering(gatewayPort: _port);
        silo.UseLoopbackGateway(TokenPath);
    });

    private async Task<IHost> ConnectAsync(Action<IClientBuilder>? configure = null, string clusterId = "dev")
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleansClient(client =>
        {
            client.UseLocalhostClustering(_port, clusterId: clusterId);
            client.UseLoopbackGateway(TokenPath);
            configure?.Invoke(client);
        });
        var host = builder.Build();
        try
        {
            await host.StartAsync();
            return host;
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }
}
