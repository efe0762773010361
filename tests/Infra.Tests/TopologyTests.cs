using System.Diagnostics;
using System.Text.Json.Nodes;
using OrleansTagging.Commands.Tests;
using OrleansTagging.EndToEnd.Tests;
using OrleansTagging.Grains.Clustering;
using OrleansTagging.Silo.Tests;

namespace OrleansTagging.Infra.Tests;

/// <summary>The topology that Bicep describes, as processes; minutes long, and run by <c>eng/check-topology.sh</c>.</summary>
public sealed class TopologyTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan Polling = TimeSpan.FromSeconds(0.5);
    // As Container Apps' cool-down, shorter.
    private static readonly TimeSpan CoolDown = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(10);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact(Explicit = true)]
    public async Task Scaled_to_two_silos_that_train_and_back_to_none_the_report_is_that_of_a_single_silo()
    {
        var given = Environment.GetEnvironmentVariable("TOPOLOGY_EXPERIMENT") is { Length: > 0 } named ? named : null;
        var experiment = given ?? Path.Combine(AppContext.BaseDirectory, "experiments", "brief.yaml");
        JsonObject[] described = [.. await Bicep.AppsAsync("cpu"), .. await Bicep.AppsAsync("gpu", ("gpuSilos", "2"))];
        using var azurite = new AzuriteProcess(LoopbackPorts.Free(), _folder["azurite"]);
        await azurite.StartAsync();

        await SucceedAsync(null, "dataset", "synth", "--out", "dataset", "--seed", "3", "--scale", given is null ? "0.1" : "5");
        await SucceedAsync(null, "dataset", "import", "dataset", "--name", "synthetic", "--store", "alone");
        await SucceedAsync(null, "run", experiment, "--store", "alone", "--out", "alone-out");
        Tell("a single silo has its report");

        // As the console beside the silo has them, by the image and the app.
        var console = Here(described[0], azurite);
        App[] apps = [.. described.Select(app => new App((string)app["name"]!, new SiloProcess(Here(app, azurite))))];
        try
        {
            await RunAsync(apps[0], apps[1..], console, experiment);
        }
        finally
        {
            Array.ForEach(apps, app => app.Silo.Dispose());
        }
        Assert.Equal(await File.ReadAllBytesAsync(_folder["alone-out/report.json"]), await File.ReadAllBytesAsync(_folder["cloud-out/report.json"]));
        Tell("the same report.json, byte for byte");
    }

    private async Task RunAsync(App cpu, App[] gpus, Dictionary<string, string> console, string experiment)
    {
        var watch = Stopwatch.StartNew();
        cpu.Silo.Start();
        await cpu.Silo.ReadyAsync();
        await SucceedAsync(console, "dataset", "import", "dataset", "--name", "synthetic");
        Assert.Equal(0, await JobsAsync(cpu, "accelerator=cpu&beyond=0"));
        using var run = TaggingProcess.Start(_folder.Root, console, "run", experiment, "--out", "cloud-out");

        var idle = gpus.ToDictionary(app => app, _ => Stopwatch.StartNew());
        var (most, timesUp, forced, ended) = (0, 0, false, run.EndAsync());
        while (!ended.IsCompleted || gpus.Any(app => app.Silo.Lives))
        {
            Assert.True(watch.Elapsed < Patience, string.Join('\n', [.. gpus.Prepend(cpu).Select(app => $"{app.Name}:\n{app.Silo.Log}"), run.Error]));
            for (var number = 0; number < gpus.Length; number++)
            {
                var app = gpus[number];
                // The rule of infra/gpu.bicep, for the accelerator that there is here.
                if (await JobsAsync(cpu, $"accelerator=cpu&beyond={number}&siloPort={app.Silo.SiloPort}") is not { } jobs)
                {
                    continue;
                }
                if (jobs > 0)
                {
                    idle[app].Restart();
                }
                if (jobs > 0 && !app.Silo.Lives)
                {
                    app.Silo.Start();
                    timesUp++;
                    Tell($"{watch.Elapsed.TotalSeconds:0} s: {jobs} jobs, {app.Name} comes up");
                }
                else if (jobs == 0 && app.Silo.Lives && idle[app].Elapsed > CoolDown)
                {
                    await StopAsync(app);
                    Tell($"{watch.Elapsed.TotalSeconds:0} s: no jobs for it, {app.Name} has gone");
                }
            }
            most = Math.Max(most, gpus.Count(app => app.Silo.Lives));
            if (!forced && !ended.IsCompleted && await AllAtWorkAsync(cpu, gpus))
            {
                // To none while both are at work: their jobs wait, and go on from their checkpoints.
                forced = true;
                await Task.WhenAll(gpus.Select(StopAsync));
                Assert.True(await JobsAsync(cpu, "accelerator=cpu") > 0);
                Tell($"{watch.Elapsed.TotalSeconds:0} s: both taken away at work, their jobs wait");
            }
            await Task.Delay(Polling);
        }
        Assert.True(await ended == 0, run.Error);
        Assert.True(forced, "The silos were never both at work.");
        Assert.Equal(2, most);
        Assert.True(timesUp >= 4);
        Assert.Equal(0, await JobsAsync(cpu, "accelerator=cpu"));
        await StopAsync(cpu);
    }

    // What a scale rule asks an app: jobs for which another one is wanted; null where it does not answer, and nothing changes.
    private static async Task<int?> JobsAsync(App app, string query)
    {
        using var soon = new CancellationTokenSource(AnswerWithin);
        try
        {
            return JsonNode.Parse(await app.Silo.Http.GetStringAsync($"/health/queue?{query}", soon.Token))!["jobs"]!.GetValue<int>();
        }
        catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException)
        {
            return null;
        }
    }

    private static async Task StopAsync(App app)
    {
        var (code, _) = await app.Silo.StopAsync();
        Assert.True(code == 0, $"{app.Name} ended with exit code {code}. {app.Silo.Log}");
    }

    private static async Task<bool> AllAtWorkAsync(App cpu, App[] gpus)
    {
        // More jobs than any queue has are left for others: what remains is what the silo itself holds.
        var held = await Task.WhenAll(gpus.Select(app => JobsAsync(cpu, $"accelerator=cpu&beyond=1000000&siloPort={app.Silo.SiloPort}")));
        return held.All(jobs => jobs > 0);
    }

    // An app's environment variables on this machine: only what is Azure's own is replaced, and the GPU.
    private Dictionary<string, string> Here(JsonObject app, AzuriteProcess azurite)
    {
        var set = Environments.OfApp(app);
        foreach (var ofImage in (string[])["PATH", "HOME", "AZURE_STORAGE_ACCOUNT", "Tagging__CudaDevices__0"])
        {
            set.Remove(ofImage);
        }
        set["AZURE_STORAGE_CONNECTION_STRING"] = azurite.Connection;
        set["TAGGING_CACHE"] = _folder[$"cache-{app["name"]}"];
        set["Tagging__Cluster__Address"] = "127.0.0.1";
        if (set["Tagging__Role"] == "gpu")
        {
            set["Tagging__CpuSlots"] = "1";
        }
        return set;
    }

    private async Task SucceedAsync(IReadOnlyDictionary<string, string>? environment, params string[] args)
    {
        var run = await TaggingProcess.RunAsync(_folder.Root, environment, args);
        Assert.True(run.Code == 0, $"exit code {run.Code}: {run.Error}");
    }

    private void Tell(string line) => output.WriteLine(line);

    /// <summary>A container app: the silo with the app's environment variables, and ports that are free here.</summary>
    private sealed record App(string Name, SiloProcess Silo);
}
