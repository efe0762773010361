using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansTagging.Abstractions;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>What an experiment ends with.</summary>
/// <param name="Report">Address of <c>report.json</c>.</param>
/// <param name="Submission">Address of <c>submission.csv</c>.</param>
/// <param name="Ensembles">The ensembles, the one that is submitted first.</param>
/// <param name="Spreads">Members that differ in their seed alone.</param>
internal sealed record ReportedExperiment(string Report, string Submission, EnsembleRecord[] Ensembles, SeedSpread[] Spreads);

/// <summary>
/// Writes an experiment's report and submission: figures alone, keys in a fixed order, doubles in the shortest form that reads back the
/// same, no time and no host, so that the same experiment gives the same bytes wherever and however often it was begun.
/// </summary>
internal static class ExperimentReport
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, NewLine = "\n" };

    /// <summary>Blends the ensembles and writes both files.</summary>
    public static async Task<ReportedExperiment> WriteAsync(
        IArtifactStore artifacts, ExperimentFile file, ExperimentContext context, IReadOnlyList<CurriculumStatus> curricula,
        IReadOnlyList<MemberRecord> members)
    {
        var figures = new EnsembleFigures(artifacts, file, context);
        var (submitted, scores) = await figures.BlendAsync("ensemble", file.Ensemble, members);
        var ensembles = new List<EnsembleRecord> { submitted };
        foreach (var (name, settings) in file.Ensembles)
        {
            ensembles.Add((await figures.BlendAsync(name, settings, members)).Record);
        }
        var spreads = EnsembleFigures.Spreads(file, members);
        var clips = await ClipList.ReadAsync(artifacts, context.Folds.Test);
        var classes = context.Dataset.Classes;
        var submission = await ClipList.PutAsync(artifacts, ["fname", .. classes], scores.Length == 0 ? [] : clips.Select((clip, row) =>
            new[] { clip.Fname }
                .Concat(Enumerable.Range(0, classes.Length)
                    .Select(label => scores[row * classes.Length + label].ToString("R", CultureInfo.InvariantCulture)))
                .ToArray()));
        var truth = await Truth.ReadAsync(artifacts, context.Dataset);
        var test = truth is null || scores.Length == 0 ? null : Predictions.Evaluate(clips, scores, truth, new ClassMap(classes));
        var contrasts = await Contrasts.MeasureAsync(artifacts, file, context, members);
        return new ReportedExperiment(
            await artifacts.PutAsync(Json(file, context, curricula, members, ensembles, spreads, contrasts, test), "json"), submission,
            [.. ensembles], spreads);
    }

    /// <summary>Writes what depends on machines: seconds, memory, hosts of every job.</summary>
    public static Task<string> WriteTimingsAsync(IArtifactStore artifacts, string experiment, IEnumerable<JobRecord> jobs)
    {
        var all = jobs.DistinctBy(job => job.Job).OrderBy(job => job.Job, StringComparer.Ordinal).ToArray();
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Indented))
        {
            json.WriteStartObject();
            json.WriteString("experiment", experiment);
            json.WriteNumber("seconds", all.Sum(job => job.Seconds ?? 0));
            json.WriteStartArray("jobs");
            foreach (var job in all)
            {
                json.WriteStartObject();
                json.WriteString("job", job.Job);
                json.WriteString("what", job.What);
                json.WriteNumber("attempts", job.Attempts);
                json.WriteFigure("seconds", job.Seconds);
                json.WriteFigure("peak_memory", job.PeakMemory);
                json.WriteString("host", job.Host);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        bytes.WriteByte((byte)'\n');
        return artifacts.PutAsync(bytes.ToArray(), "json");
    }

    private static byte[] Json(
        ExperimentFile file, ExperimentContext context, IReadOnlyList<CurriculumStatus> curricula, IReadOnlyList<MemberRecord> members,
        IReadOnlyList<EnsembleRecord> ensembles, SeedSpread[] spreads, ContrastRecord[] contrasts, Lwlrap? test)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Indented))
        {
            json.WriteStartObject();
            json.WriteString("experiment", file.Name);
            WriteDataset(json, context.Dataset);
            json.WriteNumber("seed", file.Seed);
            json.WriteNumber("folds", file.Folds);
            json.WriteStartArray("rounds");
            foreach (var round in curricula.SelectMany(curriculum => curriculum.Rounds))
            {
                WriteRound(json, round);
            }
            json.WriteEndArray();
            json.WriteStartArray("relabelled");
            foreach (var rest in curricula.Select(curriculum => curriculum.Relabelled).OfType<RelabelRecord>())
            {
                WriteRelabelled(json, rest);
            }
            json.WriteEndArray();
            json.WriteStartArray("members");
            foreach (var member in members)
            {
                WriteMember(json, member, context.Dataset.Classes);
            }
            json.WriteEndArray();
            json.WriteStartArray("seed_spreads");
            foreach (var spread in spreads)
            {
                WriteSpread(json, spread);
            }
            json.WriteEndArray();
            json.WriteStartObject("ensemble");
            WriteEnsemble(json, ensembles[0]);
            json.WritePerClass("test_lwlrap_per_class", context.Dataset.Classes, test?.PerClass ?? [], test?.LabelCounts);
            json.WriteEndObject();
            json.WriteStartObject("ensembles");
            foreach (var ensemble in ensembles.Skip(1))
            {
                json.WriteStartObject(ensemble.Name);
                WriteEnsemble(json, ensemble);
                json.WriteEndObject();
            }
            json.WriteEndObject();
            ContrastReport.Write(json, contrasts);
            json.WriteEndObject();
        }
        bytes.WriteByte((byte)'\n');
        return bytes.ToArray();
    }

    private static void WriteDataset(Utf8JsonWriter json, DatasetRecord dataset)
    {
        json.WriteStartObject("dataset");
        json.WriteString("name", dataset.Name);
        json.WriteString("version", dataset.Version);
        json.WriteNumber("classes", dataset.Classes.Length);
        foreach (var subset in dataset.Subsets)
        {
            json.WriteStartObject(subset.Subset);
            json.WriteNumber("clips", subset.Clips);
            json.WriteNumber("hours", subset.Hours);
            json.WriteNumber("labels_per_clip", subset.LabelsPerClip);
            json.WriteEndObject();
        }
        json.WriteStartArray("left_out");
        foreach (var clip in dataset.LeftOut)
        {
            json.WriteStartObject();
            json.WriteString("fname", clip.Fname);
            json.WriteString("subset", clip.Subset);
            json.WriteString("reason", clip.Reason);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteRound(Utf8JsonWriter json, RoundRecord round)
    {
        json.WriteStartObject();
        json.WriteString("curriculum", round.Curriculum);
        json.WriteNumber("round", round.Round);
        json.WriteNumber("k", round.K);
        json.WriteNumber("promoted", round.Promoted);
        json.WriteString("scorer_selection", round.ScorerSelection);
        json.WriteFigure("cross_validated_lwlrap", round.CrossValidatedLwlrap);
        json.WriteFigure("test_lwlrap", round.TestLwlrap);
        json.WriteFigure("agreement_at_cut", round.AgreementAtCut);
        json.WriteFigure("margin_at_cut", round.MarginAtCut);
        json.WriteFigure("mean_agreement", round.MeanAgreement);
        json.WriteNumber("overlap_with_round_before", round.Overlap);
        json.WriteFigure("agreement_fall", round.AgreementFall);
        json.WriteFigure("dropped_of_round_before", round.Dropped);
        json.WriteString("diverged", round.Diverged);
        json.WriteFigure("truly_right", round.TrulyRight);
        json.WriteFigure("base_rate", round.BaseRate);
        json.WriteString("scoring", round.Scoring);
        WriteScoring(json, "cross_fitted", round.CrossFitted);
        WriteScoring(json, "all_folds", round.AllFolds);
        json.WriteFigure("promoted_by_both", round.PromotedByBoth);
        json.WriteString("selection", round.Selection);
        WriteDecisions(json, round.Decisions);
        json.WriteEndObject();
    }

    private static void WriteScoring(Utf8JsonWriter json, string name, ScoringFigures? figures)
    {
        if (figures is null)
        {
            json.WriteNull(name);
            return;
        }
        json.WriteStartObject(name);
        json.WriteFigure("agreement_at_cut", figures.AgreementAtCut);
        json.WriteFigure("mean_agreement", figures.MeanAgreement);
        json.WriteFigure("truly_right", figures.TrulyRight);
        json.WriteEndObject();
    }

    private static void WriteRelabelled(Utf8JsonWriter json, RelabelRecord rest)
    {
        json.WriteStartObject();
        json.WriteString("curriculum", rest.Curriculum);
        json.WriteString("rest", rest.Rest);
        json.WriteString("scorer_selection", rest.ScorerSelection);
        json.WriteFigure("cross_validated_lwlrap", rest.CrossValidatedLwlrap);
        json.WriteFigure("test_lwlrap", rest.TestLwlrap);
        json.WriteFigure("threshold", rest.Threshold);
        json.WriteFigure("labels_per_clip", rest.LabelsPerClip);
        json.WriteFigure("predicted_per_clip", rest.PredictedPerClip);
        json.WriteNumber("kept", rest.Kept);
        json.WriteNumber("relabelled", rest.Relabelled);
        json.WriteNumber("dropped", rest.Dropped);
        json.WriteFigure("truly_right", rest.TrulyRight);
        json.WriteFigure("given_truly_right", rest.GivenTrulyRight);
        json.WriteString("selection", rest.Selection);
        WriteDecisions(json, rest.Decisions);
        json.WriteEndObject();
    }

    // Without their times, as all of the report; the rounds' records have them.
    private static void WriteDecisions(Utf8JsonWriter json, ManualDecision[] decisions)
    {
        if (decisions.Length == 0)
        {
            return;
        }
        json.WriteStartArray("decisions");
        foreach (var decision in decisions)
        {
            json.WriteStartObject();
            json.WriteString("fname", decision.Fname);
            json.WriteString("decision", decision.Kind == DecisionKind.Ban ? "ban" : "promote");
            json.WriteString("by", decision.By);
            json.WriteString("reason", decision.Reason);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteMember(Utf8JsonWriter json, MemberRecord member, string[] classes)
    {
        json.WriteStartObject();
        json.WriteString("member", member.Member);
        json.WriteString("model", member.Model);
        json.WriteString("selection", member.Selection);
        json.WriteString("trained_on", member.TrainedOn);
        json.WriteStartArray("folds");
        foreach (var fold in member.Folds)
        {
            json.WriteStartObject();
            json.WriteNumber("fold", fold.Fold);
            json.WriteNumber("train_clips", fold.TrainClips);
            json.WriteNumber("validation_clips", fold.ValidationClips);
            json.WriteString("training_job", fold.TrainingJob);
            json.WriteString("test_job", fold.TestJob);
            json.WriteFigure("lwlrap", fold.Lwlrap);
            json.WriteFigure("honest_lwlrap", fold.HonestLwlrap);
            json.WriteFigure("best_epoch", fold.BestEpoch);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteFigure("cross_validated_lwlrap", member.CrossValidatedLwlrap);
        json.WriteInterval("cross_validated_interval", member.CrossValidatedInterval);
        json.WriteFigure("honest_lwlrap", member.HonestLwlrap);
        json.WritePerClass("cross_validated_lwlrap_per_class", classes, member.CrossValidatedPerClass, member.CrossValidatedCounts);
        json.WriteFigure("test_lwlrap", member.TestLwlrap);
        json.WriteInterval("test_interval", member.TestInterval);
        TestScores.Write(json, member.Leaderboard);
        json.WritePerClass("test_lwlrap_per_class", classes, member.TestPerClass, member.TestCounts);
        json.WriteFigure("holdout_lwlrap", member.HoldoutLwlrap);
        json.WriteString("test_predictions", member.TestPredictions);
        json.WriteString("holdout_predictions", member.HoldoutPredictions);
        json.WriteEndObject();
    }

    private static void WriteEnsemble(Utf8JsonWriter json, EnsembleRecord ensemble)
    {
        json.WriteString("method", ensemble.Method);
        json.WriteStartArray("members");
        foreach (var (member, weight) in ensemble.Members.Zip(ensemble.Weights))
        {
            json.WriteStartObject();
            json.WriteString("member", member);
            json.WriteNumber("weight", weight);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteFigure("cross_validated_lwlrap", ensemble.CrossValidatedLwlrap);
        json.WriteInterval("cross_validated_interval", ensemble.CrossValidatedInterval);
        json.WriteFigure("honest_lwlrap", ensemble.HonestLwlrap);
        json.WriteFigure("test_lwlrap", ensemble.TestLwlrap);
        json.WriteInterval("test_interval", ensemble.TestInterval);
        TestScores.Write(json, ensemble.Leaderboard);
        json.WriteFigure("holdout_lwlrap", ensemble.HoldoutLwlrap);
        json.WriteString("test_predictions", ensemble.TestPredictions);
    }

    private static void WriteSpread(Utf8JsonWriter json, SeedSpread spread)
    {
        json.WriteStartObject();
        json.WriteString("name", spread.Name);
        json.WriteNames("members", spread.Members);
        json.WriteFigure("cross_validated_mean", spread.CrossValidatedMean);
        json.WriteFigure("cross_validated_deviation", spread.CrossValidatedDeviation);
        json.WriteFigure("test_mean", spread.TestMean);
        json.WriteFigure("test_deviation", spread.TestDeviation);
        json.WriteEndObject();
    }
}
