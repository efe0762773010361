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
/// <param name="TestLwlrap">Test lwlrap of the ensemble, where the truth is known.</param>
/// <param name="Leaderboard">The same on either leaderboard's clips, where the dataset tells them apart.</param>
internal sealed record ReportedExperiment(string Report, string Submission, double? TestLwlrap, LeaderboardScores? Leaderboard);

/// <summary>
/// Writes an experiment's report and submission: figures alone, keys in a fixed order, doubles in the shortest form that reads back the
/// same, no time and no host, so that the same experiment gives the same bytes wherever and however often it was begun.
/// </summary>
internal static class ExperimentReport
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, NewLine = "\n" };

    /// <summary>Averages the ensemble's test predictions and writes both files.</summary>
    public static async Task<ReportedExperiment> WriteAsync(
        IArtifactStore artifacts, ExperimentFile file, ExperimentContext context, IReadOnlyList<RoundRecord> rounds,
        IReadOnlyList<MemberRecord> members)
    {
        var classes = new ClassMap(context.Dataset.Classes);
        var clips = await ClipList.ReadAsync(artifacts, context.Folds.Test);
        var ensemble = members.Where(member => file.Ensemble.Members.Contains(member.Member)).ToArray();
        double[] scores = clips.Count == 0 || ensemble.Length == 0
            ? []
            : await Predictions.MeanAsync(artifacts, ensemble.Select(member => member.TestPredictions!), clips.Count, classes.Count);
        var truth = await Truth.ReadAsync(artifacts, context.Dataset);
        var test = truth is null || scores.Length == 0 ? null : Predictions.Evaluate(clips, scores, truth, classes);
        var leaderboard = await TestScores.OfAsync(artifacts, context.Dataset, clips, scores, classes);
        var submission = await ClipList.PutAsync(artifacts, ["fname", .. context.Dataset.Classes], scores.Length == 0 ? []
            : clips.Select((clip, row) =>
            new[] { clip.Fname }
                .Concat(Enumerable.Range(0, classes.Count)
                    .Select(label => scores[row * classes.Count + label].ToString("R", CultureInfo.InvariantCulture)))
                .ToArray()));
        return new ReportedExperiment(
            await artifacts.PutAsync(Json(file, context, rounds, members, ensemble, test, leaderboard), "json"), submission, test?.Overall,
            leaderboard);
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
                WriteNumber(json, "seconds", job.Seconds);
                WriteNumber(json, "peak_memory", job.PeakMemory);
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
        ExperimentFile file, ExperimentContext context, IReadOnlyList<RoundRecord> rounds, IReadOnlyList<MemberRecord> members,
        MemberRecord[] ensemble, Lwlrap? test, LeaderboardScores? leaderboard)
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
            foreach (var round in rounds)
            {
                WriteRound(json, round);
            }
            json.WriteEndArray();
            json.WriteStartArray("members");
            foreach (var member in members)
            {
                WriteMember(json, member, context.Dataset.Classes);
            }
            json.WriteEndArray();
            json.WriteStartObject("ensemble");
            json.WriteStartArray("members");
            foreach (var member in ensemble)
            {
                json.WriteStringValue(member.Member);
            }
            json.WriteEndArray();
            WriteNumber(json, "test_lwlrap", test?.Overall);
            TestScores.Write(json, leaderboard);
            WritePerClass(json, "test_lwlrap_per_class", context.Dataset.Classes, test?.PerClass ?? [], test?.LabelCounts);
            json.WriteEndObject();
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
        WriteNumber(json, "cross_validated_lwlrap", round.CrossValidatedLwlrap);
        WriteNumber(json, "test_lwlrap", round.TestLwlrap);
        WriteNumber(json, "agreement_at_cut", round.AgreementAtCut);
        json.WriteNumber("overlap_with_round_before", round.Overlap);
        WriteNumber(json, "truly_right", round.TrulyRight);
        WriteNumber(json, "base_rate", round.BaseRate);
        json.WriteString("selection", round.Selection);
        json.WriteEndObject();
    }

    private static void WriteMember(Utf8JsonWriter json, MemberRecord member, string[] classes)
    {
        json.WriteStartObject();
        json.WriteString("member", member.Member);
        json.WriteString("model", member.Model);
        json.WriteString("selection", member.Selection);
        json.WriteStartArray("folds");
        foreach (var fold in member.Folds)
        {
            json.WriteStartObject();
            json.WriteNumber("fold", fold.Fold);
            json.WriteNumber("train_clips", fold.TrainClips);
            json.WriteNumber("validation_clips", fold.ValidationClips);
            json.WriteString("training_job", fold.TrainingJob);
            json.WriteString("test_job", fold.TestJob);
            WriteNumber(json, "lwlrap", fold.Lwlrap);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        WriteNumber(json, "cross_validated_lwlrap", member.CrossValidatedLwlrap);
        WritePerClass(json, "cross_validated_lwlrap_per_class", classes, member.CrossValidatedPerClass, null);
        WriteNumber(json, "test_lwlrap", member.TestLwlrap);
        TestScores.Write(json, member.Leaderboard);
        json.WriteString("test_predictions", member.TestPredictions);
        json.WriteEndObject();
    }

    private static void WritePerClass(Utf8JsonWriter json, string name, string[] classes, double[] values, int[]? counts)
    {
        json.WriteStartObject(name);
        for (var label = 0; label < values.Length; label++)
        {
            // A class that no clip has has no figure.
            WriteNumber(json, classes[label], counts is not null && counts[label] == 0 ? null : values[label]);
        }
        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, double? number)
    {
        if (number is { } value && double.IsFinite(value))
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
