using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using OrleansTagging.Grains.Clustering;
using OrleansTagging.Storage;

namespace OrleansTagging.Commands.Tests;

/// <summary>An experiment's life on a silo that runs as a process of its own, its Trainers scripted.</summary>
public sealed class LifeTests : IDisposable
{
    private const string Experiment = """
        name: small
        dataset: small
        folds: 2
        priority: 3
        models:
          mel: { features: mel_512_256_32, network: { num_conv_blocks: 3, conv_base_depth: 4 } }
        training: { epochs: 2, device: cpu, threads: 1 }
        members:
          one: { model: mel, selection: curated }
        ensemble: [one]
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Folder => _folder["store"];

    [Fact]
    public async Task Watch_goes_on_to_the_end_when_the_silo_is_killed_and_another_started()
    {
        var file = await PrepareAsync();
        await File.WriteAllTextAsync(Path.Combine(Folder, "script.txt"), "wait train", TestContext.Current.CancellationToken);
        using var first = Silo();
        Assert.True(await first.UntilAsync(() => StoreHost.Living(Folder).Length > 0), first.Error);

        var (code, name, error) = await TaggingProcess.RunAsync(_folder.Root, "submit", file, "--store", "store");
        Assert.True(code == ExitCode.Success, error);
        Assert.Equal("small\n", name);
        Assert.Contains("tagging watch small", error, StringComparison.Ordinal);
        // Submitted again, the same file changes nothing.
        Assert.Equal("small", (await Ask("submit", file)).GetProperty("experiment").GetString());
        using var watch = TaggingProcess.Start(_folder.Root, environment: null, "watch", "small", "--json", "--store", "store");
        Assert.True(await watch.UntilAsync(() => Events(watch).Any(line => Progress(line) is { Running: > 0 })), watch.Error);

        await SteersAsync();
        // Ctrl-C leaves a watch and not the experiment.
        using var left = TaggingProcess.Start(_folder.Root, environment: null, "watch", "small", "--store", "store");
        Assert.True(await left.UntilAsync(() => left.Out.Contains("jobs done", StringComparison.Ordinal)), left.Error);
        left.Signal(TaggingProcess.Interrupt);
        Assert.Equal(ExitCode.Interrupted, await left.EndAsync());

        TaggingProcess.Signal(StoreHost.Living(Folder).Single().Process, TaggingProcess.Kill);
        Assert.Equal(128 + TaggingProcess.Kill, await first.EndAsync());
        Assert.True(await watch.UntilAsync(() => Events(watch).Any(line => Kind(line) == "lost")), watch.Error);
        File.Delete(Path.Combine(Folder, "script.txt"));
        using var second = Silo();
        Assert.True(await watch.EndAsync() == ExitCode.Success, watch.Out.TrimEnd().Split('\n')[^1] + watch.Error + second.Error);

        var seen = Events(watch).ToArray();
        Assert.Equal(
            ["progress", "lost", "found", "progress"], seen.Select(Kind).Where((kind, at) => at == 0 || kind != Kind(seen[at - 1])));
        var end = seen[^1].GetProperty("progress");
        Assert.Equal("done", end.GetProperty("status").GetString());
        Assert.Equal(end.GetProperty("jobsTotal").GetInt32(), end.GetProperty("jobsDone").GetInt32());

        second.Signal(TaggingProcess.Terminate);
        Assert.Equal(ExitCode.Success, await second.EndAsync());
        Assert.Empty(StoreHost.Living(Folder));
        // Nobody hosts the store now, and a question is answered all the same.
        Assert.Equal("done", (await Ask("list"))[0].GetProperty("status").GetString());
    }

    private async Task SteersAsync()
    {
        Assert.Equal(3, (await Ask("list"))[0].GetProperty("priority").GetInt32());
        Assert.Equal("paused", (await Ask("pause", "small")).GetProperty("status").GetString());
        Assert.Equal("paused", (await Ask("list"))[0].GetProperty("status").GetString());
        Assert.Equal(-5, (await Ask("priority", "small", "-5")).GetProperty("priority").GetInt32());
        Assert.Equal("running", (await Ask("resume", "small")).GetProperty("status").GetString());
        (await Invocation.OfAsync("resume", "other", "--store", Folder)).Refused("'other'");
        Assert.Contains("small", (await Invocation.OfAsync("[suggest:6]", $"pause  --store {Folder}")).Out, StringComparison.Ordinal);
    }

    private async Task<string> PrepareAsync()
    {
        (await Invocation.OfAsync("dataset", "synth", "--out", _folder["dataset"], "--scale", "0.01")).Succeeded();
        (await Invocation.OfAsync("dataset", "import", _folder["dataset"], "--name", "small", "--store", Folder)).Succeeded();
        return _folder.Write("small.yaml", Experiment);
    }

    private async Task<JsonElement> Ask(params string[] args) =>
        (await Invocation.OfAsync([.. args, "--json", "--store", Folder])).Succeeded().Json;

    private TaggingProcess Silo()
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        var environment = new Dictionary<string, string>
        {
            ["Tagging__TrainerPath"] = Path.Combine(
                own.Parent!.Parent!.FullName, "ScriptedTrainer", own.Name, "OrleansTagging.ScriptedTrainer.dll"),
        };
        return TaggingProcess.Start(
            _folder.Root, environment, "silo", "start", "--store", "store", "--http", $"http://127.0.0.1:{LoopbackPorts.Free()}",
            "--gateway-port", $"{LoopbackPorts.Free()}", "--silo-port", $"{LoopbackPorts.Free()}", "--cpu-slots", "2");
    }

    private static IEnumerable<JsonElement> Events(TaggingProcess watch) => watch.Out
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => JsonDocument.Parse(line).RootElement);

    private static string? Kind(JsonElement line) => line.GetProperty("event").GetString();

    private static (string? Status, int Running)? Progress(JsonElement line) => line.TryGetProperty("progress", out var progress)
        ? (progress.GetProperty("status").GetString(), progress.GetProperty("running").GetArrayLength())
        : null;
}
