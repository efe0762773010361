using OrleansTagging.Labels;

namespace OrleansTagging.Audio.Tests;

public sealed class DatasetImporterTests : IDisposable
{
    private readonly FreesoundFolder _source = new();

    public void Dispose() => _source.Dispose();

    [Fact]
    public async Task Clips_are_packed_by_subset_then_name_with_their_labels_and_samples()
    {
        var report = await _source.ImportAsync();
        using var dataset = PackedDataset.Open(_source.Target);

        Assert.Equal(
            ["a.wav", "b.wav", "c.wav", "n1.wav", "n2.wav", "n3.wav", "t1.wav", "t2.wav"], dataset.Clips.Select(clip => clip.FileName));
        Assert.Equal([1, 0], dataset.Clip("a.wav").Labels);
        Assert.Empty(dataset.Clip("t1.wav").Labels);
        Assert.Equal(ClipSubset.Noisy, dataset.Clip("n3.wav").Subset);
        Assert.Equal(["Bark", "Bell"], dataset.Classes.Names);
        Assert.Equal(FreesoundFolder.Rate, dataset.Rate);
        foreach (var clip in dataset.Clips)
        {
            var folder = clip.Subset == ClipSubset.Test ? "test" : clip.Subset == ClipSubset.Noisy ? "train_noisy" : "train_curated";
            var decoded = AudioFile.Decode(_source[$"{folder}/{clip.FileName}"]).Samples;
            Assert.True(decoded.AsSpan().SequenceEqual(dataset.Samples(clip.Index)), clip.FileName);
        }
        dataset.CheckAudio();
        Assert.Equal((3, 0), (report.Facts.Curated.Clips, report.Facts.Curated.LeftOut));
        Assert.Equal(4 / 3.0, report.Facts.Curated.LabelsPerClip, 1e-6);
        Assert.Equal(6_006, report.Facts.Curated.Samples);
        Assert.Equal(Math.Round(6_006 / 8_000.0 / 3_600, 6), report.Facts.Curated.Hours);
        Assert.Equal((3, 2), (report.Facts.Noisy.Clips, report.Facts.Test.Clips));
        Assert.Empty(report.Facts.LeftOut);
        Assert.Empty(report.Unlisted);
        Assert.Equal(report.Facts.ToBytes(), dataset.Facts.ToBytes());
    }

    [Fact]
    public async Task The_packed_array_opens_as_an_npy_file_of_all_clips_one_after_another()
    {
        await _source.ImportAsync();
        var array = NpyFile.Read<float>(Path.Combine(_source.Target, "audio.npy"));
        Assert.Equal([8 * 2_000 + 36], array.Shape);
        var lines = File.ReadAllLines(Path.Combine(_source.Target, "clips.csv"));
        Assert.Equal("fname,subset,offset,samples,labels", lines[0]);
        Assert.Equal("a.wav,curated,0,2001,\"Bell,Bark\"", lines[1]);
        Assert.Equal("t2.wav,test,14028,2008,", lines[8]);
    }

    [Fact]
    public async Task The_bytes_and_the_version_depend_on_contents_alone()
    {
        await _source.ImportAsync(new ImportOptions { Threads = 1 });
        var again = (await _source.ImportAsync(new ImportOptions { Threads = 7 }, _source.Other("again"))).Facts.Version;
        foreach (var name in new[] { "audio.npy", "clips.csv", "dataset.json" })
        {
            var (first, second) = (Path.Combine(_source.Target, name), Path.Combine(_source.Other("again"), name));
            Assert.Equal(File.ReadAllBytes(first), File.ReadAllBytes(second));
        }

        var versions = new HashSet<string> { again };
        versions.Add((await _source.ImportAsync(new() { Rate = 16_000 }, _source.Other("rate"))).Facts.Version);
        _source.Csv("train_noisy.csv", "fname,labels", "n2.wav,Bell", "n1.wav,Bell", "n3.wav,Bark");
        versions.Add((await _source.ImportAsync(target: _source.Other("labels"))).Facts.Version);
        _source.Put("test/t1.wav", FreesoundFolder.Wave(9));
        versions.Add((await _source.ImportAsync(target: _source.Other("samples"))).Facts.Version);
        _source.Csv("sample_submission.csv", "fname,Bell,Bark", "t2.wav,0,0", "t1.wav,0,0");
        versions.Add((await _source.ImportAsync(target: _source.Other("classes"))).Facts.Version);
        Assert.Equal(5, versions.Count);
        Assert.All(versions, version => Assert.Matches("^[0-9a-f]{64}$", version));
    }

