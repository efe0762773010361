using System.Globalization;
using System.Text.Json;
using OrleansTagging.Abstractions;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;

namespace OrleansTagging.Grains.Tests;

public sealed class ScoreCardTests(UndisturbedRuns undisturbed)
{
    [Fact]
    public async Task Held_out_clips_are_in_no_fold_and_every_member_is_measured_on_them()
    {
        var (bed, dataset, progress) = await undisturbed.WholeRecipeRun;
        var classes = new ClassMap(dataset.Classes);
        var folds = await bed.Grains.GetGrain<IDatasetGrain>(dataset.Name).GetFolds(2, 3, 0.2);
        var heldOut = await ClipList.ReadAsync(bed.Store.Artifacts, folds.Holdout!);
        Assert.Equal(6, heldOut.Count);
        // Six of thirty clips of five classes: each class is among them, none more than twice.
        Assert.All(heldOut.SelectMany(clip => clip.LabelsIn(classes)).CountBy(label => label), count => Assert.InRange(count.Value, 1, 2));
        Assert.Equal(classes.Count, heldOut.SelectMany(clip => clip.LabelsIn(classes)).Distinct().Count());

        var names = heldOut.Select(clip => clip.Fname).ToHashSet();
        foreach (var job in bed.TrainerLog().Where(line => line[2] == "train").Select(line => line[0]).Distinct())
        {
            var train = (await bed.DocumentAsync(job)).Train!;
            foreach (var list in new[] { train.TrainClips, train.ValidationClips })
            {
                Assert.DoesNotContain(await ClipList.ReadAsync(bed.Store.Artifacts, list), clip => names.Contains(clip.Fname));
            }
        }
        foreach (var member in progress.Members)
        {
            var scores = await ScoresAsync(bed, member.HoldoutPredictions);
            Assert.Equal(
                Lwlrap.Of([.. heldOut.Select(clip => clip.LabelsIn(classes))], scores.AsSpan(), classes.Count).Overall,
                member.HoldoutLwlrap!.Value, 6);
            Assert.Equal(12 * classes.Count, (await ScoresAsync(bed, member.TestPredictions)).Length);
        }
        Assert.All(progress.Ensembles, ensemble => Assert.InRange(ensemble.HoldoutLwlrap!.Value, 0.2, 1));
    }

    [Fact]
    public async Task Members_have_an_honest_figure_an_interval_and_a_figure_for_each_class()
    {
        var (bed, dataset, progress) = await undisturbed.WholeRecipeRun;
        var classes = new ClassMap(dataset.Classes);
        foreach (var member in progress.Members)
        {
            var (labels, scores) = await OutOfFoldAsync(bed, classes, member, fold => fold.OutOfFold);
            var (_, honest) = await OutOfFoldAsync(bed, classes, member, fold => fold.HonestOutOfFold);
            Assert.Equal(24, labels.Count);
            Assert.Equal(Lwlrap.Of(labels, scores, classes.Count).Overall, member.CrossValidatedLwlrap);
            Assert.Equal(Lwlrap.Of(labels, honest, classes.Count).Overall, member.HonestLwlrap);
            Assert.True(member.HonestLwlrap < member.CrossValidatedLwlrap);
            var interval = Bootstrap.Interval(ClipPrecisions.Of(labels, scores, classes.Count), 3);
            Assert.Equal((interval.Low, interval.High), (member.CrossValidatedInterval!.Low, member.CrossValidatedInterval.High));
            Assert.InRange(member.TestLwlrap!.Value, member.TestInterval!.Low, member.TestInterval.High);
            Assert.Equal(Enumerable.Range(0, classes.Count).Select(label => labels.Count(clip => clip.Contains(label))),
                member.CrossValidatedCounts);
            Assert.Equal(member.TestLwlrap.Value,
                member.TestPerClass.Zip(member.TestCounts, (figure, count) => figure * count).Sum() / member.TestCounts.Sum(), 12);
        }
        var seeds = Assert.Single(progress.Spreads);
        Assert.Equal(["seeded-seed_3", "seeded-seed_4"], seeds.Members);
        var figures = progress.Members.Where(member => seeds.Members.Contains(member.Member)).ToArray();
        Assert.NotEqual(figures[0].TestPredictions, figures[1].TestPredictions);
        Assert.Equal(figures.Average(member => member.CrossValidatedLwlrap!.Value), seeds.CrossValidatedMean!.Value, 12);
        Assert.Equal(Math.Abs(figures[0].TestLwlrap!.Value - figures[1].TestLwlrap!.Value) / Math.Sqrt(2), seeds.TestDeviation!.Value, 12);
    }

