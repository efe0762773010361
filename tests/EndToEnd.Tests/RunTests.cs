using System.Text.Json;
using OrleansTagging.Commands;
using OrleansTagging.Commands.Tests;

namespace OrleansTagging.EndToEnd.Tests;

public sealed partial class RunTests(SmallExperiment small) : IClassFixture<SmallExperiment>
{
    private static readonly string[] Results = ["report.json", "submission.csv"];

    [Fact]
    public async Task A_second_run_on_a_store_trains_nothing()
    {
        await small.WholeRunAsync();

        // A Trainer that is none: whatever would be trained again would fail.
        var noTrainer = new Dictionary<string, string> { ["TAGGING_TRAINER"] = SmallExperiment.File };
        await small.RunAsync("store-a", "out-again", noTrainer);
        Assert.All(Results, file => Assert.Equal(small.Read("out-a", file), small.Read("out-again", file)));

        ReportTellsOfTheDataset();
        await EvaluateAgreesWithTheReportAsync();
    }

    [Fact]
    public async Task A_run_on_another_empty_store_gives_the_same_bytes_though_it_was_stopped_and_killed()
    {
        await small.WholeRunAsync();

        await small.ImportAsync("store-b");
        using (var stopped = small.Start("store-b", "out-b"))
        {
            Assert.True(await stopped.UntilAsync(() => stopped.Error.Contains("running", StringComparison.Ordinal)), stopped.Error);
            await WhoHoldsTheStoreAnswersAsync("store-b");
            stopped.Signal(TaggingProcess.Interrupt);
            Assert.Equal(ExitCode.Interrupted, await stopped.EndAsync());
            Assert.Equal("", stopped.Out);
        }
        using (var killed = small.Start("store-b", "out-b"))
        {
            // The first training to end leaves its weights; there the process is killed, in the middle of the next ones.
            var store = Path.Combine(small.Root, "store-b");
            bool HasWeights() => Directory.EnumerateFiles(store, "*.dat", SearchOption.AllDirectories).Any();
            Assert.True(await killed.UntilAsync(HasWeights), killed.Error);
            killed.Signal(TaggingProcess.Kill);
            Assert.NotEqual(ExitCode.Success, await killed.EndAsync());
        }
        Assert.False(File.Exists(Path.Combine(small.Root, "out-b", "report.json")));
        await small.RunAsync("store-b", "out-b");

        Assert.All(Results, file => Assert.Equal(small.Read("out-a", file), small.Read("out-b", file)));
    }

    private async Task WhoHoldsTheStoreAnswersAsync(string store)
    {
        var (code, data, error) = await TaggingProcess.RunAsync(small.Root, "dataset", "show", "synthetic", "--store", store);
        Assert.True(code == ExitCode.Success, error);
        Assert.Contains("curated", data, StringComparison.Ordinal);
    }

    private void ReportTellsOfTheDataset()
    {
        var report = JsonDocument.Parse(small.Read("out-a", "report.json")).RootElement.GetRawText();
        Assert.Contains("\"small\"", report, StringComparison.Ordinal);
        Assert.Contains("main@2", report, StringComparison.Ordinal);
        var header = System.Text.Encoding.UTF8.GetString(small.Read("out-a", "submission.csv")).Split('\n')[0];
        Assert.StartsWith("fname,", header, StringComparison.Ordinal);
    }

    private async Task EvaluateAgreesWithTheReportAsync()
    {
        var run = await TaggingProcess.RunAsync(
            small.Root, "run", SmallExperiment.File, "--store", "store-a", "--out", "out-again", "--json");
        SmallExperiment.Succeeded(run);
        var told = JsonDocument.Parse(run.Out).RootElement.GetProperty("ensembleTestLwlrap").GetDouble();

        // The test clips' truth, as a label file of its own.
        var submission = await File.ReadAllLinesAsync(Path.Combine(small.Root, "out-a", "submission.csv"));
        var submitted = submission.Skip(1).Select(row => row.Split(',')[0]).ToHashSet();
        var truth = await File.ReadAllLinesAsync(Path.Combine(small.Root, "dataset", "truth.csv"));
        var ofTest = truth.Where((row, at) => at == 0 || submitted.Contains(row.Split(',')[0]));
        await File.WriteAllLinesAsync(Path.Combine(small.Root, "test.csv"), ofTest);

        var evaluated = await TaggingProcess.RunAsync(
            small.Root, "evaluate", "--labels", "test.csv", "--predictions", "out-a/submission.csv", "--json");
        SmallExperiment.Succeeded(evaluated);
        Assert.Equal(told, JsonDocument.Parse(evaluated.Out).RootElement.GetProperty("lwlrap").GetDouble(), 1e-6);
    }
}
