using System.Text;
using System.Text.Json;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Grains.Tests;

/// <summary>Clips banned and promoted by hand.</summary>
public sealed class DecisionTests(UndisturbedRuns undisturbed)
{
    private const int K = 5;

    [Fact]
    public async Task The_next_selection_honours_what_was_decided_by_hand_and_says_so_though_the_host_died_in_between()
    {
        var usual = await undisturbed.OneRound;
        var chosen = await ClipList.ReadAsync(usual.Bed.Store.Artifacts, usual.Progress.Rounds.Single().Selection!);
        var all = await RoundFigures.NoisyClipsAsync(usual.Bed.Store.Artifacts, await ContextAsync(usual));
        var (banned, promoted, regretted) = (chosen[0].Fname, all.Last(clip => !chosen.Contains(clip)).Fname, chosen[1].Fname);
        await using var bed = new TestBed();
        await bed.AddSiloAsync(options => options.Alone = true);
        await bed.ImportAsync();
        bed.Script("wait train");
        await bed.SubmitAsync(TestBed.Yaml("demo", rounds: $"{K}"));
        await bed.UntilAsync("demo", progress => progress.Rounds is [{ Step: "train" }]);

        var before = DateTimeOffset.UtcNow.AddSeconds(-1);
        var ban = await DecideAsync(bed, banned, DecisionKind.Ban, "hiss");
        Assert.Null(ban.Problem);
        Assert.Equal((1, "ann", "hiss"), (ban.FromRound, ban.Decision!.By, ban.Decision.Reason));
        Assert.InRange(ban.Decision.At, before, DateTimeOffset.UtcNow.AddSeconds(1));
        Assert.Equal(ban.Decision, (await DecideAsync(bed, banned, DecisionKind.Ban, "hiss")).Decision);
        Assert.Null((await DecideAsync(bed, promoted, DecisionKind.Promote, "a clear bell")).Problem);
        Assert.Null((await DecideAsync(bed, regretted, DecisionKind.Ban, "a slip")).Problem);
        Assert.Null((await DecideAsync(bed, regretted, kind: null)).Decision);
        Assert.Contains("'none.wav'", (await DecideAsync(bed, "none.wav", DecisionKind.Ban, "why not")).Problem, StringComparison.Ordinal);
        Assert.Contains("reason", (await DecideAsync(bed, banned, DecisionKind.Promote, " ")).Problem, StringComparison.Ordinal);
        Assert.Contains("one line", (await DecideAsync(bed, banned, DecisionKind.Promote, "a\nb")).Problem, StringComparison.Ordinal);
        Assert.Contains("Nothing was decided", (await DecideAsync(bed, regretted, kind: null)).Problem, StringComparison.Ordinal);

        await bed.KillAsync();
        await bed.AddSiloAsync(options => options.Alone = true);
        Assert.Equal([banned, promoted], (await CurriculumOf(bed).GetDecisions()).Select(made => made.Fname).Order(StringComparer.Ordinal));
        bed.Script();
        var progress = await bed.UntilAsync("demo", progress => progress.Status != ExperimentStatus.Running);

        Assert.Equal(ExperimentStatus.Done, progress.Status);
        var round = progress.Rounds.Single();
        // The banned one's place goes to the one promoted by hand, which is no measure of the cut.
        Assert.Equal((K, usual.Progress.Rounds[0].AgreementAtCut), (round.Promoted, round.AgreementAtCut));
        var selection = await ClipList.ReadAsync(bed.Store.Artifacts, round.Selection!);
        Assert.Equal(
            chosen.Select(clip => clip.Fname).Where(fname => fname != banned).Append(promoted).Order(StringComparer.Ordinal),
            selection.Select(clip => clip.Fname).Order(StringComparer.Ordinal));
        var rows = await ClipList.ReadRowsAsync(bed.Store.Artifacts, round.Selection!);
        Assert.Equal("by_hand", rows[0][^1]);
        Assert.Equal([promoted], rows.Skip(1).Where(row => row[^1] == "1").Select(row => row[0]));
        Assert.Equal((await CurriculumOf(bed).GetDecisions()), round.Decisions);
        var clip = (await CurriculumOf(bed).GetClip(banned))!;
        Assert.Equal((1, false, "hiss"), (clip.Rounds.Single().Rank, clip.Rounds.Single().Promoted, clip.Rounds.Single().Decision!.Reason));
        Assert.True((await CurriculumOf(bed).GetClip(promoted))!.Rounds.Single().Promoted);
        await ReportTellsAsync(bed, progress, banned, promoted);
        Assert.DoesNotContain("decisions", Encoding.UTF8.GetString(await usual.Bed.ReadAsync(usual.Report)), StringComparison.Ordinal);

        var late = await DecideAsync(bed, regretted, DecisionKind.Ban, "too late");
        Assert.Contains("add a round", late.Problem, StringComparison.Ordinal);
        // A further round honours them too: they hold until they are taken back.
        var extended = await bed.RunAsync(TestBed.Yaml("demo", rounds: $"{K}, 20"));
        Assert.Equal((round.Selection, 20), (extended.Rounds[0].Selection, extended.Rounds[1].Promoted));
        var further = (await ClipList.ReadAsync(bed.Store.Artifacts, extended.Rounds[1].Selection!)).Select(clip => clip.Fname).ToArray();
        Assert.Contains(promoted, further);
        Assert.DoesNotContain(banned, further);
    }

