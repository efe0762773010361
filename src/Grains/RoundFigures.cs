using System.Globalization;
using OrleansTagging.Abstractions;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>
/// Works out a curriculum's rounds: all that reads large files, to be called off the grain's turns, and so without a part in its state.
/// </summary>
internal static class RoundFigures
{
    /// <summary>How good a scorer is: its cross-validated lwlrap, and the test lwlrap where the truth is known.</summary>
    public static async Task<(double? CrossValidated, double? Test)> OfScorerAsync(
        IArtifactStore artifacts, FoldRecord[] folds, ExperimentContext context, bool hasTruth)
    {
        var classes = new ClassMap(context.Dataset.Classes);
        var validation = (await Predictions.CrossValidateAsync(artifacts, folds, classes))?.Overall;
        if (!hasTruth)
        {
            return (validation, null);
        }
        var clips = await ClipList.ReadAsync(artifacts, context.Folds.Test);
        var (test, _) = await Predictions.JudgeAsync(artifacts, folds, context);
        var truth = (await Truth.ReadAsync(artifacts, context.Dataset))!;
        return (validation, Predictions.Evaluate(clips, test, truth, classes)?.Overall);
    }

    /// <summary>Ranks the noisy clips, promotes the first k anew, and describes what came of it.</summary>
    public static async Task<(RoundRecord Record, PromotionRanking Ranking)> PromoteAsync(
        IArtifactStore artifacts, ExperimentContext context, CurriculumSettings settings, RoundRecord record, ShardScores[] scores,
        RoundRecord? before, ManualDecision[] decisions)
    {
        var classes = new ClassMap(context.Dataset.Classes);
        var noisy = await NoisyClipsAsync(artifacts, context);
        var truth = await Truth.ReadAsync(artifacts, context.Dataset);
        var kinds = decisions.ToDictionary(decision => decision.Fname, decision => decision.Kind, StringComparer.Ordinal);
        var decided = Enumerable.Range(0, noisy.Count).Where(clip => kinds.ContainsKey(noisy[clip].Fname))
            .ToDictionary(clip => clip, clip => kinds[noisy[clip].Fname]);
        PromotionRanking Rank(IEnumerable<AgreementKeys> keys) => PromotionRanking.Of(
            keys, clip => noisy[clip].LabelsIn(classes), classes.Count, record.K, settings.ClassCap, decided);
        double? Right(PromotionRanking ranking) => truth?.ShareRight(ranking.Promoted.Select(clip => noisy[clip]));
        ScoringFigures? Figures(PromotionRanking? ranking) => ranking is null ? null : new ScoringFigures
        {
            AgreementAtCut = ranking.AgreementAtCut,
            MeanAgreement = ranking.MeanAgreement,
            TrulyRight = Right(ranking),
        };
        var allFolds = Rank(scores.Select(shard => shard.AllFolds));
        var crossFitted = Array.Exists(scores, shard => shard.CrossFitted is null) ? null : Rank(scores.Select(shard => shard.CrossFitted!));
        var chosen = settings.Scoring == "cross_fitted" ? crossFitted! : allFolds;
        var promoted = chosen.Promoted.Select(clip => noisy[clip].Fname).ToHashSet(StringComparer.Ordinal);
        var promotedBefore = before?.Selection is null ? [] : await ClipList.ReadAsync(artifacts, before.Selection);
        var stayed = promotedBefore.Count(clip => promoted.Contains(clip.Fname));
        record = record with
        {
            Promoted = chosen.Promoted.Length,
            Scoring = settings.Scoring,
            AgreementAtCut = chosen.AgreementAtCut,
            MarginAtCut = chosen.MarginAtCut,
            MeanAgreement = chosen.MeanAgreement,
            AgreementFall = before?.AgreementAtCut - chosen.AgreementAtCut,
            Overlap = stayed,
            Dropped = promotedBefore.Count == 0 ? null : 1 - (double)stayed / promotedBefore.Count,
            TrulyRight = Right(chosen),
            BaseRate = truth?.ShareRight(noisy),
            CrossFitted = Figures(crossFitted),
            AllFolds = Figures(allFolds),
            PromotedByBoth = crossFitted?.Promoted.Intersect(allFolds.Promoted).Count(),
            Decisions = decisions,
            Selection = await PutSelectionAsync(artifacts, noisy, chosen),
        };
        return (record with { Diverged = Diverged(settings.DivergenceStop, record) }, chosen);
    }

    // The column by_hand stands only where it says something, so that the selections of all others keep their address.
    private static Task<string> PutSelectionAsync(IArtifactStore artifacts, List<ListedClip> noisy, PromotionRanking ranking)
    {
        var byHand = ranking.ByHand.Count > 0;
        string[] columns = ["fname", "labels", "agreement", "margin", "fold"];
        return ClipList.PutAsync(artifacts, byHand ? [.. columns, "by_hand"] : columns, ranking.Promoted.Select(clip =>
        {
            string[] cells =
            [
                noisy[clip].Fname,
                noisy[clip].Labels,
                ranking.Keys[clip].Agreement.ToString("R", CultureInfo.InvariantCulture),
                ranking.Keys[clip].Margin.ToString("R", CultureInfo.InvariantCulture),
                noisy[clip].Fold.ToString(CultureInfo.InvariantCulture),
            ];
            return byHand ? [.. cells, ranking.ByHand.Contains(clip) ? "1" : "0"] : cells;
        }));
    }

