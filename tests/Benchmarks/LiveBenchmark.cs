using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Playwright;
using Orleans;
using Orleans.Hosting;
using Orleans.Runtime;
using OrleansTagging.Abstractions;
using OrleansTagging.Grains;
using OrleansTagging.Grains.Clustering;
using OrleansTagging.Grains.Tests;
using OrleansTagging.Storage;

namespace OrleansTagging.Benchmarks;

/// <summary>
/// What it costs to follow 200 running jobs of 20 silos, and how long their news take to a screen. The silo that is asked is a process of
/// its own, the 20 that train are hosted here with a Trainer that tells of a step each second; they are a cluster on Azurite. A stretch of
/// time without a viewer is held against one with the dashboard's page in Chromium, and one with <c>watch</c> beside it.
/// </summary>
internal static class LiveBenchmark
{
    private const int Silos = 20;
    private const int SlotsOfSilo = 10;
    private const int Folds = 5;
    private const int Members = Silos * SlotsOfSilo / Folds;
    private const double MostPercent = 5;
    private const double MostMilliseconds = 200;
    private const string Container = "azure:tagging";
    private const string Chromium = "/usr/bin/chromium";
    private const string Experiment = "live";

    private static readonly TimeSpan Stretch = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan BetweenEnds = TimeSpan.FromSeconds(2);

    // A row's figures are on the screen with the frame after the change.
    private const string Look = """
        () => {
          window.seen = {};
          const look = () => {
            const now = Date.now();
            for (const row of document.querySelectorAll('.running tbody tr')) {
              const bar = row.querySelector('progress');
              const key = bar && `${row.cells[0].textContent}#${bar.value}`;
              if (key && !(key in window.seen)) window.seen[key] = now;
            }
          };
          let asked = false;
          new MutationObserver(() => {
            if (!asked) { asked = true; requestAnimationFrame(() => { asked = false; look(); }); }
          }).observe(document.body, { childList: true, subtree: true, attributes: true, characterData: true });
        }
        """;

    private static string Yaml => $$"""
        name: {{Experiment}}
        dataset: {{SyntheticClips.Name}}
        seed: 3
        folds: {{Folds}}
        models:
          mel:
            features: mel_1024_512_64
        training:
          epochs: 2
          device: cpu
          threads: 1
        members:
        {{string.Join('\n', Enumerable.Range(1, Members).Select(seed => $"  m{seed}: {{ model: mel, selection: curated, with: {{ network.output_dropout: 0.{seed:00} }} }}"))}}
        ensemble: [{{string.Join(", ", Enumerable.Range(1, Members).Select(seed => $"m{seed}"))}}]
        """;

