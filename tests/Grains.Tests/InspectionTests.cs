using OrleansTagging.Abstractions;
using OrleansTagging.Labels;

namespace OrleansTagging.Grains.Tests;

/// <summary>What is told of rounds and clips, against the artifacts that it names.</summary>
public sealed class InspectionTests(UndisturbedRuns undisturbed)
{
    [Fact]
    public async Task Of_every_clip_the_agreement_follows_from_the_models_named_and_the_training_lists_hold_it_where_it_says_so()
    {
        var (bed, dataset, progress) = await undisturbed.WholeRecipeRun;
        var classes = new ClassMap(dataset.Classes);
        var (lists, predictions) = (new Dictionary<string, HashSet<string>>(), new Dictionary<string, float[]>());
        async Task<HashSet<string>> TrainedOnAsync(string job)
        {
            if (!lists.TryGetValue(job, out var list))
            {
                var clips = await ClipList.ReadAsync(bed.Store.Artifacts, (await bed.DocumentAsync(job)).Train!.TrainClips);
                lists[job] = list = [.. clips.Select(clip => $"{clip.Fname} {clip.Labels}")];
            }
            return list;
        }
        var promotions = 0;
        foreach (var curriculum in new[] { "main", "own" })
        {
            var grain = bed.Grains.GetGrain<ICurriculumGrain>(GrainKeys.Curriculum("whole", curriculum));
            var selected = new Dictionary<int, HashSet<string>>();
            foreach (var round in progress.Rounds.Where(round => round.Curriculum == curriculum))
            {
                selected[round.Round] =
                    [.. (await ClipList.ReadAsync(bed.Store.Artifacts, round.Selection!)).Select(clip => clip.Fname)];
            }
            foreach (var noisy in (await ClipList.ReadAsync(bed.Store.Artifacts, dataset.Clips)).Where(clip => clip.Subset == "noisy"))
            {
                var clip = (await grain.GetClip(noisy.Fname))!;
                Assert.Equal(noisy.Labels.Split(','), clip.GivenLabels);
                foreach (var round in clip.Rounds)
                {
                    Assert.Equal(selected[round.Round].Contains(clip.Fname), round.Promoted);
                    Assert.Equal([0, 1], round.Models.Select(model => model.Fold));
                    var mean = new double[classes.Count];
                    foreach (var model in round.Models)
                    {
                        // The prediction job's own result is the file named, and its weights are the training's.
                        if (!predictions.TryGetValue(model.Predictions, out var scores))
                        {
                            predictions[model.Predictions] = scores =
                                NpyFile.Read<float>(new MemoryStream(await bed.ReadAsync(model.Predictions)), "predictions").Values;
                            var job = await bed.Grains.GetGrain<ITrainingGrain>(model.PredictionJob!).Describe();
                            Assert.Contains(model.Predictions, job!.Result, StringComparison.Ordinal);
                            var training = await bed.Grains.GetGrain<ITrainingGrain>(model.TrainingJob!).Describe();
                            Assert.Contains((await bed.DocumentAsync(job.Job)).Predict!.Weights, training!.Result, StringComparison.Ordinal);
                        }
                        var row = scores.AsSpan(model.Row * classes.Count, classes.Count).ToArray();
                        Assert.Equal(row.Max(), model.Predicted[0].Probability);
                        Assert.Equal(row[classes.IndexOf(model.Predicted[1].Label)], model.Predicted[1].Probability);
                        Assert.Equal(
                            (await TrainedOnAsync(model.TrainingJob!)).Contains($"{noisy.Fname} {noisy.Labels}"), model.TrainedOnIt);
                        Assert.Equal(curriculum == "own" || !model.TrainedOnIt, model.Counts);
                        for (var label = 0; label < mean.Length; label++)
                        {
                            mean[label] += model.Counts ? row[label] : 0;
                        }
                    }
                    var asked = round.Models.Count(model => model.Counts);
                    Assert.Equal(round.Agreement, Agreement.Of(Array.ConvertAll(mean, sum => sum / asked), noisy.LabelsIn(classes)));
                    promotions += round.Promoted ? 1 : 0;
                }
                await UsesAreTrueAsync(clip, progress, TrainedOnAsync);
            }
        }
        Assert.Equal(progress.Rounds.Sum(round => round.Promoted), promotions);
    }

