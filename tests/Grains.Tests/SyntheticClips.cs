using System.Text.Json;
using OrleansTagging.Abstractions;
using OrleansTagging.Labels;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains.Tests;

/// <summary>
/// A dataset without sound: the file names carry the truth, which the scripted Trainer hears; 45 % of the noisy labels are wrong.
/// </summary>
internal static class SyntheticClips
{
    public const string Name = "tones";

    public static readonly string[] Classes = ["Bell", "Chirp, high", "Drum", "Rain", "Siren"];

    public static async Task<DatasetRecord> PutAsync(
        Store store, int curated = 30, int noisy = 60, int test = 12, bool truth = true, string name = Name,
        string[]? classes = null)
    {
        classes ??= Classes;
        var rows = new List<string[]>();
        var truths = new List<string[]>();
        var random = SeededRandom.Of(7);
        foreach (var (subset, count) in new[] { ("curated", curated), ("noisy", noisy), ("test", test) })
        {
            for (var clip = 0; clip < count; clip++)
            {
                var labels = clip % 7 == 3 ? new[] { clip % classes.Length, (clip + 2) % classes.Length } : [clip % classes.Length];
                var fname = $"{subset}_{clip:0000}_{string.Join('_', labels.Select(label => $"c{label}"))}.wav";
                var wrong = subset == "noisy" && random.NextDouble() < 0.45;
                var given = wrong ? [(labels[0] + 1 + random.NextInt(classes.Length - 1)) % classes.Length] : labels;
                rows.Add([fname, subset, "0", "1", subset == "test" ? "" : Cell(given, classes)]);
                truths.Add([fname, Cell(labels, classes), subset]);
            }
        }
        return new DatasetRecord
        {
            Name = name,
            Version = $"v{curated}-{noisy}-{test}",
            Rate = 44100,
            Classes = classes.Select(ClassName).ToArray(),
            Audio = await store.Artifacts.PutAsync(new byte[] { 1 }, "npy"),
            Clips = await ClipList.PutAsync(store.Artifacts, ["fname", "subset", "offset", "samples", "labels"], rows),
            Facts = await store.Artifacts.PutAsync(
                JsonSerializer.SerializeToUtf8Bytes(new { classes = classes.Select(ClassName) }), "json"),
            Truth = truth ? await ClipList.PutAsync(store.Artifacts, ["fname", "labels", "subset"], truths) : null,
            Subsets =
            [
                new SubsetCounts { Subset = "curated", Clips = curated, Hours = 0.5, LabelsPerClip = 1.1 },
                new SubsetCounts { Subset = "noisy", Clips = noisy, Hours = 1, LabelsPerClip = 1.1 },
                new SubsetCounts { Subset = "test", Clips = test, Hours = 0.25, LabelsPerClip = 0 },
            ],
            LeftOut = [new LeftOutClip { Fname = "silent.wav", Subset = "noisy", Reason = "it is silent" }],
        };
    }

    // FSDKaggle2019's class names hold underscores where a comma would part two labels.
    private static string ClassName(string name) => name.Replace(", ", "_and_", StringComparison.Ordinal);

    private static string Cell(int[] labels, string[] classes) =>
        string.Join(',', labels.Select(label => ClassName(classes[label])));
}