    /// <summary>Measures and prints; whether what is wanted holds.</summary>
    public static async Task<bool> RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("live-benchmark-").FullName;
        var hosts = new List<IHost>();
        using var azurite = StartAzurite(folder);
        var settings = new ClusterSettings { Enabled = true, Address = "127.0.0.1" };
        Process? silo = null, watch = null;
        try
        {
            var store = Store.Open(Container);
            if (await ClusterHosting.ProbeAsync(store, TimeSpan.FromMinutes(1)) is { } silent)
            {
                throw new InvalidOperationException(silent);
            }
            var trainers = new SteppingTrainers(store);
            for (var number = 0; number < Silos; number++)
            {
                hosts.Add(await HostAsync(settings, store, trainers));
            }
            var grains = hosts[0].Services.GetRequiredService<IGrainFactory>();
            var (http, gateway) = ($"http://127.0.0.1:{LoopbackPorts.Free()}", LoopbackPorts.Free());
            silo = StartSilo(settings, http, gateway);
            await SubmitAsync(store, grains);
            await trainers.AllRunAsync(Silos * SlotsOfSilo);

            var unwatched = await StretchAsync(silo, trainers);
            var page = new Viewer("page in Chromium");
            await ReadyAsync(http);
            await using var browser = await OpenAsync(http);
            var dashboard = await StretchAsync(silo, trainers);
            var lines = new Viewer("watch --json");
            watch = StartWatch(gateway);
            var reading = ReadAsync(watch, trainers, lines);
            var watched = await StretchAsync(silo, trainers, lines);
            var feed = await grains.GetGrain<IManagementGrain>(0).GetActivationAddress(grains.GetGrain<IFeedGrain>(Experiment));
            var isFeedAsked = !hosts.Exists(host => host.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress.Equals(feed));
            if (browser is not null)
            {
                await browser.CollectAsync(trainers, page);
            }
            watch.Kill();
            await reading;
            Console.WriteLine($"The feed of the experiment is a grain of {(isFeedAsked ? "the silo that is asked" : "a silo that trains")}.");
            return Tell(unwatched, dashboard, watched, [lines, .. browser is null ? [] : (Viewer[])[page]]);
        }
        finally
        {
            watch?.Kill();
            silo?.Kill();
            foreach (var host in hosts)
            {
                await host.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                host.Dispose();
            }
            azurite.Kill();
            azurite.WaitForExit();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static bool Tell(Load unwatched, Load dashboard, Load watched, Viewer[] viewers)
    {
        Console.WriteLine($"{Silos * SlotsOfSilo} jobs on {Silos} silos, each with a step a second; {Stretch.TotalSeconds:0} s each:");
        Console.WriteLine("             the silo that is asked  the 20 that train   (% of one core)");
        foreach (var (what, load) in new[] { ("unwatched", unwatched), ("dashboard", dashboard), ("and watch", watched) })
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-12} {load.Silo,22:0.0} {load.Trains,18:0.0}"));
        }
        Console.WriteLine();
        Console.WriteLine("from a step to          steps  median   95 %  99 %  (ms)");
        foreach (var viewer in viewers)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{viewer.Name,-22} {viewer.Count,6} {viewer.Quantile(0.5),7:0} {viewer.Quantile(0.95),6:0} {viewer.Quantile(0.99),5:0}"));
        }
        var more = watched.Silo - unwatched.Silo;
        var isCheap = more < MostPercent;
        var isFast = Array.TrueForAll(viewers, viewer => viewer.Count > 0 && viewer.Quantile(0.95) < MostMilliseconds);
        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"viewers take {more:0.0} % of one core in the silo, under {MostPercent:0}: {(isCheap ? "yes" : "no")}; "
            + $"95 of 100 steps on the screen in under {MostMilliseconds:0} ms: {(isFast ? "yes" : "no")}"));
        return isCheap && isFast;
    }

    private static async Task<IHost> HostAsync(ClusterSettings settings, Store store, ITrainer trainers)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleans(silo =>
        {
            silo.UseCluster(settings, store, LoopbackPorts.Free(), LoopbackPorts.Free());
            silo.Services.AddSingleton(trainers);
            silo.AddTagging(store, options => (options.CpuSlots, options.CudaDevices, options.Alone) = (SlotsOfSilo, [], false));
            silo.AddLiveNews();
        });
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    /// <summary>Starts Azurite with its data in memory, for this process and those that it starts.</summary>
    private static Process StartAzurite(string folder)
    {
        // The emulator's published account; its key opens nothing else.
        const string Account = "devstoreaccount1";
        const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
        var (blobs, tables) = (LoopbackPorts.Free(), LoopbackPorts.Free());
        Environment.SetEnvironmentVariable(
            "AZURE_STORAGE_CONNECTION_STRING",
            $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};"
            + $"BlobEndpoint=http://127.0.0.1:{blobs}/{Account};TableEndpoint=http://127.0.0.1:{tables}/{Account};");
        Environment.SetEnvironmentVariable("TAGGING_CACHE", Path.Combine(folder, "cache"));
        return Start(
            "node",
            [
                Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../tools/azurite/node_modules/azurite/dist/src/azurite.js")),
                "--blobHost", "127.0.0.1", "--blobPort", $"{blobs}", "--tableHost", "127.0.0.1", "--tablePort", $"{tables}",
                "--queueHost", "127.0.0.1", "--queuePort", "0", "--inMemoryPersistence", "--silent", "--disableTelemetry", "--skipApiVersionCheck",
            ]);
    }

    private static Process StartSilo(ClusterSettings settings, string http, int gateway) => Start(
        "dotnet", [LargeDataset.Built("Silo", "OrleansTagging.Silo.dll")],
        ("Tagging__Store", Container), ("Tagging__Role", "cpu"), ("Tagging__Cluster__Enabled", "true"),
        ("Tagging__Cluster__Address", settings.Address!), ("Tagging__SiloPort", $"{LoopbackPorts.Free()}"),
        ("Tagging__GatewayPort", $"{gateway}"), ("Tagging__HttpUrl", http), ("Serilog__MinimumLevel__Default", "Fatal"));

    private static Process StartWatch(int gateway) => Start(
        "dotnet", [LargeDataset.Built("Console", "tagging.dll"), "watch", Experiment, "--json", "--store", Container],
        ("TAGGING_CONNECT", $"127.0.0.1:{gateway}"));

    private static Process Start(string program, string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, WorkingDirectory = Path.GetTempPath() };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }
        return Process.Start(start)!;
    }

    private static async Task SubmitAsync(Store store, IGrainFactory grains)
    {
        var record = await SyntheticClips.PutAsync(store);
        var problem = await grains.GetGrain<IDatasetGrain>(record.Name).Register(record)
            ?? (await grains.GetGrain<IExperimentGrain>(Experiment).Submit(Yaml, $"{Experiment}.yaml")).Problem;
        if (problem is not null)
        {
            throw new InvalidOperationException(problem);
        }
    }

    /// <summary>Lets the jobs run, one of them end now and then, and measures what the silos took meanwhile.</summary>
    private static async Task<Load> StretchAsync(Process silo, SteppingTrainers trainers, params Viewer[] viewers)
    {
        await Task.Delay(Settling);
        Array.ForEach(viewers, viewer => viewer.Clear());
        using var self = Process.GetCurrentProcess();
        var (asked, trains, watch) = (TimeOf(silo), TimeOf(self), Stopwatch.StartNew());
        while (watch.Elapsed < Stretch)
        {
            await Task.Delay(BetweenEnds);
            trainers.EndOne();
        }
        return new Load(
            100 * (TimeOf(silo) - asked) / watch.Elapsed, 100 * (TimeOf(self) - trains) / watch.Elapsed);
    }

    private static TimeSpan TimeOf(Process process)
    {
        process.Refresh();
        return process.TotalProcessorTime;
    }

    private static async Task ReadAsync(Process watch, SteppingTrainers trainers, Viewer viewer)
    {
        // The last line is cut off where it is killed.
        while (await watch.StandardOutput.ReadLineAsync() is { } line && line.EndsWith('}'))
        {
            var now = DateTime.UtcNow;
            using var seen = JsonDocument.Parse(line);
            if (seen.RootElement.TryGetProperty("progress", out var progress))
            {
                See(progress.GetProperty("running"), trainers, viewer, now);
            }
        }
    }

    private static void See(JsonElement jobs, SteppingTrainers trainers, Viewer viewer, DateTime now)
    {
        foreach (var job in jobs.EnumerateArray())
        {
            var (id, step) = (job.GetProperty("job").GetString()!, job.GetProperty("step").GetInt32());
            trainers.Name(id, job.GetProperty("what").GetString()!);
            viewer.See(trainers, id, step, now);
        }
    }

    private static async Task ReadyAsync(string http)
    {
        using var client = new HttpClient();
        while (true)
        {
            try
            {
                using var answer = await client.GetAsync($"{http}/health/ready");
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // It has not begun to listen.
            }
            await Task.Delay(200);
        }
    }

    private static async Task<OpenPage?> OpenAsync(string http)
    {
        if (!File.Exists(Chromium))
        {
            Console.WriteLine($"There is no {Chromium}; the page is not measured.");
            return null;
        }
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Args = ["--no-sandbox"] });
        var page = await browser.NewPageAsync();
        await page.GotoAsync($"{http}/#/experiments/{Experiment}");
        await page.Locator(".running tbody tr").First.WaitForAsync();
        await page.EvaluateAsync(Look);
        return new OpenPage(playwright, browser, page);
    }

    /// <summary>Shares of one core, in per cent.</summary>
    private sealed record Load(double Silo, double Trains);

    /// <summary>The dashboard's page of the experiment.</summary>
    private sealed class OpenPage(IPlaywright playwright, IBrowser browser, IPage page) : IAsyncDisposable
    {
        public async Task CollectAsync(SteppingTrainers trainers, Viewer viewer)
        {
            var seen = await page.EvaluateAsync<Dictionary<string, double>>("() => window.seen");
            // What was there when it began to look is no news.
            var begun = seen.Values.DefaultIfEmpty().Min() + Settling.TotalMilliseconds;
            foreach (var (key, at) in seen.Where(row => row.Value > begun))
            {
                var cut = key.LastIndexOf('#');
                if (trainers.IdOf(key[..cut]) is { } id)
                {
                    viewer.See(
                        trainers, id, int.Parse(key[(cut + 1)..], CultureInfo.InvariantCulture), DateTime.UnixEpoch.AddMilliseconds(at));
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            await browser.CloseAsync();
            playwright.Dispose();
        }
    }
}
