using System.Globalization;
using System.Text;
using OrleansTagging.Audio;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;

namespace OrleansTagging.Trainer.Tests;

/// <summary>A store with a packed dataset of 24 short clips, low tones and high ones, and the label files of one fold.</summary>
internal sealed class TinyDataset : IDisposable
{
    private readonly string _folder;

    private TinyDataset(string folder) => _folder = folder;

    public string StorePath => Path.Combine(_folder, "store");

    public required IArtifactStore Artifacts { get; init; }

    public required JobDocument Job { get; init; }

    public static async Task<TinyDataset> CreateAsync(int epochs = 3)
    {
        var folder = Directory.CreateTempSubdirectory("trainer-tests-").FullName;
        var packed = Path.Combine(folder, "packed");
        var classes = new ClassMap(["high", "low"]);
        using (var packer = new DatasetPacker(packed, 8000, classes))
        {
            for (var clip = 0; clip < 24; clip++)
            {
                var samples = new float[2000 + 300 * (clip % 7)];
                for (var sample = 0; sample < samples.Length; sample++)
                {
                    samples[sample] = 0.3f * MathF.Sin(2 * MathF.PI * (clip % 2 == 0 ? 2500 : 300 + 5 * clip) * sample / 8000);
                }
                packer.Append(Name(clip), ClipSubset.Curated, samples, [clip % 2]);
            }
            packer.Complete([]);
        }
        using var dataset = PackedDataset.Open(packed);
        var store = Store.Open(Path.Combine(folder, "store"));
        var job = new JobDocument
        {
            CodeVersion = CodeVersion.Learning,
            Dataset = new DatasetReference
            {
                Version = dataset.Version,
                Audio = await store.Artifacts.PutFileAsync(Path.Combine(packed, DatasetPacker.AudioFileName), "npy"),
                Clips = await store.Artifacts.PutFileAsync(Path.Combine(packed, DatasetPacker.ClipsFileName), "csv"),
                Facts = await store.Artifacts.PutFileAsync(Path.Combine(packed, DatasetPacker.FactsFileName), "json"),
            },
            Model = new ModelSettings
            {
                Features = "mel_256_128_16",
                Network = new NetworkSettings { Blocks = 3, BaseDepth = 8, Hidden = 16, Dropout = 0.1 },
            },
            Device = "cpu",
            Threads = 1,
            Train = new TrainingTask
            {
                Seed = 5,
                Fold = 0,
                Settings = new TrainingSettings { Epochs = epochs, BatchSize = 4, MaxSeconds = 0.4, Schedule = "1cycle_0.001_0.01" },
                TrainClips = await PutLabelsAsync(store.Artifacts, 0, 16),
                ValidationClips = await PutLabelsAsync(store.Artifacts, 16, 8),
            },
        };
        return new TinyDataset(folder) { Artifacts = store.Artifacts, Job = job };
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Name(int clip) => string.Create(CultureInfo.InvariantCulture, $"clip{clip:D2}.wav");

    private static Task<string> PutLabelsAsync(IArtifactStore artifacts, int first, int count)
    {
        var text = new StringBuilder("fname,labels\n");
        for (var clip = first; clip < first + count; clip++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{Name(clip)},{(clip % 2 == 0 ? "high" : "low")}\n");
        }
        return artifacts.PutAsync(Encoding.UTF8.GetBytes(text.ToString()), "csv");
    }
}
