using OrleansTagging.EndToEnd.Tests;
using OrleansTagging.Grains.Clustering;

namespace OrleansTagging.Commands.Tests;

/// <summary>A store that is copied while a run is half way on it, is lost, and is restored: the run goes on to the same bytes.</summary>
public sealed class BackupTests : IDisposable
{
    private const string Experiment = """
        name: small
        dataset: small
        folds: 2
        models:
          mel: { features: mel_512_256_32, network: { num_conv_blocks: 3, conv_base_depth: 4 } }
        training: { epochs: 2, device: cpu, threads: 1 }
        curricula:
          main: { scorer: mel, rounds: [4] }
        members:
          one: { model: mel, selection: curated }
          two: { model: mel, selection: main@1 }
        ensemble: [one, two]
        """;

    private static readonly string[] s_results = ["report.json", "submission.csv"];

    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _environment = new()
    {
        ["TAGGING_TRAINER"] = Path.Combine(
            new DirectoryInfo(AppContext.BaseDirectory).Parent!.Parent!.FullName, "ScriptedTrainer",
            new DirectoryInfo(AppContext.BaseDirectory).Name, "OrleansTagging.ScriptedTrainer.dll"),
    };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public Task A_run_on_a_folder_goes_on_from_its_copy() => GoesOnAsync("store", "backup");

    [Fact]
    public async Task A_run_on_a_container_goes_on_from_its_copy_whichever_way_that_has_gone()
    {
        using var service = new AzuriteProcess(LoopbackPorts.Free(), _folder["azurite"]);
        await service.StartAsync();
        _environment["AZURE_STORAGE_CONNECTION_STRING"] = service.Connection;
        _environment["TAGGING_CACHE"] = _folder["cache"];
        // The scripted Trainer keeps its script beside what it takes for a folder.
        Directory.CreateDirectory(_folder["azure:live"]);
        // In a folder there is no doubt that whoever held the leases is gone; in a container they run out first.
        await GoesOnAsync("azure:live", "azure:backup", "restored");
    }

    private async Task GoesOnAsync(string store, string backup, string? restored = null)
    {
        restored ??= store;
        _folder.Write("small.yaml", Experiment);
        await SucceedAsync("dataset", "synth", "--out", "dataset", "--scale", "0.01");
        await SucceedAsync("dataset", "import", "dataset", "--name", "small", "--store", "undisturbed");
        await SucceedAsync("run", "small.yaml", "--store", "undisturbed", "--out", "out");
        await SucceedAsync("dataset", "import", "dataset", "--name", "small", "--store", store);
        await SucceedAsync("store", "copy", "--from", store, "--to", backup);

        // All trainings of a scorer end; no prediction does.
        _folder.Write(Path.Combine(store, "script.txt"), "wait predict");
        using (var run = TaggingProcess.Start(_folder.Root, _environment, "run", "small.yaml", "--store", store, "--out", "out-lost"))
        {
            Assert.True(await run.UntilAsync(() => TrainerLog(store).Count(line => line.EndsWith("predict", StringComparison.Ordinal)) >= 2),
                run.Error);
            var (code, copied, error) = await TaggingProcess.RunAsync(
                _folder.Root, _environment, "store", "copy", "--from", store, "--to", backup, "--verify");
            Assert.True(code == ExitCode.Success, error);
            Assert.Contains("all hashed", copied, StringComparison.Ordinal);
            run.Signal(TaggingProcess.Kill);
            await run.EndAsync();
        }
        await DeleteAsync(store);

        if (Directory.Exists(_folder["cache"]))
        {
            // As on a machine that has never seen any of it.
            Directory.Delete(_folder["cache"], recursive: true);
        }
        await SucceedAsync("store", "copy", "--from", backup, "--to", restored, "--verify");
        await SucceedAsync("store", "verify", "--store", restored);
        await SucceedAsync("run", "small.yaml", "--store", restored, "--out", "out-restored");

        Assert.Equal(Read("out"), Read("out-restored"));
        await SucceedAsync("store", "verify", "--store", restored);
        // Whatever was predicting had been trained, and was not trained again.
        Assert.InRange(Trainings(restored), 1, Trainings("undisturbed") - 1);
    }

    private async Task SucceedAsync(params string[] args)
    {
        var (code, _, error) = await TaggingProcess.RunAsync(_folder.Root, _environment, args);
        Assert.True(code == ExitCode.Success, $"{string.Join(' ', args)}: exit code {code}: {error}");
    }

    private byte[][] Read(string results) => [.. s_results.Select(file => File.ReadAllBytes(_folder[$"{results}/{file}"]))];

    private int Trainings(string store) => TrainerLog(store).Count(line => line.EndsWith("train", StringComparison.Ordinal));

    private string[] TrainerLog(string store)
    {
        var log = Path.Combine(_folder[store], "trainer.log");
        if (!File.Exists(log))
        {
            return [];
        }
        using var reader = new StreamReader(new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Loses a store; Trainers on their way out may still write to a folder.</summary>
    private async Task DeleteAsync(string store)
    {
        if (store.StartsWith("azure:", StringComparison.Ordinal))
        {
            await new Azure.Storage.Blobs.BlobContainerClient(_environment["AZURE_STORAGE_CONNECTION_STRING"], store["azure:".Length..])
                .DeleteAsync(cancellationToken: TestContext.Current.CancellationToken);
            return;
        }
        while (Directory.Exists(_folder[store]))
        {
            try
            {
                Directory.Delete(_folder[store], recursive: true);
            }
            catch (IOException)
            {
                await Task.Delay(50, TestContext.Current.CancellationToken);
            }
        }
    }
}
