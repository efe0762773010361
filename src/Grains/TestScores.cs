using System.Text.Json;
using OrleansTagging.Abstractions;
using OrleansTagging.Labels;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>The test clips of the public and of the private leaderboard, each measured for itself.</summary>
internal static class TestScores
{
    /// <summary>Measures predictions of the test clips; <c>null</c> where the dataset does not say which clip counted for which.</summary>
    /// <param name="artifacts">Where the dataset's truth lies.</param>
    /// <param name="dataset">The dataset.</param>
    /// <param name="clips">The test clips.</param>
    /// <param name="scores">Their predictions, [clips, classes] row-major.</param>
    /// <param name="classes">The classes.</param>
    public static async Task<LeaderboardScores?> OfAsync(
        IArtifactStore artifacts, DatasetRecord dataset, IReadOnlyList<ListedClip> clips, double[] scores, ClassMap classes)
    {
        if (scores.Length == 0 || await Truth.ReadAsync(artifacts, dataset) is not { } truth)
        {
            return null;
        }
        var usages = await UsagesAsync(artifacts, dataset.Truth!);
        return usages.Count == 0 ? null : new LeaderboardScores { Public = Score(TestTruth.Public), Private = Score(TestTruth.Private) };

        double? Score(string usage)
        {
            var rows = Enumerable.Range(0, clips.Count).Where(row => usages.GetValueOrDefault(clips[row].Fname) == usage).ToArray();
            var some = rows.SelectMany(row => scores.AsSpan(row * classes.Count, classes.Count).ToArray()).ToArray();
            return Predictions.Evaluate([.. rows.Select(row => clips[row])], some, truth, classes)?.Overall;
        }
    }

    /// <summary>Writes the two figures into the object that is open, nothing where they are not known.</summary>
    public static void Write(Utf8JsonWriter json, LeaderboardScores? scores)
    {
        Write("public_test_lwlrap", scores?.Public);
        Write("private_test_lwlrap", scores?.Private);

        void Write(string name, double? score)
        {
            if (score is { } known)
            {
                json.WriteNumber(name, known);
            }
        }
    }

    private static async Task<Dictionary<string, string>> UsagesAsync(IArtifactStore artifacts, string truth)
    {
        var rows = await ClipList.ReadRowsAsync(artifacts, truth);
        var (fname, usage) = (Array.IndexOf(rows[0], "fname"), Array.IndexOf(rows[0], "usage"));
        return usage < 0 ? [] : rows.Skip(1).ToDictionary(row => row[fname], row => row[usage], StringComparer.Ordinal);
    }
}
