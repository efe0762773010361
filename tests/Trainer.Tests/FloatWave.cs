using System.Buffers.Binary;

namespace OrleansTagging.Trainer.Tests;

/// <summary>A WAV file of float32 samples, mono.</summary>
internal static class FloatWave
{
    public static void Write(string path, float[] samples, int rate)
    {
        var bytes = new byte[44 + 4 * samples.Length];
        "RIFF"u8.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), bytes.Length - 8);
        "WAVEfmt "u8.CopyTo(bytes.AsSpan(8));
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), 16);
        BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(20), 3);
        BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(22), 1);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(24), rate);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(28), 4 * rate);
        BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(32), 4);
        BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(34), 32);
        "data"u8.CopyTo(bytes.AsSpan(36));
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(40), 4 * samples.Length);
        for (var sample = 0; sample < samples.Length; sample++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(44 + 4 * sample), samples[sample]);
        }
        File.WriteAllBytes(path, bytes);
    }
}
