using OrleansTagging.Labels;

namespace OrleansTagging.Audio.Tests;

public sealed class PackedDatasetTests : IAsyncLifetime
{
    private readonly FreesoundFolder _source = new();

    public async ValueTask InitializeAsync() => await _source.ImportAsync();

    public ValueTask DisposeAsync()
    {
        _source.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void Files_may_stand_anywhere_under_any_name()
    {
        foreach (var name in new[] { "audio.npy", "clips.csv", "dataset.json" })
        {
            File.Move(Path.Combine(_source.Target, name), _source.Other("x-" + name));
        }
        using var dataset = PackedDataset.Open(_source.Other("x-audio.npy"), _source.Other("x-clips.csv"), _source.Other("x-dataset.json"));
        Assert.Equal(8, dataset.Clips.Count);
    }

    [Fact]
    public void Many_threads_read_the_same_samples()
    {
        using var dataset = PackedDataset.Open(_source.Target);
        var sums = dataset.Clips.Select(clip => Sum(dataset.Samples(clip.Index))).ToArray();
        Parallel.For(0, 2_000, at => Assert.Equal(sums[at % 8], Sum(dataset.Samples(at % 8))));
    }

    [Fact]
    public void A_clip_that_is_not_there_is_named()
    {
        using var dataset = PackedDataset.Open(_source.Target);
        Assert.False(dataset.TryGetClip("z.wav", out _));
        Assert.Contains("'z.wav'", Assert.Throws<InputException>(() => dataset.Clip("z.wav")).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => dataset.Samples(8).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => dataset.Samples(-1).Length);
    }

    [Fact]
    public void An_index_that_was_changed_is_refused()
    {
        var path = Path.Combine(_source.Target, "clips.csv");
        File.WriteAllText(path, File.ReadAllText(path).Replace("Bell", "Bark"));
        Assert.StartsWith(path, Assert.Throws<InputException>(() => PackedDataset.Open(_source.Target)).Message);
    }

    [Fact]
    public void Samples_that_were_cut_short_or_changed_are_refused()
    {
        var path = Path.Combine(_source.Target, "audio.npy");
        var bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes.AsSpan(0, bytes.Length - 4));
        Assert.StartsWith(path, Assert.Throws<InputException>(() => PackedDataset.Open(_source.Target)).Message);
        bytes[^3] ^= 1;
        File.WriteAllBytes(path, bytes);
        using var dataset = PackedDataset.Open(_source.Target);
        Assert.StartsWith(path, Assert.Throws<InputException>(() => dataset.CheckAudio()).Message);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("not json")]
    [InlineData("")]
    [InlineData("null")]
    public void Facts_that_are_none_are_refused(string text)
    {
        var path = Path.Combine(_source.Target, "dataset.json");
        File.WriteAllText(path, text);
        var error = Assert.Throws<InputException>(() => PackedDataset.Open(_source.Target)).Message;
        Assert.StartsWith(path, error);
        Assert.DoesNotContain('\n', error);
    }

    private static double Sum(ReadOnlySpan<float> samples)
    {
        var sum = 0.0;
        foreach (var sample in samples)
        {
            sum += sample;
        }
        return sum;
    }
}
