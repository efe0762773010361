using System.Security.Cryptography;
using OrleansTagging.Labels;

namespace OrleansTagging.Audio.Tests;

public sealed class SyntheticDatasetTests(SyntheticDatasetTests.Written written) : IClassFixture<SyntheticDatasetTests.Written>
{
    private readonly ClassMap _classes = new(SyntheticDataset.ClassNames);

    [Fact]
    public void Sets_have_their_sizes_and_the_curated_one_is_balanced()
    {
        Assert.Equal((240, 480, 240), (written.Report.Curated, written.Report.Noisy, written.Report.Test));
        Assert.Equal(16, written.Report.Classes.Count);
        var curated = Labels("train_curated.csv");
        Assert.All(curated.GroupBy(clip => clip.Labels[0]), group => Assert.Equal(15, group.Count()));
        Assert.Equal(16, curated.Select(clip => clip.Labels[0]).Distinct().Count());
        Assert.Equal(_classes, ClassMap.FromSampleSubmission(written["sample_submission.csv"]));
        Assert.Equal(SyntheticDataset.ClassNames.Order(StringComparer.Ordinal), SyntheticDataset.ClassNames);
        Assert.Equal(0, PredictionTable.Read(written["sample_submission.csv"], _classes).Scores.ToArray().Max());
    }

    [Fact]
    public void Fifteen_in_a_hundred_clips_of_every_set_have_two_labels()
    {
        var truth = Truth();
        foreach (var clips in new[]
        {
            Labels("train_curated.csv"), Labels("train_noisy.csv"),
            truth.Where(row => row.Subset == "test").Select(row => row.Clip).ToList(),
        })
        {
            Assert.Equal(0.15, clips.Count(clip => clip.Labels.Length == 2) / (double)clips.Count, 1.0 / clips.Count);
            Assert.All(clips, clip => Assert.InRange(clip.Labels.Length, 1, 2));
        }
    }

    [Fact]
    public void Forty_five_in_a_hundred_noisy_clips_are_wrongly_labelled_and_the_truth_says_which()
    {
        var given = Labels("train_noisy.csv").ToDictionary(clip => clip.FileName);
        var truth = Truth().Where(row => row.Subset == "noisy").ToList();
        Assert.Equal(given.Keys.Order(StringComparer.Ordinal), truth.Select(row => row.Clip.FileName));
        foreach (var row in truth)
        {
            Assert.Equal(row.Correct, row.Clip.Labels.ToHashSet().SetEquals(given[row.Clip.FileName].Labels));
            Assert.Equal(row.Clip.Labels.Length, given[row.Clip.FileName].Labels.Length);
        }
        Assert.Equal(216, truth.Count(row => !row.Correct));
        Assert.Equal(216, written.Report.NoisyWrong);
        Assert.All(Truth().Where(row => row.Subset == "test"), row => Assert.True(row.Correct));
    }

    [Fact]
    public void Lengths_are_from_a_third_of_a_second_to_eight_and_about_two_on_average()
    {
        var seconds = new List<double>();
        foreach (var path in Directory.EnumerateFiles(written.Path, "*.wav", SearchOption.AllDirectories))
        {
            // 44 bytes of header, two bytes a sample.
            seconds.Add((new FileInfo(path).Length - 44) / 2.0 / SyntheticDataset.Rate);
            Assert.Matches("^[0-9a-f]{8}[.]wav$", Path.GetFileName(path));
        }
        Assert.Equal(960, seconds.Count);
        Assert.InRange(seconds.Min(), 0.3, 0.5);
        Assert.InRange(seconds.Max(), 5, 8.001);
        Assert.InRange(seconds.Average(), 1.8, 2.3);
        Assert.Equal(seconds.Sum() / 3600, written.Report.Hours, 1e-9);
    }

    [Fact]
    public async Task Every_clip_imports_and_none_is_silent()
    {
        using var folder = new Folder();
        var report = await new DatasetImporter(new ImportOptions { Strict = true })
            .ImportAsync(written.Path, folder["packed"], CancellationToken.None);
        Assert.Equal((240, 480, 240, SyntheticDataset.Rate),
            (report.Facts.Curated.Clips, report.Facts.Noisy.Clips, report.Facts.Test.Clips, report.Facts.Rate));
        Assert.Empty(report.Unlisted);
        Assert.Equal(1.15, report.Facts.Curated.LabelsPerClip, 1e-6);
        using var dataset = PackedDataset.Open(folder["packed"]);
        foreach (var clip in dataset.Clips)
        {
            var peak = 0f;
            foreach (var sample in dataset.Samples(clip.Index))
            {
                peak = Math.Max(peak, Math.Abs(sample));
            }
            Assert.InRange(peak, 0.04f, 1f);
        }
    }

