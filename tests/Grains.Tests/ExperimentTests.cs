using System.Text;
using System.Text.Json;
using OrleansTagging.Abstractions;
using OrleansTagging.Labels;

namespace OrleansTagging.Grains.Tests;

public sealed class ExperimentTests(UndisturbedRuns undisturbed)
{
    [Fact]
    public async Task An_experiment_runs_to_its_report_and_its_figures_are_those_of_its_predictions()
    {
        var (bed, dataset, progress) = await undisturbed.TwoRounds;

        Assert.Null(progress.Problem);
        Assert.Equal(ExperimentStatus.Done, progress.Status);
        Assert.Equal(progress.JobsTotal, progress.JobsDone);
        Assert.Equal([10, 20], progress.Rounds.Select(round => round.Promoted));
        Assert.Equal(["curated", "main@1"], progress.Rounds.Select(round => round.ScorerSelection));
        Assert.All(progress.Rounds, round => Assert.True(round.TrulyRight > round.BaseRate, $"{round.TrulyRight} {round.BaseRate}"));
        Assert.Equal(["last", "plain"], progress.Members.Select(member => member.Member));

        // The member's figures, computed here from its artifacts alone.
        var classes = new ClassMap(dataset.Classes);
        var plain = progress.Members[1];
        var labels = new List<int[]>();
        var scores = new List<float>();
        foreach (var fold in plain.Folds)
        {
            labels.AddRange((await ClipList.ReadAsync(bed.Store.Artifacts, fold.ValidationList!)).Select(clip => clip.LabelsIn(classes)));
            scores.AddRange(NpyFile.Read<float>(new MemoryStream(await bed.ReadAsync(fold.OutOfFold)), "predictions").Values);
        }
        Assert.Equal(30, labels.Count);
        Assert.Equal(Lwlrap.Of(labels, scores.ToArray().AsSpan(), classes.Count).Overall, plain.CrossValidatedLwlrap);

        // The submission is the mean over members of the mean over folds.
        var submission = (await ClipList.ReadRowsAsync(bed.Store.Artifacts, progress.Submission!)).ToArray();
        Assert.Equal(["fname", .. dataset.Classes], submission[0]);
        Assert.Equal(1 + 12, submission.Length);
        Assert.Equal("test_0000_c0.wav", submission[1][0]);
        var means = progress.Members.Select(member => member.TestPredictions!).ToArray();
        var expected = 0.0;
        foreach (var address in means)
        {
            expected += NpyFile.Read<float>(new MemoryStream(await bed.ReadAsync(address)), "predictions").Values[0] / means.Length;
        }
        Assert.Equal(expected, double.Parse(submission[1][1], System.Globalization.CultureInfo.InvariantCulture), 9);

        using var report = JsonDocument.Parse(await bed.ReadAsync(progress.Report));
        Assert.Equal(progress.EnsembleTestLwlrap, report.RootElement.GetProperty("ensemble").GetProperty("test_lwlrap").GetDouble());
        Assert.Equal(60, report.RootElement.GetProperty("dataset").GetProperty("noisy").GetProperty("clips").GetInt32());
        Assert.Equal("silent.wav", report.RootElement.GetProperty("dataset").GetProperty("left_out")[0].GetProperty("fname").GetString());
        Assert.Equal(plain.Folds[1].TrainingJob, report.RootElement.GetProperty("members")[1].GetProperty("folds")[1].GetProperty(
            "training_job").GetString());
        var text = Encoding.UTF8.GetString(await bed.ReadAsync(progress.Report));
        Assert.DoesNotContain(Environment.MachineName, text, StringComparison.Ordinal);
        Assert.Contains("seconds", Encoding.UTF8.GetString(await bed.ReadAsync(progress.Timings)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Promotion_follows_the_scores_of_models_that_never_heard_the_clip()
    {
        var (bed, dataset, progress) = await undisturbed.TwoRounds;
        Assert.Equal(ExperimentStatus.Done, progress.Status);
        var classes = new ClassMap(dataset.Classes);
        var curriculum = bed.Grains.GetGrain<ICurriculumGrain>(GrainKeys.Curriculum("demo", "main"));
        var folds = (await curriculum.GetStatus(null)).Folds;
        Assert.Equal(4, folds.Length);

        var listed = (await ClipList.ReadAsync(bed.Store.Artifacts, dataset.Clips)).Where(clip => clip.Subset == "noisy")
            .ToDictionary(clip => clip.Fname);
        foreach (var round in progress.Rounds)
        {
            var sums = new Dictionary<string, (double[] Sum, int Models)>();
            foreach (var fold in folds.Where(fold => fold.Selection == round.ScorerSelection))
            {
                var training = await bed.DocumentAsync(fold.TrainingJob!);
                var predicting = await bed.DocumentAsync(fold.NoisyJob!);
                var heard = (await ClipList.ReadAsync(bed.Store.Artifacts, training.Train!.TrainClips)).Select(clip => clip.Fname)
                    .ToHashSet();
                var judged = await ClipList.ReadAsync(bed.Store.Artifacts, predicting.Predict!.Clips);
                Assert.All(judged, clip => Assert.Equal("", clip.Labels));
                var validation = await ClipList.ReadAsync(bed.Store.Artifacts, training.Train.ValidationClips);
                Assert.DoesNotContain(validation, clip => heard.Contains(clip.Fname));
                var scores = NpyFile.Read<float>(new MemoryStream(await bed.ReadAsync(fold.NoisyPredictions)), "predictions").Values;
                for (var row = 0; row < judged.Count; row++)
                {
                    if (heard.Contains(judged[row].Fname))
                    {
                        continue;
                    }
                    var (sum, models) = sums.GetValueOrDefault(judged[row].Fname, (new double[classes.Count], 0));
                    for (var label = 0; label < classes.Count; label++)
                    {
                        sum[label] += scores[row * classes.Count + label];
                    }
                    sums[judged[row].Fname] = (sum, models + 1);
                }
            }
            // Every noisy clip is judged: by all models, or, once promoted, by the one of its own fold.
            Assert.Equal(60, sums.Count);
            var promotedBefore = round.Round == 1 ? 0 : 10;
            Assert.Equal(promotedBefore, sums.Values.Count(score => score.Models == 1));

            var expected = sums
                .Select(score => (Fname: score.Key, Key: AgreementKey.Of(
                    Array.ConvertAll(score.Value.Sum, sum => sum / score.Value.Models), listed[score.Key].LabelsIn(classes))))
                .OrderByDescending(clip => clip.Key).ThenBy(clip => clip.Fname, StringComparer.Ordinal).ToArray();
            var promoted = await ClipList.ReadAsync(bed.Store.Artifacts, round.Selection!);
            Assert.Equal(expected.Take(round.K).Select(clip => clip.Fname), promoted.Select(clip => clip.Fname));
            Assert.Equal(
                (expected[round.K - 1].Key.Agreement, expected[round.K - 1].Key.Margin), (round.AgreementAtCut, round.MarginAtCut));

            for (var rank = 1; rank <= expected.Length; rank += 7)
            {
                var clip = await curriculum.GetClip(expected[rank - 1].Fname);
                var known = clip!.Rounds[round.Round - 1];
                Assert.Equal((rank, expected[rank - 1].Key.Agreement, rank <= round.K), (known.Rank, known.Agreement, known.Promoted));
                Assert.Equal(listed[clip.Fname].Labels.Split(','), clip.GivenLabels);
            }
        }
        Assert.Null(await curriculum.GetClip("curated_0000_c0.wav"));
    }

    [Fact]
    public async Task Jobs_never_name_the_truth()
    {
        var (bed, dataset, _) = await undisturbed.OneRound;

        foreach (var job in bed.TrainerLog().Select(line => line[0]).Distinct())
        {
            Assert.DoesNotContain(dataset.Truth!, (await bed.DocumentAsync(job)).ToJson(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_job_with_a_result_is_run_again_in_no_experiment()
    {
        await using var bed = new TestBed();
        await bed.AddSiloAsync();
        await bed.ImportAsync();
        var first = await bed.RunAsync(TestBed.Yaml("first", rounds: "5"));
        var runs = bed.TrainerLog();
        Assert.Equal(runs.Length, runs.Select(line => line[0]).Distinct().Count());

        var second = await bed.RunAsync(TestBed.Yaml("second", rounds: "5"));
        var again = await bed.RunAsync(TestBed.Yaml("first", rounds: "5"));

        Assert.Equal(runs.Length, bed.TrainerLog().Length);
        Assert.Equal(first.EnsembleTestLwlrap, second.EnsembleTestLwlrap);
        Assert.Equal(await bed.ReadAsync(first.Submission), await bed.ReadAsync(second.Submission));
        Assert.Equal(first.Report, again.Report);
    }

    [Fact]
    public async Task The_same_bytes_come_out_of_one_silo_and_of_three()
    {
        await using var three = new TestBed();
        await three.AddSiloAsync(cpuSlots: 1);
        await three.AddSiloAsync(cpuSlots: 1);
        await three.AddSiloAsync(cpuSlots: 1);
        await three.ImportAsync();

        var alone = await undisturbed.TwoRounds;
        var together = await three.RunAsync(TestBed.Yaml("demo"));

        Assert.Equal(alone.Report, together.Report);
        Assert.Equal(alone.Submission, together.Submission);
    }

    [Theory]
    [InlineData("folds: 2", "folds: 31", "31 folds are asked for, but the dataset 'tones' has 30 curated clips")]
    [InlineData("rounds: [10, 20]", "rounds: [10, 61]",
        "round 2 of the curriculum 'main' asks for 61 clips, but the dataset 'tones' has 60 noisy ones")]
    [InlineData("dataset: tones", "dataset: unknown", "there is no dataset 'unknown'")]
    [InlineData("folds: 2", "fold: 2", "unknown key 'fold'")]
    public async Task What_cannot_be_run_is_refused_in_one_line(string right, string wrong, string problem)
    {
        await using var bed = new TestBed();
        await bed.AddSiloAsync();
        await bed.ImportAsync();

        var answer = await bed.SubmitAsync(TestBed.Yaml("demo").Replace(right, wrong, StringComparison.Ordinal));

        Assert.StartsWith("demo.yaml", answer.Problem, StringComparison.Ordinal);
        Assert.Contains(problem, answer.Problem, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', answer.Problem!);
        Assert.Equal(ExperimentStatus.None, answer.Status);
    }

    [Fact]
    public async Task Another_file_is_refused_while_the_experiment_runs_and_the_same_one_goes_on()
    {
        await using var bed = new TestBed();
        await bed.AddSiloAsync();
        await bed.ImportAsync();
        bed.Script("wait train");
        Assert.Null((await bed.SubmitAsync(TestBed.Yaml("demo"))).Problem);

        Assert.Contains("is running with other settings", (await bed.SubmitAsync(TestBed.Yaml("demo", epochs: 9))).Problem,
            StringComparison.Ordinal);
        var same = await bed.SubmitAsync(TestBed.Yaml("demo") + "\n# a comment\n");
        Assert.Null(same.Problem);
        Assert.Equal(ExperimentStatus.Running, same.Status);
        await bed.Grains.GetGrain<IExperimentGrain>("demo").Stop();
    }

    [Fact]
    public async Task Without_truth_the_report_has_no_test_figures()
    {
        await using var bed = new TestBed();
        await bed.AddSiloAsync();
        await bed.ImportAsync(await SyntheticClips.PutAsync(bed.Store, truth: false));
        var progress = await bed.RunAsync(TestBed.Yaml("demo", rounds: "5"));

        Assert.Equal(ExperimentStatus.Done, progress.Status);
        Assert.Null(progress.EnsembleTestLwlrap);
        Assert.All(progress.Rounds, round => Assert.Equal((null, null, null), (round.TestLwlrap, round.TrulyRight, round.BaseRate)));
        // Scorers predict no test clips that nobody could evaluate.
        var folds = (await bed.Grains.GetGrain<ICurriculumGrain>(GrainKeys.Curriculum("demo", "main")).GetStatus(null)).Folds;
        Assert.All(folds, fold => Assert.Null(fold.TestJob));
    }
}
