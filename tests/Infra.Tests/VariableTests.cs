using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using OrleansTagging.Silo;
using OrleansTagging.Storage;

namespace OrleansTagging.Infra.Tests;

/// <summary>What the templates set is held against what the silo reads.</summary>
public sealed class VariableTests
{
    // Read by what is beside the silo's code.
    private static readonly Dictionary<string, string> ReadElsewhere = new()
    {
        ["AZURE_CLIENT_ID"] = "Azure.Identity",
        ["AZURE_STORAGE_CONNECTION_STRING"] = "src/Storage",
        ["PATH"] = "the system",
        ["HOME"] = "the system",
        ["DOTNET_NOLOGO"] = ".NET",
        ["DOTNET_EnableDiagnostics"] = ".NET",
        ["NVIDIA_VISIBLE_DEVICES"] = "NVIDIA's container runtime",
        ["NVIDIA_DRIVER_CAPABILITIES"] = "NVIDIA's container runtime",
    };

    private static readonly Lazy<string> Sources = new(() => string.Concat(
        Directory.EnumerateFiles(Repository.Path("src"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText)));

    [Theory]
    [InlineData("cpu")]
    [InlineData("gpu")]
    [InlineData("gpu-nvidia")]
    public void The_silo_reads_all_that_compose_sets_and_has_all_that_it_needs(string service)
    {
        var set = Environments.OfService(Environments.Compose()[service]);
        // Whoever has no GPU at hand checks with a processor in its place.
        Check(set, hasGpu: service == "gpu-nvidia");
    }

    [Fact]
    public void The_console_in_compose_finds_the_cluster_and_its_store()
    {
        var set = Environments.OfService(Environments.Compose()["console"]);
        Assert.Equal(("azure", "azure:tagging"), (set["TAGGING_CONNECT"], set["TAGGING_STORE"]));
        CheckNames(set);
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("gpu")]
    public async Task The_silo_reads_all_that_Bicep_sets_and_has_all_that_it_needs(string service)
    {
        foreach (var app in await Bicep.AppsAsync(service))
        {
            var set = Environments.OfApp(app);
            Check(set, hasGpu: service == "gpu");
            Assert.True(set.ContainsKey("AZURE_CLIENT_ID"), "The identity is not named, and there could be several.");
            Assert.DoesNotContain(
                set.Keys, name => name.Contains("CONNECTION_STRING", StringComparison.Ordinal) || name.EndsWith("Token", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Compose_and_Bicep_set_the_same_but_for_who_one_is()
    {
        var compose = Environments.OfService(Environments.Compose()["cpu"]).Keys.ToHashSet();
        var bicep = Environments.OfApp((await Bicep.AppsAsync("cpu"))[0]).Keys.ToHashSet();
        Assert.Equal(["AZURE_STORAGE_CONNECTION_STRING", "Tagging__HttpToken"], compose.Except(bicep).Order(StringComparer.Ordinal));
        Assert.Equal(
            [
                "AZURE_CLIENT_ID", "AZURE_STORAGE_ACCOUNT", "TAGGING_CONNECT", "TAGGING_STORE", "Tagging__Cluster__Address",
                "Tagging__Cluster__ListenOnAll", "Tagging__Entra__Audience", "Tagging__Entra__Authority", "Tagging__GatewayPort",
                "Tagging__SiloPort",
            ],
            bicep.Except(compose).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Ports_in_the_settings_are_those_of_the_ingress_and_the_probes_and_no_other_app_has_them()
    {
        JsonObject[] apps = [.. await Bicep.AppsAsync("cpu"), .. await Bicep.AppsAsync("gpu", ("gpuSilos", "3"))];
        Assert.Equal(4, apps.Length);
        var taken = new HashSet<string>();
        foreach (var app in apps)
        {
            var set = Environments.OfApp(app);
            var ingress = app["properties"]!["configuration"]!["ingress"]!;
            var http = new Uri(set["Tagging__HttpUrl"]).Port.ToString();
            JsonNode[] mapped = [ingress, .. ingress["additionalPortMappings"]!.AsArray().Select(mapping => mapping!)];
            var ports = mapped.Select(mapping => $"{mapping["targetPort"]}").ToArray();
            Assert.Contains(set["Tagging__SiloPort"], ports);
            Assert.Contains(set["Tagging__GatewayPort"], ports);
            Assert.Equal(set["Tagging__Role"] == "cpu", ports.Contains(http));
            foreach (var mapping in mapped.Where(mapping => $"{mapping["targetPort"]}" != http))
            {
                // The silo tells others its own port, so that the outer one must be the same; the Internet reaches none of these.
                Assert.Equal($"{mapping["targetPort"]}", $"{mapping["exposedPort"]}");
                Assert.False((bool)mapping["external"]!);
                Assert.True(taken.Add($"{mapping["exposedPort"]}"), $"{mapping["exposedPort"]} is given twice.");
            }
            var container = Environments.Container(app);
            foreach (var probe in container["probes"]!.AsArray())
            {
                Assert.Equal(probe!["httpGet"] is null ? set["Tagging__SiloPort"] : http, $"{(probe["httpGet"] ?? probe["tcpSocket"])!["port"]}");
            }
            // What it writes lies on volumes; its own name is its address.
            string[] mounts = [.. container["volumeMounts"]!.AsArray().Select(mount => (string)mount!["mountPath"]!)];
            Assert.Contains(set["TAGGING_CACHE"], mounts);
            Assert.Contains("/tmp", mounts);
            Assert.Equal((string)app["name"]!, set["Tagging__Cluster__Address"]);
            var scale = app["properties"]!["template"]!["scale"]!;
            Assert.Equal((set["Tagging__Role"] == "cpu" ? 1 : 0, 1), ((int)scale["minReplicas"]!, (int)scale["maxReplicas"]!));
        }
    }

    [Fact]
    public async Task Each_silo_that_trains_is_scaled_by_the_jobs_that_are_left_for_it()
    {
        var apps = await Bicep.AppsAsync("gpu", ("gpuSilos", "2"));
        for (var number = 0; number < apps.Length; number++)
        {
            var rule = Assert.Single(apps[number]["properties"]!["template"]!["scale"]!["rules"]!.AsArray())!["custom"]!;
            Assert.Equal("metrics-api", (string)rule["type"]!);
            var set = Environments.OfApp(apps[number]);
            // The environment's domain is Azure's to say; so the address is still a formula.
            Assert.Matches(
                $@"^\[format\('https://cpu\.\{{0\}}/health/queue\?accelerator=cuda&beyond=\{{1\}}&siloPort=\{{2\}}', .*, {number}, {set["Tagging__SiloPort"]}\)\]$",
                (string)rule["metadata"]!["url"]!);
            Assert.Equal("jobs", (string)rule["metadata"]!["valueLocation"]!);
        }
    }

    private static void Check(Dictionary<string, string> set, bool hasGpu)
    {
        CheckNames(set);
        if (hasGpu)
        {
            set["Tagging__CudaDevices__0"] = "0";
        }
        // Elsewhere a name of a container would not resolve.
        set.Remove("Tagging__Cluster__Address");
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(
            set.Select(variable => KeyValuePair.Create(variable.Key.Replace("__", ":", StringComparison.Ordinal), (string?)variable.Value))).Build();
        var (settings, faults) = SiloSettings.Read(configuration);
        Assert.Empty(faults);
        // What it needs in this topology: a store that all share, which has the cluster's tables, and a way for others to be let in.
        Assert.Equal("azure:tagging", settings.Store);
        Assert.True(settings.Cluster.Enabled);
        Assert.True(settings.IsHttpProtected);
        Assert.True(settings.Role is "cpu" or "gpu");
        Assert.Equal(("tagging", "tagging"), (settings.Cluster.Id, settings.Cluster.ServiceId));
        Assert.True(set.ContainsKey("AZURE_STORAGE_ACCOUNT") != set.ContainsKey("AZURE_STORAGE_CONNECTION_STRING"));
        Assert.Matches("^[0-9]+[MGT]$", set["TAGGING_CACHE_SIZE"]);
    }

    private static void CheckNames(Dictionary<string, string> set)
    {
        foreach (var name in set.Keys.Where(name => !name.StartsWith("Tagging__", StringComparison.Ordinal)))
        {
            Assert.True(
                ReadElsewhere.ContainsKey(name) || Sources.Value.Contains($"\"{name}\"", StringComparison.Ordinal),
                $"{name} is set, but nothing reads it.");
        }
    }

    [Fact]
    public void The_store_in_compose_is_Azurites()
    {
        var set = Environments.OfService(Environments.Compose()["cpu"]);
        Environment.SetEnvironmentVariable("AZURE_STORAGE_CONNECTION_STRING", set["AZURE_STORAGE_CONNECTION_STRING"]);
        using var folder = new OrleansTagging.Commands.Tests.TemporaryFolder();
        Environment.SetEnvironmentVariable("TAGGING_CACHE", folder.Root);
        var store = Store.Open(set["Tagging__Store"]);
        Assert.False(store.IsFolder);
        Assert.Contains("devstoreaccount1-tagging", store.Root, StringComparison.Ordinal);
        Assert.Equal(new Uri("http://azurite:10002/devstoreaccount1"), store.Tables?.Uri);
    }
}
