using System.Net;
using System.Net.Sockets;
using OrleansTagging.Commands;
using OrleansTagging.Commands.Tests;
using OrleansTagging.EndToEnd.Tests;
using OrleansTagging.Grains.Clustering;
using OrleansTagging.Storage;

namespace OrleansTagging.Cluster.Tests;

/// <summary>A console that finds a cluster by the tables of the store's account, or says in a line why it does not.</summary>
public sealed class ConnectTests
{
    private static readonly TimeSpan _soon = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task A_console_finds_a_cluster_by_its_store_alone_and_says_in_a_line_what_is_missing()
    {
        await using var cluster = (await TestCluster.CreateAsync()).Scripted();
        var silo = cluster.StartCpuRole();
        await silo.ReadyAsync();
        cluster.OfConsole["Tagging__Cluster__Id"] = "tests";
        cluster.OfConsole["Tagging__Cluster__ServiceId"] = "tests";
        string[] ask = ["inspect", "scheduler", "--connect", "azure"];

        var (code, answer, error) = await TaggingProcess.RunAsync(cluster.Root, cluster.OfConsole, [.. ask, "--json"]);
        Assert.True(code == ExitCode.Success, error);
        Assert.Contains($"127.0.0.1:{silo.SiloPort}@", answer, StringComparison.Ordinal);

        Directory.CreateDirectory(Path.Combine(cluster.Root, "folder"));
        await RefusedAsync(
            cluster, "the store folder has no tables; name the cluster's store: --store azure:CONTAINER.", [.. ask, "--store", "folder"]);
        await silo.StopAsync();
        await RefusedAsync(cluster, "--connect azure: no silo of the cluster 'tests' answers; start it, or correct", ask);
        await cluster.Azurite.StopAsync();
        await RefusedAsync(cluster, "The tables of the store's account, http://127.0.0.1:", ask);
    }

    [Fact]
    public async Task Tables_that_take_a_question_and_never_answer_are_given_up_in_time()
    {
        // Connections are made, and wait to be accepted.
        using var mute = new TcpListener(IPAddress.Loopback, LoopbackPorts.Free());
        mute.Start();

        var said = await ClusterHosting.ProbeAsync(Open($"http://{mute.LocalEndpoint}/devstoreaccount1", AzuriteProcess.Key), _soon);

        Assert.Contains("cannot be used (no answer within 2 s); ", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_account_that_refuses_the_key_is_not_asked_again()
    {
        await using var cluster = await TestCluster.CreateAsync();
        var account = cluster.Store.Tables!.Uri.ToString();

        var said = await ClusterHosting.ProbeAsync(Open(account, "c2VjcmV0"), TimeSpan.FromMinutes(10));

        Assert.StartsWith($"The tables of the store's account, {account}, cannot be used (", said, StringComparison.Ordinal);
        Assert.Single(said!.Split('\n'));
        Assert.Null(await ClusterHosting.ProbeAsync(cluster.Store, _soon));
    }

    private static async Task RefusedAsync(TestCluster cluster, string line, params string[] arguments)
    {
        var (code, _, error) = await TaggingProcess.RunAsync(cluster.Root, cluster.OfConsole, arguments);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains(line, error, StringComparison.Ordinal);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static Store Open(string account, string key) => Store.Open(
        "azure:tagging",
        $"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={key};BlobEndpoint={account};TableEndpoint={account};",
        Path.GetTempPath());
}