    [Fact]
    public void Noisy_clips_have_a_louder_floor_than_curated_ones()
    {
        // The quietest tenth of 20 ms frames, relative to the clip's power: what is there when the sound is not.
        double Floor(string folder) => Directory.EnumerateFiles(written[folder], "*.wav").Select(path =>
        {
            var samples = AudioFile.Decode(path).Samples;
            var frames = samples.Chunk(441).Select(frame => frame.Average(sample => (double)sample * sample)).Order().ToArray();
            return 10 * Math.Log10((frames[frames.Length / 10] + 1e-12) / (frames.Average() + 1e-12));
        }).Average();
        Assert.True(Floor("train_noisy") > Floor("train_curated") + 3);
    }

    [Fact]
    public void Same_seed_and_scale_give_the_same_bytes_and_another_seed_gives_others()
    {
        using var folder = new Folder();
        SyntheticDataset.Write(folder["a"], 5, 0.05, CancellationToken.None);
        SyntheticDataset.Write(folder["b"], 5, 0.05, CancellationToken.None);
        SyntheticDataset.Write(folder["c"], 6, 0.05, CancellationToken.None);
        Assert.Equal(Hash(folder["a"]), Hash(folder["b"]));
        Assert.NotEqual(Hash(folder["a"]), Hash(folder["c"]));
        Assert.Empty(Names(folder["a"]).Intersect(Names(folder["c"])));
        Assert.Equal(16 + 24 + 16, Names(folder["a"]).Count());
    }

    [Fact]
    public void A_folder_with_something_in_it_or_an_impossible_scale_is_refused()
    {
        using var folder = new Folder();
        folder.Write("a/letter.txt", "dear");
        var error = Assert.Throws<InputException>(() => SyntheticDataset.Write(folder["a"], 1, 1, CancellationToken.None));
        Assert.StartsWith(folder["a"], error.Message);
        foreach (var scale in new[] { 0, -1, double.NaN, 1e9 })
        {
            Assert.Throws<InputException>(() => SyntheticDataset.Write(folder["b"], 1, scale, CancellationToken.None));
        }
        Assert.False(Directory.Exists(folder["b"]));
    }

    [Fact]
    public void Cancelled_nothing_is_left()
    {
        using var folder = new Folder();
        Assert.ThrowsAny<OperationCanceledException>(
            () => SyntheticDataset.Write(folder["a"], 1, 1, new CancellationToken(canceled: true)));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    private List<LabelledClip> Labels(string csv) => [.. LabelTable.Read(written[csv], _classes).Clips];

    private List<(LabelledClip Clip, string Subset, bool Correct)> Truth()
    {
        // File names and classes have neither quotes nor blanks; the last two columns have no commas.
        var rows = File.ReadAllLines(written["truth.csv"])[1..].Select(line => line.Split(',')).ToDictionary(row => row[0]);
        return [.. LabelTable.Read(written["truth.csv"], _classes).Clips
            .Select(clip => (clip, rows[clip.FileName][^2], rows[clip.FileName][^1] == "1"))];
    }

    private static IEnumerable<string> Names(string folder) =>
        Directory.EnumerateFiles(folder, "*.wav", SearchOption.AllDirectories).Select(path => Path.GetFileName(path));

    private static string Hash(string folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(Path.GetRelativePath(folder, path)));
            hash.AppendData(File.ReadAllBytes(path));
        }
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <summary>The dataset of seed 1 at scale 1, written once for all tests.</summary>
    public sealed class Written : IDisposable
    {
        private readonly Folder _folder = new();

        public Written() => Report = SyntheticDataset.Write(Path, 1, 1, CancellationToken.None);

        public SyntheticReport Report { get; }

        public string Path => _folder["synthetic"];

        public string this[string name] => System.IO.Path.Combine(Path, name);

        public void Dispose() => _folder.Dispose();
    }
}
