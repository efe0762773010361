using System.Globalization;
using System.Text;
using OrleansTagging.Audio;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;

namespace OrleansTagging.Trainer.Tests;

/// <summary>A store with a packed dataset of 24 short clips, low tones and high ones, and the label files of one fold.</summary>
internal sealed class TinyDataset : IDisposable
{
    private const int Clips = 24;
    private const int Rate = 8000;

    private readonly string _folder;

    private TinyDataset(string folder) => _folder = folder;

    public string StorePath => Path.Combine(_folder, "store");

    public required IArtifactStore Artifacts { get; init; }

    public required ICheckpointStore Checkpoints { get; init; }

    public required JobDocument Job { get; init; }

    public static async Task<TinyDataset> CreateAsync(int epochs = 3)
    {
        var folder = Directory.CreateTempSubdirectory("trainer-tests-").FullName;
        var packed = Path.Combine(folder, "packed");
        await new DatasetImporter(new ImportOptions()).ImportAsync(WriteSource(Path.Combine(folder, "source")), packed, CancellationToken.None);
        using var dataset = PackedDataset.Open(packed);
        var store = Store.Open(Path.Combine(folder, "store"));
        var job = new JobDocument
        {
            CodeVersion = CodeVersion.Learning,
            Dataset = new DatasetReference
            {
                Version = dataset.Version,
                Audio = await store.Artifacts.PutFileAsync(Path.Combine(packed, "audio.npy"), "npy"),
                Clips = await store.Artifacts.PutFileAsync(Path.Combine(packed, "clips.csv"), "csv"),
                Facts = await store.Artifacts.PutFileAsync(Path.Combine(packed, "dataset.json"), "json"),
            },
            Model = new ModelSettings
            {
                Features = "mel_256_128_16",
                Network = new NetworkSettings { NumConvBlocks = 3, ConvBaseDepth = 8, OutputDropout = 0.1 },
            },
            Device = "cpu",
            Threads = 1,
            Train = new TrainingTask
            {
                Seed = 5,
                Fold = 0,
                Settings = new TrainingSettings { Epochs = epochs, BatchSize = 4, MaxAudioLength = 0.4, Scheduler = "1cycle_0.001_0.01" },
                TrainClips = await PutLabelsAsync(store.Artifacts, 0, 16),
                ValidationClips = await PutLabelsAsync(store.Artifacts, 16, 8),
            },
        };
        return new TinyDataset(folder) { Artifacts = store.Artifacts, Checkpoints = store.Checkpoints, Job = job };
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // Clips in FSDKaggle2019's layout, all of them curated.
    private static string WriteSource(string folder)
    {
        foreach (var part in (string[])["train_curated", "train_noisy", "test"])
        {
            Directory.CreateDirectory(Path.Combine(folder, part));
        }
        var labels = new StringBuilder("fname,labels\n");
        for (var clip = 0; clip < Clips; clip++)
        {
            var samples = new float[2000 + 300 * (clip % 7)];
            for (var sample = 0; sample < samples.Length; sample++)
            {
                samples[sample] = 0.3f * MathF.Sin(2 * MathF.PI * (clip % 2 == 0 ? 2500 : 300 + 5 * clip) * sample / Rate);
            }
            FloatWave.Write(Path.Combine(folder, "train_curated", Name(clip)), samples, Rate);
            labels.Append(CultureInfo.InvariantCulture, $"{Name(clip)},{Label(clip)}\n");
        }
        File.WriteAllText(Path.Combine(folder, "train_curated.csv"), labels.ToString());
        File.WriteAllText(Path.Combine(folder, "train_noisy.csv"), "fname,labels\n");
        File.WriteAllText(Path.Combine(folder, "sample_submission.csv"), "fname,high,low\n");
        return folder;
    }

    private static string Label(int clip) => clip % 2 == 0 ? "high" : "low";

    private static string Name(int clip) => string.Create(CultureInfo.InvariantCulture, $"clip{clip:D2}.wav");

    private static Task<string> PutLabelsAsync(IArtifactStore artifacts, int first, int count)
    {
        var text = new StringBuilder("fname,labels\n");
        for (var clip = first; clip < first + count; clip++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{Name(clip)},{Label(clip)}\n");
        }
        return artifacts.PutAsync(Encoding.UTF8.GetBytes(text.ToString()), "csv");
    }
}