    /// <summary>Gives the clips that were not promoted the labels that the scorer predicts.</summary>
    /// <param name="artifacts">The store.</param>
    /// <param name="context">The experiment.</param>
    /// <param name="settings">The curriculum.</param>
    /// <param name="record">What is known of the step.</param>
    /// <param name="predictions">Addresses of the predictions of each fold's model.</param>
    /// <param name="promoted">Address of the promoted clips; <c>null</c> where there are none.</param>
    /// <param name="decisions">What was decided by hand: banned clips are left out.</param>
    public static async Task<RelabelRecord> RelabelAsync(
        IArtifactStore artifacts, ExperimentContext context, CurriculumSettings settings, RelabelRecord record, string[] predictions,
        string? promoted, ManualDecision[] decisions)
    {
        var classes = new ClassMap(context.Dataset.Classes);
        var noisy = await NoisyClipsAsync(artifacts, context);
        var kept = promoted is null ? [] : await ClipList.ReadAsync(artifacts, promoted);
        var names = kept.Select(clip => clip.Fname).ToHashSet(StringComparer.Ordinal);
        var banned = decisions.Where(decision => decision.Kind == DecisionKind.Ban).Select(decision => decision.Fname)
            .ToHashSet(StringComparer.Ordinal);
        var rest = Enumerable.Range(0, noisy.Count)
            .Where(clip => !names.Contains(noisy[clip].Fname) && !banned.Contains(noisy[clip].Fname)).ToArray();
        using var models = await NoisyPredictions.OpenAsync(artifacts, predictions);
        var probabilities = new double[classes.Count];
        // The rest was trained on by no fold, so that all of them may be asked, whatever the scoring.
        double[] Of(int clip)
        {
            models.OfAllFolds(clip, probabilities);
            return probabilities;
        }
        var wanted = settings.LabelsPerClip ?? await LabelsPerCuratedClipAsync(artifacts, context);
        var search = new ThresholdSearch();
        foreach (var clip in rest)
        {
            search.Add(Of(clip));
        }
        var (threshold, reached) = rest.Length == 0 ? (0, 0) : search.For(wanted);
        var strategy = settings.Rest switch
        {
            "relabel" => RelabelStrategy.RelabelAll,
            "merge" => RelabelStrategy.RelabelMerge,
            _ => RelabelStrategy.FullMatch,
        };
        var relabelled = rest
            .Select(clip => (Clip: clip, Labels: Relabelling.Labels(strategy, noisy[clip].LabelsIn(classes), Of(clip), threshold)))
            .Where(clip => clip.Labels.Length > 0)
            .Select(clip => noisy[clip.Clip] with { Labels = string.Join(',', clip.Labels.Select(label => classes.Names[label])) })
            .ToArray();
        var used = relabelled.Select(clip => clip.Fname).ToHashSet(StringComparer.Ordinal);
        var truth = await Truth.ReadAsync(artifacts, context.Dataset);
        return record with
        {
            Threshold = rest.Length == 0 ? null : threshold,
            LabelsPerClip = wanted,
            PredictedPerClip = rest.Length == 0 ? null : reached,
            Kept = kept.Count,
            Relabelled = relabelled.Length,
            Dropped = noisy.Count - kept.Count - relabelled.Length,
            Decisions = decisions,
            TrulyRight = truth?.ShareRight(relabelled),
            GivenTrulyRight = truth?.ShareRight(noisy.Where(clip => used.Contains(clip.Fname))),
            Selection = await ClipList.PutAsync(artifacts, ["fname", "labels", "source", "fold"],
                kept.Select(clip => Row(clip, "promoted")).Concat(relabelled.Select(clip => Row(clip, "relabelled")))),
        };

        static string[] Row(ListedClip clip, string source) =>
            [clip.Fname, clip.Labels, source, clip.Fold.ToString(CultureInfo.InvariantCulture)];
    }

    /// <summary>The noisy clips with their given labels and folds, in the order of file names.</summary>
    public static async Task<List<ListedClip>> NoisyClipsAsync(IArtifactStore artifacts, ExperimentContext context) =>
        [.. (await ClipList.ReadAsync(artifacts, context.Folds.Assignments)).Where(clip => clip.Subset == "noisy")];

    private static async Task<double> LabelsPerCuratedClipAsync(IArtifactStore artifacts, ExperimentContext context)
    {
        var counts = (await ClipList.ReadAsync(artifacts, context.Folds.Assignments)).Where(clip => clip.Subset == "curated")
            .Select(clip => clip.Labels.Split(',', StringSplitOptions.RemoveEmptyEntries).Length).Where(count => count > 0).ToArray();
        return counts.Length > 0 ? counts.Average() : throw new InputException("no curated clip has a label; give labels_per_clip.");
    }

    private static string? Diverged(DivergenceSettings? stop, RoundRecord round)
    {
        string Told(string what, double? found, string than, double? limit) =>
            string.Create(CultureInfo.InvariantCulture, $"{what} is {found:0.0000}, {than} {limit}");
        return stop switch
        {
            null => null,
            _ when round.AgreementAtCut < stop.AgreementAtCut =>
                Told("the agreement at the cut", round.AgreementAtCut, "less than", stop.AgreementAtCut),
            _ when round.AgreementFall > stop.AgreementFall =>
                Told("the fall of the agreement at the cut", round.AgreementFall, "more than", stop.AgreementFall),
            _ when round.Dropped > stop.Dropped =>
                Told("the share of clips promoted before that no longer are", round.Dropped, "more than", stop.Dropped),
            _ => null,
        };
    }
}