    [Fact]
    public async Task A_round_seen_from_near_agrees_with_its_selection()
    {
        var (bed, dataset, progress) = await undisturbed.TwoRounds;
        var grain = bed.Grains.GetGrain<ICurriculumGrain>(GrainKeys.Curriculum("demo", "main"));
        Assert.Null(await grain.InspectRound(3, 5));
        var (first, second) = ((await grain.InspectRound(1, 5))!, (await grain.InspectRound(2, 5))!);
        var (before, now) = (await SelectedAsync(bed, progress.Rounds[0]), await SelectedAsync(bed, progress.Rounds[1]));

        Assert.Equal(progress.Rounds[1] with { }, second.Record with { Decisions = progress.Rounds[1].Decisions });
        Assert.Equal((60, 60, 20), (second.Noisy, second.Histogram.Sum(bin => bin.Clips), second.Histogram.Sum(bin => bin.Promoted)));
        Assert.Equal((0d, 1d), (second.Histogram[0].From, second.Histogram[^1].To));
        Assert.Equal(now.Select(clip => clip.Fname).Except(before.Select(clip => clip.Fname)), second.CameIn);
        Assert.Equal(
            before.Select(clip => clip.Fname).Except(now.Select(clip => clip.Fname)).Order(StringComparer.Ordinal), second.Dropped);
        Assert.Equal(second.Dropped.Length / 10d, second.Record.Dropped!.Value, 12);
        Assert.Empty(first.Dropped);
        Assert.Null(first.LabelShift);

        int Labels(List<ListedClip> clips, string label) => clips.Count(clip => clip.Labels.Split(',').Contains(label));
        double Share(List<ListedClip> clips, string label) => Labels(clips, label) / (double)clips.Sum(clip => clip.Labels.Split(',').Length);
        Assert.Equal(dataset.Classes, second.Classes.Select(row => row.Class));
        Assert.All(second.Classes, row =>
        {
            Assert.Equal((Labels(now, row.Class), Labels(before, row.Class)), (row.Promoted, row.PromotedBefore));
            Assert.Equal((Share(now, row.Class), Share(before, row.Class)), (row.Share, row.ShareBefore!.Value));
        });
        Assert.Equal(dataset.Classes.Sum(label => Math.Abs(Share(now, label) - Share(before, label))) / 2, second.LabelShift!.Value, 12);

        Assert.Equal(now.TakeLast(5).Select(clip => clip.Fname), second.Above.Select(clip => clip.Fname));
        Assert.Equal([16, 17, 18, 19, 20, 21, 22, 23, 24, 25], second.Above.Concat(second.Below).Select(clip => clip.Rank));
        Assert.Equal((second.Record.AgreementAtCut, second.Record.MarginAtCut), (second.Above[^1].Agreement, second.Above[^1].Margin));
        Assert.Equal([true, false], second.Above.Concat(second.Below).Select(clip => clip.Promoted).Distinct());
        Assert.Equal(2, second.Models.Length);

        var cut = second.Below[^1].Agreement;
        var what = (await grain.GetWhatIf(2, cut))!;
        Assert.Equal((what.Clips, 0), (20 + what.CameIn, what.Dropped));
        Assert.True(what.CameIn >= 5);
        Assert.Equal(0, (await grain.GetWhatIf(2, 1.1))!.Clips);
        Assert.Equal(20, (await grain.GetWhatIf(2, 1.1))!.Dropped);
    }

    private static async Task UsesAreTrueAsync(
        ClipRecord clip, ExperimentProgress progress, Func<string, Task<HashSet<string>>> trainedOn)
    {
        foreach (var use in clip.UsedBy)
        {
            Assert.Equal(use.Folds.Length, use.Jobs.Length);
            foreach (var job in use.Jobs)
            {
                Assert.Contains($"{clip.Fname} {string.Join(',', use.Labels)}", await trainedOn(job));
            }
        }
        // No member that was trained on it is left out.
        var told = clip.UsedBy.SelectMany(use => use.Jobs).ToHashSet();
        foreach (var member in progress.Members.Where(member => clip.UsedBy.Any(use => use.Owner == member.Member)))
        {
            foreach (var fold in member.Folds)
            {
                var heard = (await trainedOn(fold.TrainingJob!)).Any(line => line.StartsWith($"{clip.Fname} ", StringComparison.Ordinal));
                Assert.Equal(heard, told.Contains(fold.TrainingJob!));
            }
        }
    }

    private static Task<List<ListedClip>> SelectedAsync(TestBed bed, RoundRecord round) =>
        ClipList.ReadAsync(bed.Store.Artifacts, round.Selection!);
}
