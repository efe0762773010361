using OrleansTagging.Labels;

namespace OrleansTagging.Audio.Tests;

/// <summary>FSDKaggle2019 as it was published: its known faults, the truth of its test clips, the layout of its archive.</summary>
public sealed class PublishedDatasetTests : IDisposable
{
    private const string Truth = "test_post_competition.csv";
    private readonly FreesoundFolder _source = new();

    public void Dispose() => _source.Dispose();

    [Fact]
    public async Task Clips_that_the_publishers_named_as_faulty_are_left_out_with_the_source_that_says_so()
    {
        AddKnownBad();

        var facts = (await _source.ImportAsync(new ImportOptions { Strict = true })).Facts;

        Assert.Equal(["1d44b0bd.wav", "f76181c4.wav"], facts.LeftOut.Select(clip => clip.FileName));
        Assert.All(facts.LeftOut, clip => Assert.Equal((ClipSubset.Curated, ClipDefectKind.KnownBad), (clip.Subset, clip.Kind)));
        Assert.Equal(
            ["known to hold no signal (FSDKaggle2019's publishers, zenodo.org/record/3612637)",
                "known to be wrongly labelled (FSDKaggle2019's publishers, zenodo.org/record/3612637)"],
            facts.LeftOut.Select(clip => clip.Reason));
        Assert.Equal((3, 2), (facts.Curated.Clips, facts.Curated.LeftOut));
        // The names mean something in the curated set alone.
        using var dataset = PackedDataset.Open(_source.Target);
        Assert.Equal(ClipSubset.Noisy, dataset.Clip("6a1f682a.wav").Subset);
    }

    [Fact]
    public async Task They_are_kept_when_asked_for()
    {
        AddKnownBad();
        var facts = (await _source.ImportAsync(new ImportOptions { KeepKnownBad = true })).Facts;
        Assert.Empty(facts.LeftOut);
        Assert.Equal(5, facts.Curated.Clips);
    }

    [Fact]
    public async Task The_archive_gives_the_same_dataset_as_the_competition()
    {
        var competition = await _source.ImportAsync();
        Assert.Null(competition.TestTruth);
        Publish();

        var published = await _source.ImportAsync(target: _source.Other("again"));

        Assert.Equal(competition.Facts.ToBytes(), published.Facts.ToBytes());
        Assert.Equal([new LabelledClip("t2.wav", [1]), new LabelledClip("t1.wav", [0, 1])], published.TestTruth!.Labels.Clips);
    }

    [Fact]
    public async Task The_truth_of_the_test_clips_comes_with_either_layout_and_is_no_part_of_the_packed_dataset()
    {
        _source.Csv(Truth, "fname,labels,usage", "t1.wav,\"Bark,Bell\",Private", "t2.wav,Bell,Public", "more.wav,Bell,Private");

        var report = await _source.ImportAsync();

        Assert.True(report.TestTruth!.TryGetUsage("t1.wav", out var usage));
        Assert.Equal(TestTruth.Private, usage);
        Assert.All(
            Directory.GetFiles(_source.Target).Where(path => !path.EndsWith(".npy", StringComparison.Ordinal)),
            path => Assert.DoesNotContain("Private", File.ReadAllText(path), StringComparison.Ordinal));
        using var dataset = PackedDataset.Open(_source.Target);
        Assert.Empty(dataset.Clip("t1.wav").Labels);
    }

    [Theory]
    [InlineData("both layouts", "both train_curated.csv and FSDKaggle2019.meta are here")]
    [InlineData("no usage", "test_post_competition.csv, line 1: the header has no column 'usage'")]
    [InlineData("no leaderboard", "test_post_competition.csv, line 2: the usage of 't1.wav' is 'Neither'")]
    [InlineData("test clip without truth", "the test clip 't1.wav' of sample_submission.csv is missing here")]
    [InlineData("no vocabulary", "vocabulary.csv: there is no such file")]
    [InlineData("no truth in the archive", "test_post_competition.csv: there is no such file")]
    [InlineData("no audio", "FSDKaggle2019.audio_test: there is no such folder")]
    public async Task Bad_input_is_one_line_that_says_where(string fault, string says)
    {
        switch (fault)
        {
            case "both layouts":
                Directory.CreateDirectory(_source["FSDKaggle2019.meta"]);
                break;
            case "no usage":
                _source.Csv(Truth, "fname,labels", "t1.wav,Bark", "t2.wav,Bell");
                break;
            case "no leaderboard":
                _source.Csv(Truth, "fname,labels,usage", "t1.wav,Bark,Neither", "t2.wav,Bell,Public");
                break;
            case "test clip without truth":
                _source.Csv(Truth, "fname,labels,usage", "t2.wav,Bell,Public");
                break;
            case "no vocabulary":
                Publish();
                File.Delete(_source["FSDKaggle2019.meta/vocabulary.csv"]);
                break;
            case "no truth in the archive":
                Publish();
                File.Delete(_source[$"FSDKaggle2019.meta/{Truth}"]);
                break;
            default:
                Publish();
                Directory.Delete(_source["FSDKaggle2019.audio_test"], recursive: true);
                break;
        }
        var error = await Assert.ThrowsAsync<InputException>(() => _source.ImportAsync());
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    private void AddKnownBad()
    {
        _source.Csv(
            "train_curated.csv", "fname,labels", "c.wav,Bark", "f76181c4.wav,Bark", "a.wav,\"Bell,Bark\"", "1d44b0bd.wav,Bell",
            "b.wav,Bell");
        _source.Csv("train_noisy.csv", "fname,labels", "n2.wav,Bell", "n1.wav,Bark", "n3.wav,Bark", "6a1f682a.wav,Bark");
        _source.Put("train_curated/f76181c4.wav", FreesoundFolder.Wave(11));
        _source.Put("train_curated/1d44b0bd.wav", FreesoundFolder.Wave(12));
        _source.Put("train_noisy/6a1f682a.wav", FreesoundFolder.Wave(13));
    }

    /// <summary>Brings the folder into the layout of the archive.</summary>
    private void Publish()
    {
        Directory.Move(_source["train_curated"], _source["FSDKaggle2019.audio_train_curated"]);
        Directory.Move(_source["train_noisy"], _source["FSDKaggle2019.audio_train_noisy"]);
        Directory.Move(_source["test"], _source["FSDKaggle2019.audio_test"]);
        foreach (var csv in new[] { "train_curated.csv", "train_noisy.csv", "sample_submission.csv" })
        {
            File.Delete(_source[csv]);
        }
        const string meta = "FSDKaggle2019.meta/";
        _source.Csv(
            $"{meta}train_curated_post_competition.csv", "fname,labels,freesound_id,license", "c.wav,Bark,3,CC0",
            "a.wav,\"Bell,Bark\",1,CC0", "b.wav,Bell,2,CC-BY");
        _source.Csv(
            $"{meta}train_noisy_post_competition.csv", "fname,labels,flickr_video_URL,license", "n2.wav,Bell,http://a,CC-BY",
            "n1.wav,Bark,http://b,CC-BY", "n3.wav,Bark,http://c,CC-BY");
        _source.Csv(
            $"{meta}{Truth}", "fname,labels,usage,freesound_id,license", "t2.wav,Bell,Public,7,CC0", "t1.wav,\"Bark,Bell\",Private,8,CC0");
        _source.Csv($"{meta}vocabulary.csv", "0,Bark", "1,Bell");
    }
}
