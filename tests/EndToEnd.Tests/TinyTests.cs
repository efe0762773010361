using System.Text.Json;
using OrleansTagging.Commands;
using OrleansTagging.Commands.Tests;

namespace OrleansTagging.EndToEnd.Tests;

/// <summary><c>examples/tiny.yaml</c>: every part of the recipe switched on, from its file to the tags of a folder.</summary>
public sealed class TinyTests(SmallExperiment small) : IClassFixture<SmallExperiment>
{
    private static string File => Path.Combine(AppContext.BaseDirectory, "examples", "tiny.yaml");

    [Fact]
    public async Task Every_part_switched_on_gives_the_same_bytes_again_and_what_it_left_can_be_compared_and_used()
    {
        await small.ImportAsync("store-tiny");
        await RunAsync("store-tiny", "tiny-a");

        // On another store, begun with jobs side by side as before, but stopped on the way.
        await small.ImportAsync("store-again");
        using (var stopped = TaggingProcess.Start(small.Root, environment: null, "run", File, "--store", "store-again", "--out", "tiny-b"))
        {
            bool HasWeights() => Directory.EnumerateFiles(Path.Combine(small.Root, "store-again"), "*.dat", SearchOption.AllDirectories).Any();
            Assert.True(await stopped.UntilAsync(HasWeights), stopped.Error);
            stopped.Signal(TaggingProcess.Interrupt);
            Assert.Equal(ExitCode.Interrupted, await stopped.EndAsync());
        }
        await RunAsync("store-again", "tiny-b");

        Assert.All(["report.json", "submission.csv"], file => Assert.Equal(small.Read("tiny-a", file), small.Read("tiny-b", file)));
        ReportHasEveryPart();
        await PlanFindsNothingLeftAsync();
        await CompareTellsOfEveryMemberAsync();
        await PredictTagsAFolderAsync();
    }

    private async Task RunAsync(string store, string results)
    {
        var run = await TaggingProcess.RunAsync(small.Root, "run", File, "--store", store, "--out", results);
        SmallExperiment.Succeeded(run);
        Assert.Contains("Contrasts", run.Out, StringComparison.Ordinal);
    }

    private void ReportHasEveryPart()
    {
        var report = JsonDocument.Parse(small.Read("tiny-a", "report.json")).RootElement;
        Assert.Equal(2, report.GetProperty("rounds").GetArrayLength());
        Assert.Equal(1, report.GetProperty("relabelled").GetArrayLength());
        Assert.Equal(["promoted", "rest", "varied-mixup_labels_or-seed_2", "varied-mixup_labels_weighted-seed_1"],
            report.GetProperty("members").EnumerateArray().Select(member => member.GetProperty("member").GetString()));
        Assert.Equal("greedy", report.GetProperty("ensemble").GetProperty("method").GetString());
        Assert.Equal(3, report.GetProperty("ensembles").EnumerateObject().Count());
        var contrasts = report.GetProperty("contrasts").EnumerateArray().ToArray();
        Assert.Equal(["kinds", "mix_up"], contrasts.Select(contrast => contrast.GetProperty("contrast").GetString()));
        // One of two folds each; the two MixUps have other seeds, so that they are paired by fold alone.
        Assert.All(contrasts, contrast =>
            Assert.Equal(2, contrast.GetProperty("cross_validated_lwlrap").GetProperty("pairs").GetInt32()));
    }

    private async Task PlanFindsNothingLeftAsync()
    {
        var plan = await TaggingProcess.RunAsync(small.Root, "plan", File, "--store", "store-tiny");
        SmallExperiment.Succeeded(plan);
        Assert.Contains("0 new, 0 later", plan.Out, StringComparison.Ordinal);

        // One setting less in common, and the plan can say which.
        var changed = (await System.IO.File.ReadAllTextAsync(File)).Replace("max_audio_length: 1", "max_audio_length: 0.9", StringComparison.Ordinal);
        await System.IO.File.WriteAllTextAsync(Path.Combine(small.Root, "changed.yaml"), changed);
        var json = await TaggingProcess.RunAsync(small.Root, "plan", "changed.yaml", "--store", "store-tiny", "--json");
        SmallExperiment.Succeeded(json);
        var job = JsonDocument.Parse(json.Out).RootElement.GetProperty("jobs")[0];
        Assert.Equal("new", job.GetProperty("state").GetString());
        var explained = await TaggingProcess.RunAsync(
            small.Root, "plan", "changed.yaml", "--store", "store-tiny", "--explain", job.GetProperty("job").GetString()!, "--json");
        SmallExperiment.Succeeded(explained);
        var difference = Assert.Single(JsonDocument.Parse(explained.Out).RootElement.GetProperty("differences").EnumerateArray());
        Assert.Equal("train.settings.maxAudioLength", difference.GetProperty("input").GetString());
        Assert.Equal(("0.9", "1"), (difference.GetProperty("here").GetString(), difference.GetProperty("there").GetString()));
    }