    [Fact]
    public async Task Ensembles_are_blended_by_their_method_and_measured_on_clips_that_chose_nothing()
    {
        var (bed, dataset, progress) = await undisturbed.WholeRecipeRun;
        var classes = new ClassMap(dataset.Classes);
        var file = ExperimentFile.Parse(WholeRecipe.Yaml, "whole.yaml");
        Assert.Equal(["ensemble", "average", "greedy", "ranks"], progress.Ensembles.Select(ensemble => ensemble.Name));
        foreach (var ensemble in progress.Ensembles)
        {
            var members = progress.Members.Where(member => ensemble.Members.Contains(member.Member)).ToArray();
            var asked = ensemble.Name == "ensemble" ? file.Ensemble : file.Ensembles[ensemble.Name];
            Assert.Equal(asked.Members.Order(StringComparer.Ordinal), ensemble.Members.Order(StringComparer.Ordinal));
            Assert.Equal(1, ensemble.Weights.Sum(), 9);
            double[] Form(double[] scores) => ensemble.Method == "rank_mean" ? ClassRanks.Of(scores, classes.Count) : scores;

            var tests = new List<double[]>();
            var (outOfFold, honest) = (new List<double[]>(), new List<double[]>());
            IReadOnlyList<int[]> labels = [];
            foreach (var member in members)
            {
                tests.Add(Form([.. (await ScoresAsync(bed, member.TestPredictions)).Select(score => (double)score)]));
                (labels, var scores) = await OutOfFoldAsync(bed, classes, member, fold => fold.OutOfFold);
                outOfFold.Add(Form(scores));
                honest.Add(Form((await OutOfFoldAsync(bed, classes, member, fold => fold.HonestOutOfFold)).Scores));
            }
            Assert.Equal(
                Lwlrap.Of(labels, Blend.Weighted(outOfFold, ensemble.Weights), classes.Count).Overall, ensemble.CrossValidatedLwlrap!.Value, 12);
            Assert.Equal(
                Blend.Weighted(tests, ensemble.Weights).Select(score => (float)score), await ScoresAsync(bed, ensemble.TestPredictions));

            int[] folds = [.. members[0].Folds.SelectMany(fold => Enumerable.Repeat(fold.Fold, fold.ValidationClips))];
            var method = ensemble.Method switch { "fitted" => BlendMethod.Fit, "greedy" => BlendMethod.Greedy, _ => BlendMethod.Mean };
            Assert.Equal(BlendFit.Of(labels, folds, honest, classes.Count, method).HonestLwlrap, ensemble.HonestLwlrap);
            if (method == BlendMethod.Greedy)
            {
                Assert.True(ensemble.CrossValidatedLwlrap >= members.Max(member => member.CrossValidatedLwlrap));
            }
        }
        var submission = await ClipList.ReadRowsAsync(bed.Store.Artifacts, progress.Submission!);
        Assert.Equal(
            (await ScoresAsync(bed, progress.Ensembles[0].TestPredictions))[classes.Count],
            (float)double.Parse(submission[2][1], CultureInfo.InvariantCulture));
        using var report = JsonDocument.Parse(await bed.ReadAsync(progress.Report));
        Assert.Equal(3, report.RootElement.GetProperty("ensembles").EnumerateObject().Count());
        Assert.Equal(progress.Ensembles[0].HonestLwlrap, report.RootElement.GetProperty("ensemble").GetProperty("honest_lwlrap").GetDouble());
        Assert.Equal(progress.EnsembleTestLwlrap, progress.Ensembles[0].TestLwlrap);
    }

    private static async Task<(List<int[]> Labels, double[] Scores)> OutOfFoldAsync(
        TestBed bed, ClassMap classes, MemberRecord member, Func<FoldRecord, string?> address)
    {
        var (labels, scores) = (new List<int[]>(), new List<double>());
        foreach (var fold in member.Folds)
        {
            labels.AddRange((await ClipList.ReadAsync(bed.Store.Artifacts, fold.ValidationList!)).Select(clip => clip.LabelsIn(classes)));
            scores.AddRange((await ScoresAsync(bed, address(fold))).Select(score => (double)score));
        }
        return (labels, [.. scores]);
    }

    private static async Task<float[]> ScoresAsync(TestBed bed, string? address) =>
        NpyFile.Read<float>(new MemoryStream(await bed.ReadAsync(address)), "predictions").Values;
}
