namespace OrleansTagging.Commands.Tests;

public sealed class FeaturesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("mel_2048_1024")]
    [InlineData("mel_2048_4096_128")]
    [InlineData("stft_256_128_64")]
    public async Task A_name_of_no_features_is_refused(string descriptor) =>
        (await FeaturesAsync(_folder.Write("a.wav", ""), descriptor)).Refused($"'{descriptor}'");

    [Fact]
    public async Task A_missing_clip_is_refused() =>
        (await FeaturesAsync(_folder["none.wav"], "mel_512_256_32")).Refused("none.wav", "no such file");

    [Theory]
    [InlineData("", "empty")]
    [InlineData("no sound at all, only words about one", "text")]
    public async Task A_clip_that_is_no_audio_is_refused_and_nothing_is_left(string content, string why)
    {
        (await FeaturesAsync(_folder.Write("bad.wav", content), "mel_512_256_32")).Refused("bad.wav", why);
        Assert.False(File.Exists(_folder["a.npy"]));
    }

    [Fact]
    public async Task Features_are_bands_by_frames_of_float32()
    {
        (await Invocation.OfAsync("dataset", "synth", "--out", _folder["dataset"], "--scale", "0.01")).Succeeded();
        var clip = Directory.GetFiles(_folder["dataset/test"])[0];

        var answer = (await FeaturesAsync(clip, "mel_512_256_32", "--json")).Succeeded().Json;

        Assert.Equal(32, answer.GetProperty("bands").GetInt32());
        var floats = 32 * answer.GetProperty("frames").GetInt32();
        var bytes = await File.ReadAllBytesAsync(_folder["a.npy"]);
        Assert.Equal(0, (bytes.Length - 4 * floats) % 64);
        Assert.Contains("'descr': '<f4'", System.Text.Encoding.Latin1.GetString(bytes, 0, 128), StringComparison.Ordinal);
    }

    private Task<Invocation> FeaturesAsync(string audio, string descriptor, params string[] more) =>
        Invocation.OfAsync(["features", "--audio", audio, "--descriptor", descriptor, "--out", _folder["a.npy"], .. more]);
}