    private async Task CompareTellsOfEveryMemberAsync()
    {
        var json = await TaggingProcess.RunAsync(
            small.Root, "compare", "tiny", "--store", "store-tiny", "--base", "rest", "--per-class", "--json");
        SmallExperiment.Succeeded(json);
        var answer = JsonDocument.Parse(json.Out).RootElement;
        Assert.Equal("rest", answer.GetProperty("base").GetString());
        var members = answer.GetProperty("members").EnumerateArray().ToArray();
        Assert.Equal(4, members.Length);
        var (promoted, rest) = (members[0], members[1]);
        Assert.Equal(
            promoted.GetProperty("testLwlrap").GetDouble() - rest.GetProperty("testLwlrap").GetDouble(),
            promoted.GetProperty("testDifference").GetDouble(), 1e-12);
        Assert.Equal(2, promoted.GetProperty("difference").GetProperty("pairs").GetInt32());
        Assert.True(promoted.TryGetProperty("perClass", out _));

        var table = await TaggingProcess.RunAsync(small.Root, "compare", "tiny", "--store", "store-tiny", "--member", "varied");
        SmallExperiment.Succeeded(table);
        Assert.Contains("mix_up", table.Out, StringComparison.Ordinal);
    }

    private async Task PredictTagsAFolderAsync()
    {
        var folder = Directory.CreateDirectory(Path.Combine(small.Root, "loose", "inner")).Parent!.FullName;
        // The dataset's own test clips: what predict says of them is what the submission says.
        var test = Directory.EnumerateFiles(Path.Combine(small.Root, "dataset", "test")).Order(StringComparer.Ordinal).ToArray();
        foreach (var clip in test)
        {
            System.IO.File.Copy(clip, Path.Combine(folder, Path.GetFileName(clip)));
        }
        System.IO.File.Copy(test[0], Path.Combine(folder, "inner", "again.wav"));
        await System.IO.File.WriteAllTextAsync(Path.Combine(folder, "notes.txt"), "no sound");
        string[] command = ["predict", "--experiment", "tiny", "--audio", "loose", "--out", "tags.csv", "--store", "store-tiny"];

        var strict = await TaggingProcess.RunAsync(small.Root, [.. command, "--strict"]);
        Assert.Equal(ExitCode.BadInput, strict.Code);
        Assert.Contains("notes.txt", Assert.Single(strict.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);

        var predicted = await TaggingProcess.RunAsync(small.Root, command);
        SmallExperiment.Succeeded(predicted);
        Assert.Contains("notes.txt: left out", predicted.Error, StringComparison.Ordinal);
        var tags = Rows(Path.Combine(small.Root, "tags.csv"));
        var submission = Rows(Path.Combine(small.Root, "tiny-a", "submission.csv"));
        Assert.Equal(test.Length + 1, tags.Count);
        Assert.Equal(tags[Path.GetFileName(test[0])], tags["inner/again.wav"]);
        Assert.All(submission, row => Assert.All(row.Value.Zip(tags[row.Key]), pair => Assert.Equal(pair.First, pair.Second, 1e-5)));
        // An import's lock outlives it; it is empty.
        Assert.DoesNotContain(
            Directory.EnumerateFileSystemEntries(Path.Combine(small.Root, "store-tiny", "scratch")),
            entry => !entry.EndsWith(".lock", StringComparison.Ordinal));
    }

    private static Dictionary<string, double[]> Rows(string path) => System.IO.File.ReadLines(path).Skip(1)
        .Select(line => line.Split(','))
        .ToDictionary(
            cells => cells[0],
            cells => cells[1..].Select(cell => double.Parse(cell, System.Globalization.CultureInfo.InvariantCulture)).ToArray());
}
