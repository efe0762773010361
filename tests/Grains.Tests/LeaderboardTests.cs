using System.Text.Json;
using OrleansTagging.Abstractions;
using OrleansTagging.Labels;

namespace OrleansTagging.Grains.Tests;

public sealed class LeaderboardTests
{
    [Fact]
    public async Task Members_and_ensemble_have_a_public_and_a_private_score_where_the_truth_tells_the_clips_apart()
    {
        await using var bed = new TestBed();
        await bed.AddSiloAsync();
        var dataset = await SyntheticClips.PutAsync(bed.Store);
        var truth = await ClipList.ReadRowsAsync(bed.Store.Artifacts, dataset.Truth!);
        // Every third test clip is of the public leaderboard; curated and noisy ones are of none.
        string Usage(string[] row, int at) => row[2] != "test" ? "" : at % 3 == 0 ? TestTruth.Public : TestTruth.Private;
        var withUsage = await ClipList.PutAsync(
            bed.Store.Artifacts, ["fname", "labels", "usage"], truth.Skip(1).Select((row, at) => new[] { row[0], row[1], Usage(row, at) }));
        await bed.ImportAsync(dataset with { Truth = withUsage });

        var progress = await bed.RunAsync(TestBed.Yaml("demo", rounds: "5"));

        Assert.Equal(ExperimentStatus.Done, progress.Status);
        var submission = await ClipList.ReadRowsAsync(bed.Store.Artifacts, progress.Submission!);
        Assert.Equal(await ScoreAsync(TestTruth.Public), progress.EnsembleLeaderboard!.Public!.Value, 12);
        Assert.Equal(await ScoreAsync(TestTruth.Private), progress.EnsembleLeaderboard.Private!.Value, 12);
        using var report = JsonDocument.Parse(await bed.ReadAsync(progress.Report));
        var ensemble = report.RootElement.GetProperty("ensemble");
        Assert.Equal(progress.EnsembleLeaderboard.Public, ensemble.GetProperty("public_test_lwlrap").GetDouble());
        Assert.Equal(progress.EnsembleLeaderboard.Private, ensemble.GetProperty("private_test_lwlrap").GetDouble());
        foreach (var (member, written) in progress.Members.Zip(report.RootElement.GetProperty("members").EnumerateArray()))
        {
            Assert.Equal(member.Leaderboard!.Public, written.GetProperty("public_test_lwlrap").GetDouble());
            Assert.Equal(member.Leaderboard.Private, written.GetProperty("private_test_lwlrap").GetDouble());
            Assert.InRange(
                member.TestLwlrap!.Value, Math.Min(member.Leaderboard.Public!.Value, member.Leaderboard.Private!.Value),
                Math.Max(member.Leaderboard.Public.Value, member.Leaderboard.Private.Value));
        }
        // The usage is of the truth, which no job's document names.
        foreach (var job in bed.TrainerLog().Select(line => line[0]).Distinct())
        {
            Assert.DoesNotContain(withUsage, (await bed.DocumentAsync(job)).ToJson(), StringComparison.Ordinal);
        }

        async Task<double> ScoreAsync(string usage)
        {
            var classes = new ClassMap(dataset.Classes);
            var rows = await ClipList.ReadRowsAsync(bed.Store.Artifacts, withUsage);
            var labels = rows.Where(row => row[2] == usage).ToDictionary(
                row => row[0], row => row[1].Split(',').Select(classes.IndexOf).ToArray());
            var some = submission.Where(row => labels.ContainsKey(row[0])).ToArray();
            Assert.NotEmpty(some);
            var scores = some.SelectMany(row => row.Skip(1).Select(cell => double.Parse(
                cell, System.Globalization.CultureInfo.InvariantCulture))).ToArray();
            return Lwlrap.Of([.. some.Select(row => labels[row[0]])], scores, classes.Count).Overall;
        }
    }
}
