using OrleansTagging.Abstractions;
using OrleansTagging.Labels;

namespace OrleansTagging.Grains.Tests;

public sealed class CurriculumTests(UndisturbedRuns undisturbed)
{
    /// <summary>Every figure of every round anew, from the predictions, the given labels and the truth alone.</summary>
    [Fact]
    public async Task A_round_tells_what_models_that_never_heard_a_clip_and_what_all_models_would_promote()
    {
        var (bed, dataset, progress) = await undisturbed.WholeRecipeRun;
        var classes = new ClassMap(dataset.Classes);
        var noisy = await NoisyAsync(bed, dataset);
        var truth = (await ClipList.ReadAsync(bed.Store.Artifacts, dataset.Truth!)).ToDictionary(clip => clip.Fname, clip => clip.Labels);
        foreach (var (curriculum, share) in new[] { ("main", "other_folds"), ("own", "own_fold") })
        {
            var folds = (await bed.Grains.GetGrain<ICurriculumGrain>(GrainKeys.Curriculum("whole", curriculum)).GetStatus(null)).Folds;
            Assert.Equal(6, folds.Length);
            var before = new Dictionary<string, int>();
            double? cutBefore = null;
            foreach (var round in progress.Rounds.Where(round => round.Curriculum == curriculum))
            {
                var own = folds.Where(fold => fold.Selection == round.ScorerSelection).ToArray();
                var heard = new List<HashSet<string>>();
                foreach (var fold in own)
                {
                    var trained = (await bed.DocumentAsync(fold.TrainingJob!)).Train!.TrainClips;
                    heard.Add([.. (await ClipList.ReadAsync(bed.Store.Artifacts, trained)).Select(clip => clip.Fname)]);
                }
                Assert.All(before, clip => Assert.Equal(
                    [share == "own_fold" == (clip.Value == 0), share == "own_fold" == (clip.Value == 1)],
                    heard.Select(clips => clips.Contains(clip.Key))));

                var scores = await Task.WhenAll(own.Select(fold => ScoresAsync(bed, fold.NoisyPredictions)));
                AgreementKey Key(int clip, bool crossFitted)
                {
                    var asked = Enumerable.Range(0, own.Length).Where(fold => !crossFitted || !heard[fold].Contains(noisy[clip].Fname)).ToArray();
                    var mean = Enumerable.Range(0, classes.Count)
                        .Select(label => asked.Sum(fold => (double)scores[fold][clip * classes.Count + label]) / asked.Length).ToArray();
                    return AgreementKey.Of(mean, noisy[clip].LabelsIn(classes));
                }
                (string[] Promoted, AgreementKey[] Keys) Promote(bool crossFitted)
                {
                    var keys = Enumerable.Range(0, noisy.Count).Select(clip => Key(clip, crossFitted)).ToArray();
                    var counts = new int[classes.Count];
                    var taken = new List<int>();
                    foreach (var clip in Enumerable.Range(0, noisy.Count).OrderByDescending(clip => keys[clip]).ThenBy(clip => noisy[clip].Fname,
                        StringComparer.Ordinal))
                    {
                        var labels = noisy[clip].LabelsIn(classes);
                        if (taken.Count < round.K && (curriculum == "own" || labels.All(label => counts[label] < 0.3 * round.K)))
                        {
                            taken.Add(clip);
                            Array.ForEach(labels, label => counts[label]++);
                        }
                    }
                    return ([.. taken.Select(clip => noisy[clip].Fname)], [.. taken.Select(clip => keys[clip])]);
                }
                void Check(ScoringFigures told, (string[] Promoted, AgreementKey[] Keys) found)
                {
                    Assert.Equal(found.Keys[^1].Agreement, told.AgreementAtCut);
                    Assert.Equal(found.Keys.Average(key => key.Agreement), told.MeanAgreement!.Value, 12);
                    Assert.Equal(found.Promoted.Count(fname => GivenRight(noisy, truth, fname)) / (double)found.Promoted.Length,
                        told.TrulyRight!.Value, 12);
                }
                var (crossFitted, allFolds) = (Promote(crossFitted: true), Promote(crossFitted: false));
                Check(round.CrossFitted!, crossFitted);
                Check(round.AllFolds!, allFolds);
                Assert.Equal(crossFitted.Promoted.Intersect(allFolds.Promoted).Count(), round.PromotedByBoth);

                var chosen = curriculum == "main" ? crossFitted : allFolds;
                Assert.Equal(curriculum == "main" ? "cross_fitted" : "all_folds", round.Scoring);
                var selection = await ClipList.ReadAsync(bed.Store.Artifacts, round.Selection!);
                Assert.Equal(chosen.Promoted, selection.Select(clip => clip.Fname));
                Assert.Equal((chosen.Keys[^1].Agreement, chosen.Keys[^1].Margin), (round.AgreementAtCut, round.MarginAtCut));
                Assert.Equal(cutBefore - round.AgreementAtCut, round.AgreementFall);
                Assert.Equal(before.Count == 0 ? null : before.Keys.Except(chosen.Promoted).Count() / (double)before.Count, round.Dropped);
                (before, cutBefore) = (selection.ToDictionary(clip => clip.Fname, clip => clip.Fold), round.AgreementAtCut);
            }
        }
        // Models know by heart what they were trained on: asked about it they agree, rightly labelled or not.
        var second = progress.Rounds.Single(round => round is { Curriculum: "own", Round: 2 });
        Assert.True(second.AllFolds!.MeanAgreement >= second.CrossFitted!.MeanAgreement);
        Assert.Equal([9, 18], progress.Rounds.Where(round => round.Curriculum == "own").Select(round => round.Promoted));
    }

