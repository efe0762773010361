using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace OrleansTagging.Silo.Sound;

/// <summary>Pictures of one byte a pixel as PNG (ISO/IEC 15948), coloured from dark violet over green to yellow.</summary>
internal static class PalettePng
{
    // Anchors of Viridis, whose lightness rises evenly, so that it is read alike in grey and by eyes that do not tell red from green.
    private static readonly (byte Red, byte Green, byte Blue)[] Anchors =
    [
        (68, 1, 84), (71, 44, 122), (59, 81, 139), (44, 113, 142), (33, 144, 141), (39, 173, 129), (92, 200, 99), (170, 220, 50), (253, 231, 37),
    ];

    /// <summary>Encodes a picture.</summary>
    /// <param name="pixels">[rows, columns] row-major, the top row first.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    public static byte[] Encode(ReadOnlySpan<byte> pixels, int width, int height)
    {
        using var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a]);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        // 8 bits a pixel, which index a palette.
        (header[8], header[9]) = (8, 3);
        Write(file, "IHDR"u8, header);
        Write(file, "PLTE"u8, Palette());
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (var row = 0; row < height; row++)
            {
                // No filter.
                zlib.WriteByte(0);
                zlib.Write(pixels.Slice(row * width, width));
            }
        }
        Write(file, "IDAT"u8, packed.ToArray());
        Write(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static byte[] Palette()
    {
        var palette = new byte[3 * 256];
        for (var level = 0; level < 256; level++)
        {
            var place = level / 255.0 * (Anchors.Length - 1);
            var below = Math.Min((int)place, Anchors.Length - 2);
            var (low, high, share) = (Anchors[below], Anchors[below + 1], place - below);
            palette[3 * level] = Mix(low.Red, high.Red, share);
            palette[3 * level + 1] = Mix(low.Green, high.Green, share);
            palette[3 * level + 2] = Mix(low.Blue, high.Blue, share);
        }
        return palette;
    }

    private static byte Mix(byte low, byte high, double share) => (byte)Math.Round(low + share * (high - low));

    private static void Write(Stream file, ReadOnlySpan<byte> kind, ReadOnlySpan<byte> content)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        file.Write(number);
        file.Write(kind);
        file.Write(content);
        var sum = new Crc32();
        sum.Append(kind);
        sum.Append(content);
        // The library gives its least byte first, the format wants it last.
        sum.GetCurrentHash(number);
        number.Reverse();
        file.Write(number);
    }
}
