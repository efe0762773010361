using OrleansTagging.Labels;

namespace OrleansTagging.Audio.Tests;

public sealed class AudioFileTests : IDisposable
{
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(8, 128.0)]
    [InlineData(16, 32768.0)]
    [InlineData(24, 8388608.0)]
    [InlineData(32, 2147483648.0)]
    public void Every_PCM_width_decodes_to_its_steps_over_full_scale(int bits, double fullScale)
    {
        // Steps that a float32 holds exactly, the extremes among them.
        double[] steps = [-fullScale, -fullScale / 2, -1, 0, 1, fullScale / 4, fullScale - Math.Max(1, fullScale / (1 << 24))];
        var clip = AudioFile.Decode(_folder.Write("a.wav", WaveBytes.Of(WaveBytes.Pcm, bits, 44_100, 1, steps)));
        Assert.Equal(steps.Select(step => (float)(step / fullScale)), clip.Samples);
        Assert.Equal((44_100, 44_100, 1), (clip.Rate, clip.FileRate, clip.FileChannels));
    }

    [Theory]
    [InlineData(32)]
    [InlineData(64)]
    public void Float_samples_are_taken_as_they_are_even_beyond_full_scale(int bits)
    {
        double[] samples = [0, 0.25, -1.5, 3, 1e-7];
        var clip = AudioFile.Decode(_folder.Write("a.wav", WaveBytes.Of(WaveBytes.Float, bits, 8_000, 1, samples)));
        Assert.Equal(samples.Select(sample => (float)sample), clip.Samples);
    }

    [Fact]
    public void Channels_are_averaged()
    {
        double[] frames = [100, 300, 32767, -32767, -6, 0, 1, 2];
        var stereo = AudioFile.Decode(_folder.Write("2.wav", WaveBytes.Of(WaveBytes.Pcm, 16, 44_100, 2, frames)));
        Assert.Equal([200 / 32768f, 0, -3 / 32768f, 1.5f / 32768], stereo.Samples);
        var four = AudioFile.Decode(_folder.Write("4.wav", WaveBytes.Of(WaveBytes.Pcm, 16, 44_100, 4, frames)));
        Assert.Equal([100 / 32768f, -0.75f / 32768], four.Samples);
        Assert.Equal(4, four.FileChannels);
    }

    [Theory]
    [InlineData("a.flac", Encoder.Flac16, 1.0 / 65536)]
    [InlineData("a.flac", Encoder.Flac24, 1.0 / 16777216)]
    [InlineData("a.wav", Encoder.WaveX24, 1.0 / 16777216)]
    [InlineData("a.wav", Encoder.Rf64Float, 0)]
    [InlineData("a.aiff", Encoder.Aiff16, 1.0 / 65536)]
    public void Lossless_files_decode_within_half_a_step(string name, int format, double within)
    {
        var samples = WaveBytes.Tone(440, 22_050, 30_000).Select(sample => (float)sample).ToArray();
        Encoder.Write(_folder[name], format, 22_050, 1, samples);
        var clip = AudioFile.Decode(_folder[name]);
        Assert.Equal(samples.Length, clip.Samples.Length);
        // libsndfile scales by 32767 on the way in and by 1/32768 on the way out.
        Assert.All(samples.Zip(clip.Samples), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 3 * within));
    }

    [Fact]
    public void Ogg_Vorbis_keeps_length_and_level()
    {
        var samples = WaveBytes.Tone(440, 44_100, 44_100).SelectMany(sample => new[] { (float)sample, (float)sample }).ToArray();
        Encoder.Write(_folder["a.ogg"], Encoder.OggVorbis, 44_100, 2, samples);
        var clip = AudioFile.Decode(_folder["a.ogg"], 22_050);
        Assert.Equal(22_050, clip.Samples.Length);
        Assert.InRange(Spectrum.Decibels(clip.Samples, 440, 22_050) - Spectrum.Decibels(0.5), -0.2, 0.2);
    }

    [Fact]
    public void Any_rate_is_brought_to_the_wanted_one()
    {
        foreach (var rate in new[] { 8_000, 11_025, 32_000, 44_100, 48_000, 96_000, 44_056 })
        {
            var path = _folder.Write($"{rate}.wav", WaveBytes.Mono16(rate, WaveBytes.Tone(1_000, rate, rate)));
            var clip = AudioFile.Decode(path, 22_050);
            Assert.Equal(22_050, clip.Samples.Length);
            Assert.InRange(Spectrum.Decibels(clip.Samples, 1_000, 22_050) - Spectrum.Decibels(0.5), -0.1, 0.1);
            Assert.Equal(rate, AudioFile.TryReadRate(path));
        }
    }

    [Fact]
    public void A_path_beyond_ASCII_is_opened()
    {
        var path = _folder.Write("Hühner & 鳥.wav", WaveBytes.Mono16(8_000, [0.5]));
        Assert.Single(AudioFile.Decode(path).Samples);
    }

    [Fact]
    public void A_silent_clip_is_decoded_and_known_as_silent()
    {
        Assert.True(AudioFile.Decode(_folder.Write("zero.wav", WaveBytes.Mono16(8_000, new double[100]))).IsSilent);
        Assert.True(AudioFile.Decode(
            _folder.Write("faint.wav", WaveBytes.Of(WaveBytes.Float, 32, 8_000, 1, [0, 1e-5, -1e-5, 5e-6]))).IsSilent);
        Assert.False(AudioFile.Decode(_folder.Write("step.wav", WaveBytes.Of(WaveBytes.Pcm, 16, 8_000, 1, [0, -1, 0]))).IsSilent);
    }

    [Fact]
    public void A_length_left_open_by_a_pipe_is_read_to_the_end()
    {
        foreach (var open in new[] { -1, 0x7FFFFFFF, 0x7FFFF000 })
        {
            var path = _folder.Write("pipe.wav", WaveBytes.WithHeader(WaveBytes.Pcm, 16, 8_000, 1, new byte[2_000], open));
            Assert.Equal(1_000, AudioFile.Decode(path).Samples.Length);
        }
    }

    public static TheoryData<string, ClipDefectKind, string> BadFiles => new()
    {
        { "missing", ClipDefectKind.Missing, "no such file" },
        { "empty", ClipDefectKind.Empty, "empty" },
        { "text", ClipDefectKind.Text, "text file" },
        { "utf8 text", ClipDefectKind.Text, "text file" },
        { "html", ClipDefectKind.Text, "text file" },
        { "noise", ClipDefectKind.Unsupported, "not audio" },
        { "truncated samples", ClipDefectKind.Truncated, "truncated: 600 of 2000 bytes" },
        { "one byte short", ClipDefectKind.Truncated, "truncated: 1999 of 2000 bytes" },
        { "truncated header", ClipDefectKind.Truncated, "truncated" },
        { "truncated flac", ClipDefectKind.Truncated, "truncated" },
        { "truncated flac header", ClipDefectKind.Truncated, "truncated" },
        { "truncated ogg", ClipDefectKind.Truncated, "truncated" },
        { "zero length", ClipDefectKind.ZeroLength, "zero-length" },
        { "nan", ClipDefectKind.NotFinite, "frame 2 holds NaN" },
        { "infinity", ClipDefectKind.NotFinite, "frame 1 holds an infinity" },
        { "unknown codec", ClipDefectKind.Unsupported, "not audio" },
        { "absurd rate", ClipDefectKind.Unsupported, "2000000000 Hz" },
        { "folder", ClipDefectKind.Unreadable, "cannot be read" },
    };

    [Theory]
    [MemberData(nameof(BadFiles))]
    public void A_bad_file_is_refused_in_one_line_that_names_it(string fault, ClipDefectKind kind, string says)
    {
        var path = Bad(fault);
        Assert.False(AudioFile.TryDecode(path, null, out var clip, out var defect));
        Assert.Null(clip);
        Assert.Equal(kind, defect.Kind);
        var error = Assert.Throws<InputException>(() => AudioFile.Decode(path, 22_050));
        Assert.StartsWith(path + ": ", error.Message);
        Assert.Contains(says, error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }

    private string Bad(string fault)
    {
        var tone = WaveBytes.Tone(440, 22_050, 22_050).Select(sample => (float)sample).ToArray();
        switch (fault)
        {
            case "missing":
                return _folder["missing.wav"];
            case "empty":
                return _folder.Write("a.wav", []);
            case "text":
                return _folder.Write("a.wav", "fname,labels\na.wav,Bark\n");
            case "utf8 text":
                return _folder.Write("a.wav", string.Concat(Enumerable.Repeat("Möwe und Häher\n", 500)));
            case "html":
                return _folder.Write("a.ogg", "<!DOCTYPE html><html><body>404</body></html>");
            case "noise":
                var noise = new byte[5_000];
                new Random(1).NextBytes(noise);
                return _folder.Write("a.wav", noise);
            case "truncated samples":
                return _folder.Write("a.wav", WaveBytes.WithHeader(WaveBytes.Pcm, 16, 8_000, 1, new byte[600], 2_000));
            case "one byte short":
                return _folder.Write("a.wav", WaveBytes.WithHeader(WaveBytes.Pcm, 16, 8_000, 1, new byte[2_000], 2_000).AsSpan()[..^1]);
            case "truncated header":
                return _folder.Write("a.wav", WaveBytes.Mono16(8_000, [1, 2]).AsSpan(0, 30));
            case "truncated flac":
                Encoder.Write(_folder["whole"], Encoder.Flac16, 22_050, 1, tone);
                return _folder.Write("a.flac", Half(_folder["whole"]));
            case "truncated flac header":
                Encoder.Write(_folder["whole"], Encoder.Flac16, 22_050, 1, tone);
                return _folder.Write("a.flac", File.ReadAllBytes(_folder["whole"]).AsSpan(0, 20));
            case "truncated ogg":
                Encoder.Write(_folder["whole"], Encoder.OggVorbis, 22_050, 1, tone);
                return _folder.Write("a.ogg", Half(_folder["whole"]));
            case "zero length":
                return _folder.Write("a.wav", WaveBytes.Mono16(8_000, []));
            case "nan":
                return _folder.Write("a.wav", WaveBytes.Of(WaveBytes.Float, 32, 8_000, 1, [0, 1, double.NaN, 0]));
            case "infinity":
                return _folder.Write("a.wav", WaveBytes.Of(WaveBytes.Float, 64, 8_000, 2, [0, 0, 1, double.PositiveInfinity]));
            case "unknown codec":
                return _folder.Write("a.wav", WaveBytes.WithHeader(0x1234, 16, 8_000, 1, new byte[200], 200));
            case "absurd rate":
                return _folder.Write("a.wav", WaveBytes.WithHeader(WaveBytes.Pcm, 16, 2_000_000_000, 1, new byte[200], 200));
            case "folder":
                return Directory.CreateDirectory(_folder["folder.wav"]).FullName;
            default:
                throw new ArgumentOutOfRangeException(nameof(fault), fault, "no such fault");
        }
    }

    private static byte[] Half(string path)
    {
        var bytes = File.ReadAllBytes(path);
        return bytes[..(bytes.Length / 2)];
    }
}