    [Theory]
    [InlineData("main", RelabelStrategy.RelabelAll, null)]
    [InlineData("own", RelabelStrategy.RelabelMerge, 1.4)]
    public async Task The_rest_is_relabelled_as_the_room_of_labels_does_it(string curriculum, RelabelStrategy strategy, double? labelsPerClip)
    {
        var (bed, dataset, progress) = await undisturbed.WholeRecipeRun;
        var classes = new ClassMap(dataset.Classes);
        var rest = progress.Relabelled.Single(rest => rest.Curriculum == curriculum);
        var grain = bed.Grains.GetGrain<ICurriculumGrain>(GrainKeys.Curriculum("whole", curriculum));
        var folds = (await grain.GetStatus(null)).Folds.Where(fold => fold.Selection == $"{curriculum}@2").ToArray();
        Assert.Equal($"{curriculum}@2", rest.ScorerSelection);
        var noisy = await NoisyAsync(bed, dataset);
        var scores = await Task.WhenAll(folds.Select(fold => ScoresAsync(bed, fold.NoisyPredictions)));
        var predictions = new PredictionTable([.. noisy.Select(clip => clip.Fname)], classes,
            [.. Enumerable.Range(0, noisy.Count * classes.Count).Select(at => scores.Sum(fold => (double)fold[at]) / folds.Length)]);
        var promoted = await ClipList.ReadAsync(bed.Store.Artifacts,
            progress.Rounds.Single(round => round.Curriculum == curriculum && round.Round == 2).Selection!);
        var names = promoted.Select(clip => clip.Fname).ToHashSet();
        var others = noisy.Where(clip => !names.Contains(clip.Fname)).ToArray();
        var curated = new List<ListedClip>();
        foreach (var fold in folds)
        {
            curated.AddRange(await ClipList.ReadAsync(bed.Store.Artifacts, fold.ValidationList!));
        }

        var expected = Relabelling.Of(
            new LabelTable(classes, others.Select(clip => new LabelledClip(clip.Fname, clip.LabelsIn(classes)))), predictions, strategy,
            labelsPerClip ?? curated.Average(clip => clip.LabelsIn(classes).Length));

        Assert.Equal((expected.Threshold, expected.LabelsPerClip), (rest.Threshold, rest.PredictedPerClip));
        var used = await ClipList.ReadAsync(bed.Store.Artifacts, rest.Selection!);
        Assert.Equal(promoted.Select(clip => (clip.Fname, clip.Labels)), used.Take(promoted.Count).Select(clip => (clip.Fname, clip.Labels)));
        Assert.Equal(
            expected.Clips.Select(clip => $"{clip.FileName} {string.Join(',', clip.Labels)}"),
            used.Skip(promoted.Count).Select(clip => $"{clip.Fname} {string.Join(',', clip.LabelsIn(classes))}"));
        Assert.Equal((promoted.Count, expected.Clips.Count, others.Length - expected.Clips.Count), (rest.Kept, rest.Relabelled, rest.Dropped));
        var truth = (await ClipList.ReadAsync(bed.Store.Artifacts, dataset.Truth!)).ToDictionary(clip => clip.Fname, clip => clip.Labels);
        var anew = used.Skip(promoted.Count).ToList();
        Assert.Equal(anew.Count(clip => Right(clip.Labels, truth[clip.Fname])) / (double)anew.Count, rest.TrulyRight);
        Assert.Equal(anew.Count(clip => GivenRight(noisy, truth, clip.Fname)) / (double)anew.Count, rest.GivenTrulyRight);

        Assert.Equal(promoted[0].Labels.Split(','), (await grain.GetClip(promoted[0].Fname))!.RelabelledAs);
        Assert.Equal(anew[^1].Labels.Split(','), (await grain.GetClip(anew[^1].Fname))!.RelabelledAs);
    }

