using System.Text;
using System.Text.Json;
using OrleansTagging.Commands.Tests;

namespace OrleansTagging.EndToEnd.Tests;

/// <summary>A small dataset in either layout of FSDKaggle2019, from its files to its public and private score.</summary>
public sealed class PublishedDatasetTests : IDisposable
{
    private const string KnownBad = "f76181c4.wav";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Either_layout_gives_the_same_report_with_public_and_private_scores()
    {
        SmallExperiment.Succeeded(
            await TaggingProcess.RunAsync(_folder.Root, "dataset", "synth", "--out", "competition", "--seed", "5", "--scale", "0.05"));
        AddKnownBadAndTestTruth();
        Publish();

        var competition = await ReportAsync("competition");
        var published = await ReportAsync("published");

        Assert.Equal(competition, published);
        using var report = JsonDocument.Parse(published);
        var leftOut = Assert.Single(report.RootElement.GetProperty("dataset").GetProperty("left_out").EnumerateArray());
        Assert.Equal(KnownBad, leftOut.GetProperty("fname").GetString());
        Assert.Contains("zenodo.org/record/3612637", leftOut.GetProperty("reason").GetString(), StringComparison.Ordinal);
        var ensemble = report.RootElement.GetProperty("ensemble");
        foreach (var usage in new[] { "Public", "Private" })
        {
            Assert.Equal(
                await EvaluatedAsync(usage), ensemble.GetProperty($"{usage.ToLowerInvariant()}_test_lwlrap").GetDouble(), 1e-6);
        }
        var shown = await TaggingProcess.RunAsync(_folder.Root, "inspect", "experiment", "published", "--store", "store-published");
        SmallExperiment.Succeeded(shown);
        Assert.Matches(@"test lwlrap +public +private", shown.Out);
        Assert.Matches(@"Ensemble: test lwlrap 0\.\d{4} \(public 0\.\d{4}, private 0\.\d{4}\)", shown.Out);
    }

    private async Task<byte[]> ReportAsync(string layout)
    {
        var store = $"store-{layout}";
        SmallExperiment.Succeeded(
            await TaggingProcess.RunAsync(_folder.Root, "dataset", "import", layout, "--name", "published", "--store", store));
        var file = Path.Combine(AppContext.BaseDirectory, "experiments", "published.yaml");
        SmallExperiment.Succeeded(await TaggingProcess.RunAsync(_folder.Root, "run", file, "--store", store, "--out", $"out-{layout}"));
        return await File.ReadAllBytesAsync(_folder[$"out-{layout}/report.json"]);
    }

    /// <summary>The score of the submission on one leaderboard's clips, from the files alone.</summary>
    private async Task<double> EvaluatedAsync(string usage)
    {
        var rows = await File.ReadAllLinesAsync(_folder["competition/test_post_competition.csv"]);
        await File.WriteAllLinesAsync(_folder["some.csv"], rows.Where((row, at) => at == 0 || row.Contains($",{usage},")));
        var run = await TaggingProcess.RunAsync(
            _folder.Root, "evaluate", "--labels", "some.csv", "--predictions", "out-published/submission.csv", "--json");
        SmallExperiment.Succeeded(run);
        return JsonDocument.Parse(run.Out).RootElement.GetProperty("lwlrap").GetDouble();
    }

    private void AddKnownBadAndTestTruth()
    {
        var competition = _folder["competition"];
        var curated = Path.Combine(competition, "train_curated");
        var some = Directory.GetFiles(curated).Order(StringComparer.Ordinal).First();
        File.Copy(some, Path.Combine(curated, KnownBad));
        var table = Path.Combine(competition, "train_curated.csv");
        File.AppendAllText(table, $"{KnownBad},{File.ReadAllLines(table)[1].Split(',', 2)[1]}\n");

        // The synthetic dataset's truth as the competition's: fname,"labels",usage,freesound_id,license.
        var text = new StringBuilder("fname,labels,usage,freesound_id,license\n");
        var truth = Path.Combine(competition, "truth.csv");
        var test = File.ReadAllLines(truth).Where(row => row.Contains(",test,")).ToArray();
        for (var at = 0; at < test.Length; at++)
        {
            var usage = at % 4 == 0 ? "Public" : "Private";
            text.Append($"{test[at][..(test[at].LastIndexOf('"') + 1)]},{usage},{at},CC0\n");
        }
        File.WriteAllText(Path.Combine(competition, "test_post_competition.csv"), text.ToString());
        File.Delete(truth);
    }

    private void Publish()
    {
        Directory.CreateDirectory(_folder["published"]);
        var meta = Directory.CreateDirectory(_folder["published/FSDKaggle2019.meta"]).FullName;
        foreach (var (folder, archived) in new[]
        {
            ("train_curated", "audio_train_curated"), ("train_noisy", "audio_train_noisy"), ("test", "audio_test"),
        })
        {
            var target = Directory.CreateDirectory(_folder[$"published/FSDKaggle2019.{archived}"]).FullName;
            foreach (var clip in Directory.GetFiles(_folder[$"competition/{folder}"]))
            {
                File.Copy(clip, Path.Combine(target, Path.GetFileName(clip)));
            }
        }
        File.Copy(_folder["competition/train_curated.csv"], Path.Combine(meta, "train_curated_post_competition.csv"));
        File.Copy(_folder["competition/train_noisy.csv"], Path.Combine(meta, "train_noisy_post_competition.csv"));
        File.Copy(_folder["competition/test_post_competition.csv"], Path.Combine(meta, "test_post_competition.csv"));
        var classes = File.ReadLines(_folder["competition/sample_submission.csv"]).First().Split(',').Skip(1);
        File.WriteAllLines(Path.Combine(meta, "vocabulary.csv"), classes.Select((name, at) => $"{at},{name}"));
    }
}
