using OrleansTagging.Abstractions;

namespace OrleansTagging.Grains.Tests;

public sealed class ExtensionTests(UndisturbedRuns undisturbed)
{
    [Fact]
    public async Task A_finished_experiment_is_extended_in_place_and_only_what_is_new_runs()
    {
        await using var bed = new TestBed();
        await bed.AddSiloAsync();
        await bed.ImportAsync();
        var first = await bed.RunAsync(TestBed.Yaml("demo", rounds: "10"));
        var runs = bed.TrainerLog();
        Assert.Equal(ExperimentStatus.Done, first.Status);

        // Another round: its scorer is there, since a member has just that model on just those clips; the member on it is new.
        var extended = await bed.RunAsync(TestBed.Yaml("demo"));
        var added = NewRuns(bed, ref runs);
        Assert.Equal((2, 4), (added.Count(line => line[2] == "train"), added.Count(line => line[2] == "predict")));
        Assert.Equal((await undisturbed.TwoRounds).Report, extended.Report);
        Assert.Equal((await undisturbed.TwoRounds).Submission, extended.Submission);

        // Another member and another ensemble: its own two folds and nothing else.
        var wider = TestBed.Yaml("demo").Replace("  plain:", "  other: {model: mel, selection: main@1, with: {seed: 8}}\n  plain:",
            StringComparison.Ordinal) + "\nensembles: {all: {members: [\"*\"], method: greedy}}";
        var withMember = await bed.RunAsync(wider);
        added = NewRuns(bed, ref runs);
        Assert.Equal((2, 2), (added.Count(line => line[2] == "train"), added.Count(line => line[2] == "predict")));
        Assert.Equal(["last", "other", "plain"], withMember.Members.Select(member => member.Member));
        Assert.Equal(2, withMember.Ensembles.Length);

        // More epochs for one member: its trainings are continued, not begun again.
        var longer = await bed.RunAsync(TestBed.Yaml("demo").Replace("  plain: {model: mel, selection: curated}",
            "  plain: {model: mel, selection: curated, with: {training.more_epochs: [5, 9]}}", StringComparison.Ordinal));
        added = NewRuns(bed, ref runs);
        Assert.Equal((4, 2), (added.Count(line => line[2] == "train"), added.Count(line => line[2] == "predict")));
        var (plain, before) = (longer.Members.Single(member => member.Member == "plain"), extended.Members.Single(
            member => member.Member == "plain"));
        Assert.Equal(before.Folds[0].TrainingJob, plain.Folds[0].ContinuedJobs[0]);
        var last = (await bed.DocumentAsync(plain.Folds[0].TrainingJob!)).Train!;
        Assert.Equal((9, true), (last.Settings.Epochs, last.Continues is not null));
        Assert.NotEqual(before.TestPredictions, plain.TestPredictions);
        Assert.Equal(longer.JobsTotal, longer.JobsDone);

        // Back to where it was: nothing runs, and the report is the same again.
        var back = await bed.RunAsync(TestBed.Yaml("demo"));
        Assert.Empty(NewRuns(bed, ref runs));
        Assert.Equal(extended.Report, back.Report);
    }

    [Fact]
    public async Task What_a_changed_curriculum_touches_starts_anew_and_the_rest_stays()
    {
        await using var bed = new TestBed();
        await bed.AddSiloAsync();
        await bed.ImportAsync();
        await bed.RunAsync(TestBed.Yaml("demo", rounds: "5"));
        var runs = bed.TrainerLog();

        var changed = await bed.RunAsync(TestBed.Yaml("demo", rounds: "10"));
        var added = NewRuns(bed, ref runs);
        // The scorer on curated clips is known; the member on the new selection is not.
        Assert.Equal((2, 2), (added.Count(line => line[2] == "train"), added.Count(line => line[2] == "predict")));
        Assert.Equal(10, changed.Rounds.Single().Promoted);
        Assert.Equal((await undisturbed.TwoRounds).Progress.Rounds[0].Selection, changed.Rounds.Single().Selection);
        var clip = await bed.Grains.GetGrain<ICurriculumGrain>(GrainKeys.Curriculum("demo", "main"))
            .GetClip((await ClipList.ReadAsync(bed.Store.Artifacts, changed.Rounds[0].Selection!))[9].Fname);
        Assert.Equal((10, true), (clip!.Rounds.Single().Rank, clip.Rounds.Single().Promoted));
    }

    private static string[][] NewRuns(TestBed bed, ref string[][] runs)
    {
        var known = runs.Select(line => line[0]).ToHashSet();
        var before = runs.Length;
        runs = bed.TrainerLog();
        var added = runs[before..];
        Assert.DoesNotContain(added, line => known.Contains(line[0]));
        Assert.Equal(added.Length, added.Select(line => line[0]).Distinct().Count());
        return added;
    }
}