    [Fact]
    public async Task The_most_common_rate_is_taken_and_the_others_are_brought_to_it()
    {
        _source.Put("train_curated/a.wav", FreesoundFolder.Wave(1, 16_000));
        _source.Put("test/t1.wav", FreesoundFolder.Wave(7, 44_100));
        var report = await _source.ImportAsync();
        Assert.Equal(8_000, report.Facts.Rate);
        Assert.Equal([(8_000, 6), (16_000, 1), (44_100, 1)], report.FileRates.Select(pair => (pair.Key, pair.Value)));
        using var dataset = PackedDataset.Open(_source.Target);
        Assert.Equal(AudioFile.Decode(_source["test/t1.wav"], 8_000).Samples, dataset.Samples(dataset.Clip("t1.wav").Index).ToArray());
        Assert.Equal(2_001, dataset.Clip("a.wav").Samples);
    }

    [Fact]
    public async Task Clips_that_cannot_be_used_are_left_out_named_and_counted()
    {
        Spoil();
        var progress = new List<ImportProgress>();
        var importer = new DatasetImporter(new ImportOptions(), new Collector(progress));
        var report = await importer.ImportAsync(_source.Path, _source.Target, CancellationToken.None);
        Assert.Equal(
            [
                ("b.wav", ClipSubset.Curated, ClipDefectKind.Silent), ("n1.wav", ClipSubset.Noisy, ClipDefectKind.Empty),
                ("n2.wav", ClipSubset.Noisy, ClipDefectKind.Text), ("t1.wav", ClipSubset.Test, ClipDefectKind.Truncated),
                ("t2.wav", ClipSubset.Test, ClipDefectKind.ZeroLength),
            ],
            report.Facts.LeftOut.Select(clip => (clip.FileName, clip.Subset, clip.Kind)));
        Assert.Equal((2, 1, 0), (report.Facts.Curated.Clips, report.Facts.Noisy.Clips, report.Facts.Test.Clips));
        Assert.Equal((1, 2, 2), (report.Facts.Curated.LeftOut, report.Facts.Noisy.LeftOut, report.Facts.Test.LeftOut));
        Assert.DoesNotContain(_source.Path, File.ReadAllText(Path.Combine(_source.Target, "dataset.json")));
        using var dataset = PackedDataset.Open(_source.Target);
        Assert.Equal(["a.wav", "c.wav", "n3.wav"], dataset.Clips.Select(clip => clip.FileName));
        Assert.Equal(Enumerable.Range(1, 8), progress.Select(step => step.Done));
        Assert.Equal(new ImportProgress(8, 8, 5), progress[^1]);
    }

