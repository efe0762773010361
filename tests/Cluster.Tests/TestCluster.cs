using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;
using OrleansTagging.Abstractions;
using OrleansTagging.Commands.Tests;
using OrleansTagging.EndToEnd.Tests;
using OrleansTagging.Grains.Clustering;
using OrleansTagging.Silo.Tests;
using OrleansTagging.Storage;

namespace OrleansTagging.Cluster.Tests;

/// <summary>Azurite and silos on it, each a process; and a client in this one.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    // Far beyond what a loaded machine needs; it only ends a wait that would never end.
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(4);

    // A question that a silo took down with it is asked again.
    private static readonly TimeSpan _answered = TimeSpan.FromSeconds(3);
    private static readonly JsonSerializerOptions _indented = new() { WriteIndented = true };

    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _environment;
    private readonly List<SiloProcess> _silos = [];
    private readonly AzuriteProcess? _azurite;
    private IHost? _client;

    private TestCluster(bool isAlone)
    {
        Settings = new ClusterSettings { Enabled = !isAlone, Id = "tests", ServiceId = "tests" };
        _azurite = isAlone ? null : new AzuriteProcess(LoopbackPorts.Free(), Path.Combine(Root, "azurite"));
        var (location, cache) = (isAlone ? Path.Combine(Root, "store") : "azure:tagging", Path.Combine(Root, "cache"));
        Store = Store.Open(location, _azurite?.Connection, cache);
        OfConsole = new()
        {
            ["TAGGING_STORE"] = location,
            ["TAGGING_CACHE"] = cache,
            ["AZURE_STORAGE_CONNECTION_STRING"] = _azurite?.Connection ?? "",
        };
        _environment = new(OfConsole)
        {
            ["Tagging__Store"] = location,
            ["Tagging__Cluster__Enabled"] = $"{Settings.Enabled}",
            ["Tagging__Cluster__Id"] = "tests",
            ["Tagging__Cluster__ServiceId"] = "tests",
            ["Tagging__Cluster__Address"] = "127.0.0.1",
            ["Tagging__Cluster__ProbeTimeout"] = "00:00:01",
            ["Tagging__Heartbeat"] = "00:00:01",
            ["Tagging__Silence"] = "00:00:06",
        };
    }

    /// <summary>The folder that holds everything of this cluster.</summary>
    public string Root => _folder.Root;

    /// <summary>The store, as this process has it.</summary>
    public Store Store { get; }

    /// <summary>The service of blobs and tables.</summary>
    public AzuriteProcess Azurite => _azurite ?? throw new InvalidOperationException("A silo alone has no server.");

    /// <summary>The environment of a console that is to use the store.</summary>
    public Dictionary<string, string> OfConsole { get; }

    public ClusterSettings Settings { get; }

    public IGrainFactory Grains => _client!.Services.GetRequiredService<IGrainFactory>();

    /// <summary>What all silos wrote.</summary>
    public string Log => string.Join('\n', _silos.Select(silo => silo.Log));

    public static string ScriptedTrainer
    {
        get
        {
            var own = new DirectoryInfo(AppContext.BaseDirectory);
            return Path.Combine(own.Parent!.Parent!.FullName, "ScriptedTrainer", own.Name, "OrleansTagging.ScriptedTrainer.dll");
        }
    }

    private string ScriptFolder => Path.Combine(Root, "script");

    /// <summary>A cluster without silos.</summary>
    public static async Task<TestCluster> CreateAsync()
    {
        var cluster = new TestCluster(isAlone: false);
        await cluster.Azurite.StartAsync();
        return cluster;
    }

    /// <summary>No cluster: what is started stands alone, on a folder.</summary>
    public static TestCluster Alone() => new(isAlone: true);

    /// <summary>Has every silo run the scripted Trainer.</summary>
    public TestCluster Scripted()
    {
        Directory.CreateDirectory(ScriptFolder);
        _environment["Tagging__TrainerPath"] = ScriptedTrainer;
        _environment["SCRIPT_FOLDER"] = ScriptFolder;
        return this;
    }

    /// <summary>Adds a setting to those of every silo.</summary>
    public TestCluster With(string name, string value)
    {
        _environment[name] = value;
        return this;
    }

    /// <summary>Starts a silo that trains nothing.</summary>
    public SiloProcess StartCpuRole() => StartSilo("cpu");

    /// <summary>Starts a silo that trains, on the CPU.</summary>
    public SiloProcess StartGpuRole(int slots = 1) => StartSilo("gpu", ("Tagging__CpuSlots", $"{slots}"));

    /// <summary>Starts a silo that knows nothing of certificates.</summary>
    public SiloProcess StartWithoutTls() => StartSilo(
        "gpu", [.. new[] { "Certificate", "Key", "Password", "Authority" }.Select(name => ($"Tagging__Cluster__Tls__{name}", ""))]);

    /// <summary>Connects the client: through the members' table, or through the gateways that are named.</summary>
    public async Task ConnectAsync(params IPEndPoint[] gateways) =>
        _client = await ClientAsync(gateways, TimeSpan.FromMinutes(1));

    public async Task<IHost> ClientAsync(IPEndPoint[] gateways, TimeSpan patience)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleansClient(client => client.UseCluster(Settings, Store, gateways, patience));
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

    public Task<SchedulerRecord> SchedulerAsync() => Grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key).Describe();

    public async Task<string> SubmitAsync(string yaml)
    {
        var name = yaml.Split('\n').First(line => line.StartsWith("name: ", StringComparison.Ordinal))["name: ".Length..].Trim();
        var answer = await Grains.GetGrain<IExperimentGrain>(name).Submit(yaml, $"{name}.yaml");
        Assert.Null(answer.Problem);
        return name;
    }

    /// <summary>Waits until something holds; what is asked may fail while silos come and go.</summary>
    public async Task<T> UntilAsync<T>(string what, Func<Task<T>> ask, Func<T, bool> holds)
    {
        var watch = Stopwatch.StartNew();
        object? last = null;
        while (watch.Elapsed < _patience)
        {
            try
            {
                var answer = await ask().WaitAsync(_answered);
                if (holds(answer))
                {
                    return answer;
                }
                last = answer;
            }
            catch (Exception fault) when (fault is not Xunit.Sdk.IAssertionException)
            {
                last = fault.Message;
            }
            await Task.Delay(100);
        }
        throw new InvalidOperationException($"Not within {_patience}: {what}; the last answer was {Told(last)}. {Log}");
    }

    /// <summary>Waits for the experiment's end and reads its report.</summary>
    public async Task<byte[]> ReportAsync(string experiment)
    {
        var end = await UntilAsync(
            $"{experiment} ends", () => Grains.GetGrain<IExperimentGrain>(experiment).GetProgress(),
            progress => progress.Status is not ExperimentStatus.Running);
        Assert.True(end.Status == ExperimentStatus.Done, $"{end.Status} {end.Problem} {Log}");
        return await Store.Artifacts.ReadAsync(end.Report!);
    }

    /// <summary>Tells the scripted Trainer what to do.</summary>
    public void Script(params string[] lines) => File.WriteAllLines(Path.Combine(ScriptFolder, "script.txt"), lines);

    /// <summary>The scripted Trainers started so far: job, process, kind.</summary>
    public string[][] TrainerLog() =>
        [.. File.ReadAllLines(Path.Combine(ScriptFolder, "trainer.log")).Select(line => line.Split(' '))];

    public async ValueTask DisposeAsync()
    {
        // Silos before the client: what is still at work is of no more use.
        _silos.ForEach(silo => silo.Dispose());
        if (_client is not null)
        {
            using var atOnce = new CancellationTokenSource();
            await atOnce.CancelAsync();
            await _client.StopAsync(atOnce.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _client.Dispose();
        }
        _azurite?.Dispose();
        try
        {
            _folder.Dispose();
        }
        catch (IOException)
        {
            // A Trainer on its way out may still write its log.
        }
    }

    private static string Told(object? answer) => answer is null or string ? $"{answer}" : JsonSerializer.Serialize(answer, _indented);

    private SiloProcess StartSilo(string role, params (string Name, string Value)[] more)
    {
        var environment = new Dictionary<string, string>(_environment) { ["Tagging__Role"] = role };
        foreach (var (name, value) in more)
        {
            environment[name] = value;
        }
        var silo = new SiloProcess(environment);
        _silos.Add(silo);
        silo.Start();
        return silo;
    }
}
