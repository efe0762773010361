using System.Buffers.Binary;

namespace OrleansTagging.Audio;

/// <summary>Writes mono WAV files of 16-bit PCM.</summary>
public static class WaveFile
{
    private const int HeaderBytes = 44;

    /// <summary>Writes samples at full scale 1, rounded to the nearest of 65,536 steps; what is beyond full scale is clipped.</summary>
    /// <param name="path">The file; an older one is replaced.</param>
    /// <param name="samples">Mono samples; finite.</param>
    /// <param name="rate">In Hz.</param>
    public static void WritePcm16(string path, ReadOnlySpan<float> samples, int rate) => File.WriteAllBytes(path, Pcm16(samples, rate));

    /// <summary>The bytes of such a file.</summary>
    /// <param name="samples">Mono samples; finite.</param>
    /// <param name="rate">In Hz.</param>
    public static byte[] Pcm16(ReadOnlySpan<float> samples, int rate)
    {
        var dataBytes = checked(2 * samples.Length);
        var bytes = new byte[HeaderBytes + dataBytes];
        var header = bytes.AsSpan();
        "RIFF"u8.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], checked(HeaderBytes - 8 + dataBytes));
        "WAVEfmt "u8.CopyTo(header[8..]);
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], 16);
        BinaryPrimitives.WriteInt16LittleEndian(header[20..], 1);
        BinaryPrimitives.WriteInt16LittleEndian(header[22..], 1);
        BinaryPrimitives.WriteInt32LittleEndian(header[24..], rate);
        BinaryPrimitives.WriteInt32LittleEndian(header[28..], 2 * rate);
        BinaryPrimitives.WriteInt16LittleEndian(header[32..], 2);
        BinaryPrimitives.WriteInt16LittleEndian(header[34..], 16);
        "data"u8.CopyTo(header[36..]);
        BinaryPrimitives.WriteInt32LittleEndian(header[40..], dataBytes);
        for (var at = 0; at < samples.Length; at++)
        {
            var step = Math.Clamp(MathF.Round(samples[at] * 32768), short.MinValue, short.MaxValue);
            BinaryPrimitives.WriteInt16LittleEndian(header[(HeaderBytes + 2 * at)..], (short)step);
        }
        return bytes;
    }
}
