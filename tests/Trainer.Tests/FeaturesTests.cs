using OrleansTagging.Labels;

namespace OrleansTagging.Trainer.Tests;

public sealed class FeaturesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("trainer-tests-").FullName;

    [Fact]
    public async Task The_features_of_a_clip_equal_the_reference()
    {
        var audio = Path.Combine(_folder, "signal.wav");
        FloatWave.Write(audio, NpyFile.Read<float>(Golden("signal.npy")).Values, 44100);
        var output = Path.Combine(_folder, "signal.npy");
        using var trainer = TrainerProcess.Start("features", "--audio", audio, "--descriptor", "mel_2048_1024_128", "--out", output);
        var (code, errors) = await trainer.EndAsync();
        Assert.True(code == 0, errors);
        var expected = NpyFile.Read<float>(Golden("log_mel_2048_1024_128.npy"));
        var actual = NpyFile.Read<float>(output);
        Assert.Equal(expected.Shape, actual.Shape);
        Assert.True(expected.Values.Zip(actual.Values, (left, right) => Math.Abs(left - right)).Max() < 1e-3);
    }

    [Fact]
    public async Task A_text_file_is_no_clip_and_leaves_no_output()
    {
        var audio = Path.Combine(_folder, "letter.wav");
        await File.WriteAllTextAsync(audio, "Dear reader");
        var output = Path.Combine(_folder, "letter.npy");
        using var trainer = TrainerProcess.Start("features", "--audio", audio, "--descriptor", "mel_2048_1024_128", "--out", output);
        var (code, errors) = await trainer.EndAsync();
        Assert.Equal(2, code);
        Assert.Contains("letter.wav", Assert.Single(errors.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
        Assert.False(File.Exists(output));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Golden(string name) => Path.Combine(AppContext.BaseDirectory, "golden", name);
}
