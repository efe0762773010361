using System.Diagnostics.CodeAnalysis;
using OrleansTagging.Labels;

namespace OrleansTagging.Audio;

/// <summary>
/// Decodes audio files through libsndfile: WAV (PCM of 8, 16, 24 and 32 bits, float of 32 and 64), FLAC, Ogg Vorbis and whatever else the
/// installed libsndfile knows, of any rate and channel count, to mono at a wanted rate.
/// </summary>
public static class AudioFile
{
    /// <summary>The lowest rate that is taken for one of audio, in Hz.</summary>
    public const int LowestRate = 1_000;

    /// <summary>The highest rate that is taken for one of audio, in Hz.</summary>
    public const int HighestRate = 768_000;

    private const int BlockFrames = 16_384;

    /// <summary>Decodes a file to mono at <paramref name="rate"/> Hz, or at the file's own rate where null.</summary>
    /// <exception cref="InputException">The file is missing, empty, text, truncated, damaged, unsupported, has no samples, or one that is
    /// no finite number. A silent clip is decoded; <see cref="AudioClip.IsSilent"/> tells.</exception>
    public static AudioClip Decode(string path, int? rate = null) =>
        TryDecode(path, rate, out var clip, out var defect) ? clip : throw new InputException($"{path}: {defect.Reason}.");

    /// <summary>Decodes a file to mono at <paramref name="rate"/> Hz, or at the file's own rate where null; false with the defect where it
    /// cannot.</summary>
    public static bool TryDecode(
        string path, int? rate, [NotNullWhen(true)] out AudioClip? clip, [NotNullWhen(false)] out ClipDefect? defect)
    {
        if (rate is { } wanted)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(wanted, LowestRate, nameof(rate));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(wanted, HighestRate, nameof(rate));
        }
        clip = null;
        defect = ContainerCheck.Defect(path);
        if (defect is not null)
        {
            return false;
        }
        var info = new LibSndFile.Info();
        var file = LibSndFile.Open(path, ref info);
        if (file == 0)
        {
            defect = new(ClipDefectKind.Unsupported, $"not audio that libsndfile decodes ({OneLine(LibSndFile.Error(0))})");
            return false;
        }
        float[] mono;
        try
        {
            mono = Read(file, info, out defect);
        }
        finally
        {
            _ = LibSndFile.Close(file);
        }
        if (defect is not null)
        {
            return false;
        }
        var samples = rate is { } other && other != info.Rate ? Resampler.Of(info.Rate, other).Resample(mono) : mono;
        if (samples.Length == 0)
        {
            defect = new(ClipDefectKind.ZeroLength, $"zero-length: {mono.Length} samples at {info.Rate} Hz are none at {rate} Hz");
            return false;
        }
        clip = new AudioClip { Samples = samples, Rate = rate ?? info.Rate, FileRate = info.Rate, FileChannels = info.Channels };
        return true;
    }

    /// <summary>The rate of a file in Hz, from its header alone; null where it is no audio that can be decoded.</summary>
    public static int? TryReadRate(string path)
    {
        if (ContainerCheck.Defect(path) is not null)
        {
            return null;
        }
        var info = new LibSndFile.Info();
        var file = LibSndFile.Open(path, ref info);
        if (file == 0)
        {
            return null;
        }
        _ = LibSndFile.Close(file);
        return info.Rate;
    }

    private static float[] Read(nint file, LibSndFile.Info info, out ClipDefect? defect)
    {
        defect = null;
        if (info.Rate is < LowestRate or > HighestRate || info.Channels <= 0)
        {
            defect = new(ClipDefectKind.Unsupported, $"not usable: the header says {info.Channels} channels at {info.Rate} Hz");
            return [];
        }
        // A FLAC stream may leave its length open; libsndfile then says the greatest count there is.
        var announced = info.Frames is >= 0 and < long.MaxValue / 2 ? info.Frames : -1;
        if (announced > Array.MaxLength)
        {
            defect = new(ClipDefectKind.Unsupported, $"too long: {announced} frames, where a clip may have {Array.MaxLength}");
            return [];
        }
        // A header may lie about its length, so the array grows with what is read rather than with what is promised.
        var mono = new float[Math.Clamp(announced, 0, 1 << 22)];
        var block = new float[BlockFrames * info.Channels];
        var count = 0;
        while (true)
        {
            var read = (int)LibSndFile.ReadFrames(file, ref block[0], BlockFrames);
            if (read <= 0)
            {
                break;
            }
            if (count + read > mono.Length)
            {
                Array.Resize(ref mono, (int)Math.Min(Array.MaxLength, Math.Max(2L * mono.Length, count + (long)read)));
            }
            MixDown(block.AsSpan(0, read * info.Channels), info.Channels, mono.AsSpan(count, read));
            count += read;
        }
        if (count < announced)
        {
            defect = new(ClipDefectKind.Truncated, $"truncated: {count} of {announced} frames are there");
            return [];
        }
        if (LibSndFile.ErrorCode(file) != 0)
        {
            defect = new(ClipDefectKind.Damaged, $"damaged after {count} frames ({OneLine(LibSndFile.Error(file))})");
            return [];
        }
        if (count == 0)
        {
            defect = new(ClipDefectKind.ZeroLength, "zero-length: there is a header and no sample");
            return [];
        }
        Array.Resize(ref mono, count);
        for (var at = 0; at < count; at++)
        {
            if (!float.IsFinite(mono[at]))
            {
                defect = new(ClipDefectKind.NotFinite, $"not finite: frame {at} holds {(float.IsNaN(mono[at]) ? "NaN" : "an infinity")}");
                return [];
            }
        }
        return mono;
    }

    private static void MixDown(ReadOnlySpan<float> frames, int channels, Span<float> mono)
    {
        if (channels == 1)
        {
            frames.CopyTo(mono);
            return;
        }
        for (var frame = 0; frame < mono.Length; frame++)
        {
            var sum = 0.0;
            foreach (var sample in frames.Slice(frame * channels, channels))
            {
                sum += sample;
            }
            mono[frame] = (float)(sum / channels);
        }
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim().TrimEnd('.');
}