    [Fact]
    public async Task Rounds_whose_predictions_diverge_end_and_the_last_good_selection_stands_in()
    {
        var (bed, _, _) = await undisturbed.TwoRounds;
        // A third of the noisy set at the most agrees as well as that.
        var yaml = TestBed.Yaml("diverging", rounds: "10, 55, 57")
            .Replace("    rounds:", "    divergence_stop: {agreement_at_cut: 0.9}\n    rest: full_match\n    rounds:", StringComparison.Ordinal)
            .Replace("  plain:", "  first: {model: mel, selection: main@1}\n  rest: {model: mel, selection: main@relabelled}\n  plain:",
                StringComparison.Ordinal);
        var progress = await bed.RunAsync(yaml);

        Assert.Equal(ExperimentStatus.Done, progress.Status);
        Assert.Equal(["done", "diverged"], progress.Rounds.Select(round => round.Step));
        Assert.Matches("^the agreement at the cut is 0\\.[0-9]{4}, less than 0\\.9$", progress.Rounds[1].Diverged);
        var (first, last) = (progress.Members.Single(member => member.Member == "first"), progress.Members.Single(
            member => member.Member == "last"));
        Assert.Equal(("main@3", "main@1"), (last.Selection, last.TrainedOn));
        Assert.Equal(first.Folds.Select(fold => fold.TrainingJob), last.Folds.Select(fold => fold.TrainingJob));
        Assert.Equal("main@1", progress.Relabelled.Single().ScorerSelection);
        Assert.Equal(10, progress.Relabelled.Single().Kept);
        // Full match keeps what it keeps with the given labels, and of these more are right.
        Assert.Equal(progress.Relabelled.Single().TrulyRight, progress.Relabelled.Single().GivenTrulyRight);
        Assert.Equal(progress.JobsTotal, progress.JobsDone);

        var nothing = await bed.RunAsync(TestBed.Yaml("nothing", rounds: "57")
            .Replace("    rounds:", "    divergence_stop: {agreement_at_cut: 0.9}\n    rounds:", StringComparison.Ordinal));
        Assert.Equal("diverged", nothing.Rounds.Single().Step);
        Assert.Equal("curated", nothing.Members.Single(member => member.Member == "last").TrainedOn);
        Assert.Equal(nothing.Members[1].CrossValidatedLwlrap, nothing.Members[0].CrossValidatedLwlrap);
    }

    private static async Task<List<ListedClip>> NoisyAsync(TestBed bed, DatasetRecord dataset) =>
        [.. (await ClipList.ReadAsync(bed.Store.Artifacts, dataset.Clips)).Where(clip => clip.Subset == "noisy")
            .OrderBy(clip => clip.Fname, StringComparer.Ordinal)];

    private static async Task<float[]> ScoresAsync(TestBed bed, string? address) =>
        NpyFile.Read<float>(new MemoryStream(await bed.ReadAsync(address)), "predictions").Values;

    private static bool GivenRight(List<ListedClip> noisy, Dictionary<string, string> truth, string fname) =>
        Right(noisy.Find(clip => clip.Fname == fname)!.Labels, truth[fname]);

    private static bool Right(string labels, string truth) => labels.Split(',').All(truth.Split(',').Contains);
}
