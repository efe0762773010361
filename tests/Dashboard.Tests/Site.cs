using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Playwright;
using OrleansTagging.Silo.Tests;

namespace OrleansTagging.Dashboard.Tests;

/// <summary>A silo on a store with a finished experiment, and a browser; once for all tests.</summary>
public sealed class Site : IAsyncLifetime
{
    /// <summary>Name of the collection of those who share it.</summary>
    public const string Name = "site";

    private const string Chromium = "/usr/bin/chromium";

    private readonly OtlpReceiver _telemetry = new();
    private SmallStore? _store;
    private SiloProcess? _silo;
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>The folder of the project.</summary>
    public static string Root { get; } = RootOf(new DirectoryInfo(AppContext.BaseDirectory));

    internal SiloProcess Silo => _silo!;

    internal OtlpReceiver Telemetry => _telemetry;

    internal SmallStore Store => _store!;

    /// <summary>Address of the silo.</summary>
    public string Address => Silo.Http.BaseAddress!.ToString().TrimEnd('/');

    /// <summary>The Trainer that does at once what its script says.</summary>
    internal static string TrainerPath
    {
        get
        {
            var own = new DirectoryInfo(AppContext.BaseDirectory);
            return Path.Combine(own.Parent!.Parent!.FullName, "ScriptedTrainer", own.Name, "OrleansTagging.ScriptedTrainer.dll");
        }
    }

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        _store = await SmallStore.CreateAsync();
        _silo = SiloProcess.Start(
            new Dictionary<string, string>
            {
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _telemetry.Address,
                ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
                ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
                ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
            },
            $"--Tagging:Store={_store.Root}", $"--Tagging:TrainerPath={TrainerPath}");
        await _silo.ReadyAsync();
        await SubmitAsync(SmallStore.Yaml);
        await UntilAsync("the experiment is done", async () => await StatusAsync("tones") == "Done");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await (_browser?.DisposeAsync() ?? ValueTask.CompletedTask);
        _playwright?.Dispose();
        _silo?.Dispose();
        _store?.Dispose();
        _telemetry.Dispose();
    }

    /// <summary>Asks the silo and reads its JSON.</summary>
    public async Task<JsonElement> GetAsync(string path)
    {
        using var answer = await Silo.Http.GetAsync(path);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {answer.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>Where an experiment stands.</summary>
    public async Task<string> StatusAsync(string experiment) =>
        (await GetAsync($"/api/experiments/{experiment}")).GetProperty("status").GetString()!;

    /// <summary>Submits an experiment file.</summary>
    public async Task SubmitAsync(string yaml)
    {
        using var answer = await Silo.Http.PostAsJsonAsync("/api/experiments", new { yaml });
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Waits until something holds.</summary>
    public static async Task UntilAsync(string what, Func<Task<bool>> holds)
    {
        // Far beyond what a loaded machine needs; it only ends a wait that would never end.
        var deadline = DateTime.UtcNow.AddMinutes(10);
        while (!await holds())
        {
            Assert.True(DateTime.UtcNow < deadline, $"It never came to it that {what}.");
            await Task.Delay(50);
        }
    }

    /// <summary>Opens a page of the dashboard; where there is no browser, the test is skipped.</summary>
    internal async Task<Visit> VisitAsync(string address, ColorScheme scheme = ColorScheme.Light, string? silo = null)
    {
        Assert.SkipUnless(File.Exists(Chromium), $"There is no {Chromium}; install the package chromium.");
        Assert.SkipUnless(
            (await Silo.Http.GetStringAsync("/")).Contains("<main", StringComparison.Ordinal),
            "The dashboard was not built: there was no npm when the silo was.");
        return await Visit.OpenAsync(await BrowserAsync(), silo ?? Address, address, scheme);
    }

    /// <summary>The browser; skips the test where there is none.</summary>
    public async Task<IBrowser> BrowserAsync()
    {
        Assert.SkipUnless(File.Exists(Chromium), $"There is no {Chromium}; install Chromium.");
        _playwright ??= await Playwright.CreateAsync();
        // Far beyond what a loaded machine needs; it only ends a wait that would never end.
        Assertions.SetDefaultExpectTimeout(120_000);
        // It runs as root in a container, where its own sandbox cannot.
        _browser ??= await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Args = ["--no-sandbox"] });
        return _browser;
    }

    private static string RootOf(DirectoryInfo folder) =>
        File.Exists(Path.Combine(folder.FullName, "OrleansTagging.sln")) ? folder.FullName : RootOf(folder.Parent!);
}

/// <summary>Those who share the <see cref="Site"/>.</summary>
[CollectionDefinition(Site.Name)]
public sealed class SiteCollection : ICollectionFixture<Site>;
