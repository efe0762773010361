using System.Buffers.Binary;
using System.Text;

namespace OrleansTagging.Audio.Tests;

/// <summary>WAV files laid out by hand, byte by byte, so that no library under test has a part in them.</summary>
internal static class WaveBytes
{
    public const int Pcm = 1;
    public const int Float = 3;

    /// <summary>
    /// A file of whole samples: <paramref name="samples"/> are in units of the format (steps, or full scale 1 for float).
    /// </summary>
    public static byte[] Of(int encoding, int bits, int rate, int channels, IReadOnlyList<double> samples)
    {
        var bytes = bits / 8;
        var data = new byte[samples.Count * bytes];
        for (var at = 0; at < samples.Count; at++)
        {
            var slot = data.AsSpan(at * bytes, bytes);
            switch (encoding, bits)
            {
                case (Pcm, 8):
                    slot[0] = (byte)(samples[at] + 128);
                    break;
                case (Pcm, 16):
                    BinaryPrimitives.WriteInt16LittleEndian(slot, (short)samples[at]);
                    break;
                case (Pcm, 24):
                    var step = (int)samples[at];
                    (slot[0], slot[1], slot[2]) = ((byte)step, (byte)(step >> 8), (byte)(step >> 16));
                    break;
                case (Pcm, 32):
                    BinaryPrimitives.WriteInt32LittleEndian(slot, (int)samples[at]);
                    break;
                case (Float, 32):
                    BinaryPrimitives.WriteSingleLittleEndian(slot, (float)samples[at]);
                    break;
                default:
                    BinaryPrimitives.WriteDoubleLittleEndian(slot, samples[at]);
                    break;
            }
        }
        return WithHeader(encoding, bits, rate, channels, data, data.Length);
    }

    /// <summary>A 16-bit mono file of samples at full scale 1.</summary>
    public static byte[] Mono16(int rate, IEnumerable<double> samples) =>
        Of(Pcm, 16, rate, 1, [.. samples.Select(sample => Math.Round(sample * 32767))]);

    /// <summary>A tone at half of full scale.</summary>
    public static IEnumerable<double> Tone(double frequency, int rate, int count, double level = 0.5) =>
        Enumerable.Range(0, count).Select(at => level * Math.Sin(2 * Math.PI * frequency * at / rate));

    public static byte[] WithHeader(int encoding, int bits, int rate, int channels, byte[] data, int announced)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(Encoding.ASCII.GetBytes("RIFF"));
        writer.Write(36 + announced);
        writer.Write(Encoding.ASCII.GetBytes("WAVEfmt "));
        writer.Write(16);
        writer.Write((short)encoding);
        writer.Write((short)channels);
        writer.Write(rate);
        writer.Write(rate * channels * bits / 8);
        writer.Write((short)(channels * bits / 8));
        writer.Write((short)bits);
        writer.Write(Encoding.ASCII.GetBytes("data"));
        writer.Write(announced);
        writer.Write(data);
        if (data.Length % 2 == 1)
        {
            writer.Write((byte)0);
        }
        writer.Flush();
        return stream.ToArray();
    }
}
