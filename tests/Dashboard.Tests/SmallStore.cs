using System.Globalization;
using OrleansTagging.Audio;
using OrleansTagging.Commands.Tests;
using OrleansTagging.Labels;

namespace OrleansTagging.Dashboard.Tests;

/// <summary>
/// A store with a small dataset of tones. The file names carry the truth, which the scripted Trainer hears
/// (<c>noisy_0007_c2.wav</c>); 45 % of the noisy labels are wrong.
/// </summary>
internal sealed class SmallStore : IDisposable
{
    private const int Rate = 8000;

    private static readonly string[] Classes = ["Bell", "Chirp", "Drum", "Rain", "Siren"];

    private readonly TemporaryFolder _folder = new();

    /// <summary>The experiment's file.</summary>
    public static string Yaml => """
        name: tones
        dataset: tones
        seed: 3
        folds: 2
        models:
          mel:
            features: mel_512_256_32
        training:
          epochs: 2
          device: cpu
          threads: 1
        curricula:
          main:
            scorer: mel
            rounds: [10, 20]
        members:
          plain: {model: mel, selection: curated}
          last: {model: mel, selection: main@2}
        ensemble: [plain, last]
        """;

    /// <summary>The folder of the store.</summary>
    public string Root => Path.Combine(_folder.Root, "store");

    /// <summary>The folder that the dataset was imported from.</summary>
    public string Source => Path.Combine(_folder.Root, "tones");

    /// <summary>Makes the dataset and imports it.</summary>
    public static async Task<SmallStore> CreateAsync()
    {
        var made = new SmallStore();
        try
        {
            Write(made.Source);
            var (code, _, error) = await TaggingProcess.RunAsync(
                made._folder.Root, "dataset", "import", made.Source, "--name", "tones", "--store", made.Root);
            Assert.True(code == 0, error);
            return made;
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    public void Dispose() => _folder.Dispose();

    private static void Write(string folder)
    {
        var random = SeededRandom.Of(7);
        List<string> truth = ["fname,labels"], sample = [$"fname,{string.Join(',', Classes)}"];
        foreach (var (subset, count) in new[] { ("curated", 20), ("noisy", 60), ("test", 10) })
        {
            var sounds = Directory.CreateDirectory(Path.Combine(folder, subset == "test" ? subset : $"train_{subset}")).FullName;
            List<string> given = ["fname,labels"];
            for (var clip = 0; clip < count; clip++)
            {
                var label = clip % Classes.Length;
                var fname = string.Create(CultureInfo.InvariantCulture, $"{subset}_{clip:0000}_c{label}.wav");
                var wrong = subset == "noisy" && random.NextDouble() < 0.45;
                WaveFile.WritePcm16(Path.Combine(sounds, fname), Tone(label, clip), Rate);
                given.Add($"{fname},{Classes[wrong ? (label + 1 + random.NextInt(Classes.Length - 1)) % Classes.Length : label]}");
                sample.Add($"{fname}{string.Concat(Classes.Select(_ => ",0"))}");
                truth.Add($"{fname},{Classes[label]}");
            }
            if (subset == "test")
            {
                sample.RemoveAll(row => row.StartsWith("curated", StringComparison.Ordinal) || row.StartsWith("noisy", StringComparison.Ordinal));
                File.WriteAllLines(Path.Combine(folder, "sample_submission.csv"), sample);
            }
            else
            {
                File.WriteAllLines(Path.Combine(folder, $"train_{subset}.csv"), given);
            }
        }
        File.WriteAllLines(Path.Combine(folder, "truth.csv"), truth.Where(row => !row.StartsWith("curated", StringComparison.Ordinal)));
    }

    // A tone that rises and fades, so that there is something to see.
    private static float[] Tone(int label, int clip)
    {
        var samples = new float[Rate];
        var phase = 0.0;
        for (var at = 0; at < samples.Length; at++)
        {
            var time = (double)at / Rate;
            phase += 2 * Math.PI * (300 + 400 * label + 200 * time) / Rate;
            samples[at] = (float)(0.5 * Math.Exp(-2 * time) * Math.Sin(phase) + 0.001 * ((at * 7919 + clip) % 17 - 8));
        }
        return samples;
    }
}