    [Fact]
    public async Task Strict_refuses_such_clips_and_leaves_nothing()
    {
        Spoil();
        var error = await Refused(new ImportOptions { Strict = true });
        Assert.Contains("5 of 8 clips cannot be used: b.wav (silent", error);
        Assert.Contains("n1.wav (empty", error);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_source.Target));
    }

    [Fact]
    public async Task Files_that_no_CSV_lists_are_reported_and_ignored()
    {
        _source.Put("train_noisy/stray.wav", FreesoundFolder.Wave(3));
        _source.Put("train_curated/notes.txt", "x"u8);
        _source.Put("test/extra.wav", FreesoundFolder.Wave(3));
        var report = await _source.ImportAsync();
        Assert.Equal(["train_curated/notes.txt", "train_noisy/stray.wav"], report.Unlisted);
        Assert.Equal(2, report.Facts.Test.Clips);
    }

    [Theory]
    [InlineData("no folder", "there is no such folder")]
    [InlineData("no test folder", "test: there is no such folder")]
    [InlineData("no curated csv", "train_curated.csv: there is no such file")]
    [InlineData("no submission", "sample_submission.csv: there is no such file")]
    [InlineData("no header", "train_noisy.csv, line 1")]
    [InlineData("unknown label", "train_noisy.csv, line 2")]
    [InlineData("duplicate", "train_curated.csv, line 3")]
    [InlineData("duplicate across", "duplicate clip 'a.wav'")]
    [InlineData("missing clip", "missing clip 'c.wav'")]
    [InlineData("climbing name", "is not the name of a file")]
    [InlineData("all bad", "8 of 8 clips cannot be used")]
    public async Task Bad_input_is_one_line_that_says_where(string fault, string says)
    {
        switch (fault)
        {
            case "no folder":
                Directory.Delete(_source.Path, recursive: true);
                break;
            case "no test folder":
                Directory.Delete(_source["test"], recursive: true);
                break;
            case "no curated csv":
                File.Delete(_source["train_curated.csv"]);
                break;
            case "no submission":
                File.Delete(_source["sample_submission.csv"]);
                break;
            case "no header":
                _source.Csv("train_noisy.csv", "n1.wav,Bark", "n2.wav,Bell");
                break;
            case "unknown label":
                _source.Csv("train_noisy.csv", "fname,labels", "n1.wav,Meow");
                break;
            case "duplicate":
                _source.Csv("train_curated.csv", "fname,labels", "a.wav,Bark", "a.wav,Bell");
                break;
            case "duplicate across":
                _source.Csv("train_noisy.csv", "fname,labels", "a.wav,Bell");
                break;
            case "missing clip":
                File.Delete(_source["train_curated/c.wav"]);
                break;
            case "climbing name":
                _source.Csv("train_noisy.csv", "fname,labels", "../test/t1.wav,Bell");
                break;
            default:
                foreach (var path in Directory.EnumerateFiles(_source.Path, "*.wav", SearchOption.AllDirectories))
                {
                    File.WriteAllText(path, "no audio");
                }
                break;
        }
        Assert.Contains(says, await Refused(new ImportOptions()));
        Assert.True(!Directory.Exists(_source.Target) || !Directory.EnumerateFileSystemEntries(_source.Target).Any());
    }

    [Fact]
    public async Task A_target_that_holds_something_is_refused_and_left_as_it_is()
    {
        await _source.ImportAsync();
        Assert.Contains("there is a packed dataset already", await Refused(new ImportOptions()));
        PackedDataset.Open(_source.Target).Dispose();
        Directory.CreateDirectory(_source.Other("home"));
        File.WriteAllText(Path.Combine(_source.Other("home"), "letter.txt"), "dear");
        var error = await Assert.ThrowsAsync<InputException>(() => _source.ImportAsync(target: _source.Other("home")));
        Assert.Contains("not empty ('letter.txt')", error.Message);
    }

    [Fact]
    public async Task What_a_killed_import_left_is_no_dataset_and_does_not_hinder_the_next()
    {
        await _source.ImportAsync(target: _source.Other("whole"));
        Directory.CreateDirectory(_source.Target);
        foreach (var (name, copy) in new[]
        {
            ("audio.npy", "audio.npy"), ("clips.csv", "clips.csv"), ("dataset.json", "dataset.json.1.partial"),
        })
        {
            File.Copy(Path.Combine(_source.Other("whole"), name), Path.Combine(_source.Target, copy));
        }
        Assert.Contains("did not end", Assert.Throws<InputException>(() => PackedDataset.Open(_source.Target)).Message);
        await _source.ImportAsync();
        PackedDataset.Open(_source.Target).Dispose();
        Assert.Equal(3, Directory.EnumerateFileSystemEntries(_source.Target).Count());
    }

    [Fact]
    public async Task Cancelling_removes_what_was_written()
    {
        using var cancellation = new CancellationTokenSource();
        var importer = new DatasetImporter(new ImportOptions { Threads = 1 }, new CancelAtThird(cancellation));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => importer.ImportAsync(_source.Path, _source.Target, cancellation.Token));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_source.Target));
    }

    private void Spoil()
    {
        _source.Put("train_curated/b.wav", WaveBytes.Mono16(8_000, new double[500]));
        _source.Put("train_noisy/n1.wav", []);
        _source.Put("train_noisy/n2.wav", "this is text"u8);
        _source.Put("test/t1.wav", FreesoundFolder.Wave(7).AsSpan(0, 900));
        _source.Put("test/t2.wav", WaveBytes.Mono16(8_000, []));
    }

    private async Task<string> Refused(ImportOptions options)
    {
        var error = await Assert.ThrowsAsync<InputException>(() => _source.ImportAsync(options));
        Assert.DoesNotContain('\n', error.Message);
        return error.Message;
    }

    private sealed class Collector(List<ImportProgress> steps) : IProgress<ImportProgress>
    {
        public void Report(ImportProgress value) => steps.Add(value);
    }

    private sealed class CancelAtThird(CancellationTokenSource cancellation) : IProgress<ImportProgress>
    {
        public void Report(ImportProgress value)
        {
            if (value.Done == 3)
            {
                cancellation.Cancel();
            }
        }
    }
}