    [Fact]
    public void Clips_promoted_by_hand_count_toward_k_and_toward_their_classes()
    {
        double[] agreements = [1, 0.9, 0.8, 0.7, 0.6, 0.5];
        int[][] labels = [[0], [0], [1], [0], [1], [0]];
        PromotionRanking Rank(int k, double? cap, params (int Clip, DecisionKind Kind)[] decided) => PromotionRanking.Of(
            [new AgreementKeys { Agreements = agreements, Margins = new double[6] }], clip => labels[clip], 2, k, cap,
            decided.ToDictionary(made => made.Clip, made => made.Kind));

        Assert.Equal([0, 1, 2], Rank(3, null).Promoted);
        Assert.Equal([1, 2, 5], Rank(3, null, (0, DecisionKind.Ban), (5, DecisionKind.Promote)).Promoted);
        Assert.Equal(0.8, Rank(3, null, (0, DecisionKind.Ban), (5, DecisionKind.Promote)).AgreementAtCut);
        // Half of four: two of the class 0, of which one is taken.
        Assert.Equal([0, 2, 4, 5], Rank(4, 0.5, (5, DecisionKind.Promote)).Promoted);
        // More than the class may have, and more than k: what a person chose is selected all the same.
        Assert.Equal([0, 1, 5], Rank(2, 0.5, (0, DecisionKind.Promote), (1, DecisionKind.Promote), (5, DecisionKind.Promote)).Promoted);
        Assert.Null(Rank(1, null, (3, DecisionKind.Promote)).AgreementAtCut);
    }

    private static async Task ReportTellsAsync(TestBed bed, ExperimentProgress progress, string banned, string promoted)
    {
        using var report = JsonDocument.Parse(await bed.ReadAsync(progress.Report));
        var told = report.RootElement.GetProperty("rounds")[0].GetProperty("decisions").EnumerateArray()
            .ToDictionary(made => made.GetProperty("fname").GetString()!);
        Assert.Equal(2, told.Count);
        Assert.Equal(("ban", "ann", "hiss"), (
            told[banned].GetProperty("decision").GetString(), told[banned].GetProperty("by").GetString(),
            told[banned].GetProperty("reason").GetString()));
        Assert.Equal("promote", told[promoted].GetProperty("decision").GetString());
    }

    private static Task<DecisionAnswer> DecideAsync(TestBed bed, string fname, DecisionKind? kind, string reason = "") =>
        CurriculumOf(bed).Decide(new DecisionRequest { Fname = fname, Kind = kind, By = "ann", Reason = reason });

    private static ICurriculumGrain CurriculumOf(TestBed bed) =>
        bed.Grains.GetGrain<ICurriculumGrain>(GrainKeys.Curriculum("demo", "main"));

    private static async Task<ExperimentContext> ContextAsync(UndisturbedRun run) => new()
    {
        Experiment = "demo",
        Yaml = "",
        Dataset = run.Dataset,
        Folds = await run.Bed.Grains.GetGrain<IDatasetGrain>(run.Dataset.Name).GetFolds(2, 3, 0),
        Attempt = "",
    };
}
