using System.Text;

namespace OrleansTagging.Commands.Tests;

public sealed class DatasetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Dataset => _folder["dataset"];

    private string Store => _folder["store"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_synthetic_dataset_has_the_layout_and_every_class()
    {
        var answer = (await SynthAsync("--json")).Succeeded().Json;

        Assert.Equal(16, answer.GetProperty("classes").GetArrayLength());
        foreach (var (folder, count) in new[] { ("train_curated", "curated"), ("train_noisy", "noisy"), ("test", "test") })
        {
            Assert.Equal(answer.GetProperty(count).GetInt32(), Directory.GetFiles(Path.Combine(Dataset, folder)).Length);
        }
        Assert.All(
            ["train_curated.csv", "train_noisy.csv", "sample_submission.csv", "truth.csv"],
            name => Assert.True(File.Exists(Path.Combine(Dataset, name)), name));
    }

    [Fact]
    public async Task A_folder_that_holds_something_is_refused()
    {
        Directory.CreateDirectory(Dataset);
        _folder.Write("dataset/mine.txt", "mine");

        (await SynthAsync()).Refused(Dataset);

        Assert.Single(Directory.GetFileSystemEntries(Dataset));
    }

    [Theory]
    [InlineData("--scale", "0")]
    [InlineData("--scale", "much")]
    [InlineData("--seed", "-1")]
    [InlineData("--seed", "1.5")]
    public async Task A_size_or_a_seed_that_is_none_is_refused(string option, string value) =>
        (await SynthAsync($"{option}={value}")).Refused(option, value);

    [Fact]
    public async Task Import_and_show_tell_the_same()
    {
        (await SynthAsync()).Succeeded();

        var imported = (await ImportAsync()).Succeeded();
        var shown = (await ShowAsync()).Succeeded();
        var json = (await ShowAsync("--json")).Succeeded().Json;

        Assert.Equal(imported.Out, shown.Out);
        var subsets = json.GetProperty("subsets").EnumerateArray().Select(subset => subset.GetProperty("subset").GetString());
        Assert.Equal(["curated", "noisy", "test"], subsets);
        Assert.Equal(22_050, json.GetProperty("rate").GetInt32());
        Assert.Equal(0, json.GetProperty("leftOut").GetArrayLength());
        Assert.NotNull(json.GetProperty("truth").GetString());
    }

    [Fact]
    public async Task Clips_that_cannot_be_used_are_named_left_out_and_counted()
    {
        var bad = await SpoiltAsync();

        var answer = (await ImportAsync("--json")).Succeeded().Json;

        var leftOut = answer.GetProperty("leftOut").EnumerateArray().ToDictionary(
            clip => clip.GetProperty("fname").GetString()!, clip => clip.GetProperty("reason").GetString()!);
        Assert.Equal(bad.Keys.Order(), leftOut.Keys.Order());
        Assert.All(bad, clip => Assert.Contains(clip.Value, leftOut[clip.Key], StringComparison.OrdinalIgnoreCase));
        var table = (await ShowAsync()).Succeeded().Out;
        Assert.All(bad.Keys, name => Assert.Contains(name, table, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_strict_import_refuses_what_it_would_leave_out()
    {
        var bad = await SpoiltAsync();

        (await ImportAsync("--strict")).Refused(bad.Keys.First(), $"{bad.Count} of ");
        (await ShowAsync()).Refused("'small'");
    }

    [Fact]
    public async Task A_missing_folder_is_refused() => (await ImportAsync()).Refused(Dataset, "no such folder");

    [Theory]
    [InlineData("train_noisy", "train_noisy")]
    [InlineData("train_curated.csv", "train_curated.csv")]
    [InlineData("sample_submission.csv", "sample_submission.csv")]
    public async Task A_dataset_without_one_of_its_parts_is_refused(string part, string named)
    {
        (await SynthAsync()).Succeeded();
        var path = Path.Combine(Dataset, part);
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
        else
        {
            File.Delete(path);
        }

        (await ImportAsync()).Refused(named);
    }

    [Fact]
    public async Task A_csv_without_its_header_is_refused()
    {
        await SynthAndRewriteAsync("train_curated.csv", lines => [.. lines.Skip(1)]);
        (await ImportAsync()).Refused("train_curated.csv, line 1", "fname,labels");
    }

    [Fact]
    public async Task A_csv_with_an_unknown_label_is_refused_with_its_line()
    {
        await SynthAndRewriteAsync("train_noisy.csv", lines => [lines[0], lines[1].Split(',')[0] + ",Theremin", .. lines.Skip(2)]);
        (await ImportAsync()).Refused("train_noisy.csv, line 2", "'Theremin'");
    }

    [Fact]
    public async Task A_csv_with_a_clip_twice_is_refused_with_its_line()
    {
        await SynthAndRewriteAsync("train_noisy.csv", lines => [.. lines, lines[1]]);
        (await ImportAsync()).Refused("train_noisy.csv, line ", "twice");
    }

    [Fact]
    public async Task A_csv_with_a_clip_that_is_missing_is_refused_with_its_name()
    {
        await SynthAndRewriteAsync("train_curated.csv", lines => [.. lines, "gone.wav,"]);
        (await ImportAsync()).Refused("train_curated.csv", "'gone.wav'");
    }

    [Theory]
    [InlineData("two words")]
    [InlineData("../up")]
    [InlineData("")]
    public async Task A_name_that_is_none_is_refused(string name)
    {
        (await SynthAsync()).Succeeded();
        (await Invocation.OfAsync("dataset", "import", Dataset, "--name", name, "--store", Store)).Refused($"'{name}'");
    }

    [Fact]
    public async Task Showing_what_was_never_imported_is_refused_and_leaves_no_store_behind()
    {
        (await ShowAsync()).Refused(Store, "no such store");
        Assert.False(Directory.Exists(Store));
    }

    private Task<Invocation> SynthAsync(params string[] more)
    {
        string[] scale = more.Any(option => option.StartsWith("--scale", StringComparison.Ordinal)) ? [] : ["--scale", "0.01"];
        return Invocation.OfAsync(["dataset", "synth", "--out", Dataset, .. scale, .. more]);
    }

    private Task<Invocation> ImportAsync(params string[] more) =>
        Invocation.OfAsync(["dataset", "import", Dataset, "--name", "small", "--store", Store, .. more]);

    private Task<Invocation> ShowAsync(params string[] more) => Invocation.OfAsync(["dataset", "show", "small", "--store", Store, .. more]);

    private async Task SynthAndRewriteAsync(string csv, Func<string[], string[]> rewrite)
    {
        (await SynthAsync()).Succeeded();
        var path = Path.Combine(Dataset, csv);
        await File.WriteAllLinesAsync(path, rewrite(await File.ReadAllLinesAsync(path)));
    }

    /// <summary>A dataset with a bad clip of each kind; gives their names and a word of why.</summary>
    private async Task<SortedDictionary<string, string>> SpoiltAsync()
    {
        (await SynthAsync()).Succeeded();
        var clips = Directory.GetFiles(Path.Combine(Dataset, "train_noisy")).Order(StringComparer.Ordinal).ToArray();
        var sound = await File.ReadAllBytesAsync(clips[0]);
        await File.WriteAllBytesAsync(clips[0], sound[..(sound.Length / 2)]);
        await File.WriteAllBytesAsync(clips[1], []);
        await File.WriteAllTextAsync(clips[2], "This is no sound at all, only a text about one.\n");
        await File.WriteAllBytesAsync(clips[3], Wave(samples: 0));
        await File.WriteAllBytesAsync(clips[4], Wave(samples: 22_050));
        string[] why = ["truncated", "empty", "text", "zero-length", "silent"];
        var spoilt = why.Select((word, at) => (word, at)).ToDictionary(pair => Path.GetFileName(clips[pair.at]), pair => pair.word);
        return new(spoilt, StringComparer.Ordinal);
    }

    /// <summary>A WAV of 16 bits, mono, of silence.</summary>
    private static byte[] Wave(int samples)
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        writer.Write(Encoding.ASCII.GetBytes("RIFF"));
        writer.Write(36 + 2 * samples);
        writer.Write(Encoding.ASCII.GetBytes("WAVEfmt "));
        writer.Write(16);
        writer.Write((short)1);
        writer.Write((short)1);
        writer.Write(22_050);
        writer.Write(2 * 22_050);
        writer.Write((short)2);
        writer.Write((short)16);
        writer.Write(Encoding.ASCII.GetBytes("data"));
        writer.Write(2 * samples);
        writer.Write(new byte[2 * samples]);
        writer.Flush();
        return bytes.ToArray();
    }
}
