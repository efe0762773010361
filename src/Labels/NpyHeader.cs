using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace OrleansTagging.Labels;

/// <summary>
/// The header of a NumPy <c>.npy</c> file (NEP 1): type, shape and where the numbers begin. Written as format 1.0, little-endian, C order,
/// padded to 64 bytes so that <c>numpy.load(mmap_mode='r')</c> works; formats 2.0 and 3.0 are read too.
/// </summary>
public sealed partial record NpyHeader
{
    private const int PrefixLength = 10;
    private const int Alignment = 64;

    // Longer than any header of the types read here; a corrupt length must not make the reader ask for gigabytes.
    private const int LongestHeader = 1 << 16;

    private static readonly byte[] _magic = [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    private static readonly Dictionary<Type, string> _descriptions = new()
    {
        [typeof(float)] = "<f4",
        [typeof(double)] = "<f8",
        [typeof(int)] = "<i4",
        [typeof(long)] = "<i8",
        [typeof(byte)] = "|u1",
    };

    /// <summary>NumPy's name of the type, for instance <c>&lt;f4</c>.</summary>
    public required string Description { get; init; }

    /// <summary>The shape; empty for a single number.</summary>
    public required IReadOnlyList<long> Shape { get; init; }

    /// <summary>Whether the first dimension, not the last, is the fastest in the file.</summary>
    public bool FortranOrder { get; init; }

    /// <summary>The number of bytes before the first number.</summary>
    public required int Length { get; init; }

    /// <summary>The number of numbers.</summary>
    public long Count => Shape.Aggregate(1L, (product, size) => checked(product * size));

    /// <summary>Reads a file's header.</summary>
    /// <exception cref="InputException">The file is missing, or is no .npy file of a type that is read here.</exception>
    public static NpyHeader Read(string path)
    {
        using var stream = NpyFile.OpenRead(path);
        return Read(stream, path);
    }

    /// <summary>Reads the header at a stream's position; afterwards the first number is next.</summary>
    /// <param name="stream">The bytes.</param>
    /// <param name="name">What faults call them.</param>
    /// <exception cref="InputException">They are no .npy file of a type that is read here.</exception>
    public static NpyHeader Read(Stream stream, string name)
    {
        Span<byte> prefix = stackalloc byte[12];
        if (stream.ReadAtLeast(prefix[..PrefixLength], PrefixLength, throwOnEndOfStream: false) < PrefixLength
            || !prefix[.._magic.Length].SequenceEqual(_magic))
        {
            throw new InputException($"{name}: this is no .npy file; it does not begin with NumPy's mark.");
        }
        long length = BinaryPrimitives.ReadUInt16LittleEndian(prefix[8..]);
        var start = PrefixLength;
        switch (prefix[6])
        {
            case 1:
                break;
            case 2 or 3:
                if (stream.ReadAtLeast(prefix[10..], 2, throwOnEndOfStream: false) < 2)
                {
                    throw Corrupt(name, "the file ends inside it");
                }
                length = BinaryPrimitives.ReadUInt32LittleEndian(prefix[8..]);
                start = 12;
                break;
            default:
                throw Corrupt(name, $"its format is {prefix[6]}.{prefix[7]}, but 1.0 to 3.0 are read");
        }
        if (length > LongestHeader)
        {
            throw Corrupt(name, $"it claims to be {length} bytes long");
        }
        var bytes = new byte[length];
        if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
        {
            throw Corrupt(name, "the file ends inside it");
        }
        var text = Encoding.UTF8.GetString(bytes);
        var match = Dictionary().Match(text);
        if (!match.Success)
        {
            throw Corrupt(name, "it does not hold descr, fortran_order and shape");
        }
        var shape = Shaped(match.Groups["shape"].Value, name);
        return new NpyHeader
        {
            Description = match.Groups["descr"].Value,
            Shape = shape,
            // With at most one dimension of more than one number both orders are the same.
            FortranOrder = match.Groups["order"].Value == "True" && shape.Count(size => size != 1) > 1,
            Length = start + bytes.Length,
        };
    }

    /// <summary>NumPy's name of a type.</summary>
    /// <exception cref="NotSupportedException">The type is none of float, double, int, long and byte.</exception>
    internal static string DescriptionOf<T>() where T : unmanaged => _descriptions.TryGetValue(typeof(T), out var description)
        ? description
        : throw new NotSupportedException($"{typeof(T)} is none of the types written as .npy: float, double, int, long, byte.");

    internal void Require<T>(string name) where T : unmanaged
    {
        var expected = DescriptionOf<T>();
        if (Description != expected && !(expected == "|u1" && Description is "<u1" or "u1"))
        {
            throw new InputException($"{name}: the array holds '{Description}', but '{expected}' is expected.");
        }
    }

    internal void RequireFileLength(string name, long fileLength, int numberSize)
    {
        var expected = Length + checked(Count * numberSize);
        if (fileLength != expected)
        {
            throw new InputException($"{name}: the file has {fileLength} bytes, but its header promises {expected}; "
                + (fileLength < expected ? "it is cut short." : "something was added to it."));
        }
    }

    /// <summary>How many bytes the header of an array is that is written here, whatever its size.</summary>
    public static int LengthOf<T>(int dimensions) where T : unmanaged => Bytes<T>(new long[dimensions]).Length;

    /// <summary>
    /// The bytes of a header. Room is left for the first dimension to grow to any size, so that the header of a file under way and of
    /// the same file when complete are equally long.
    /// </summary>
    internal static byte[] Bytes<T>(ReadOnlySpan<long> shape) where T : unmanaged
    {
        var text = Text<T>(shape);
        long[] largest = [.. shape];
        if (largest.Length > 0)
        {
            largest[0] = long.MaxValue;
        }
        var room = PrefixLength + Text<T>(largest).Length + 1;
        var total = (room + Alignment - 1) / Alignment * Alignment;
        var bytes = new byte[total];
        bytes.AsSpan(PrefixLength).Fill((byte)' ');
        _magic.CopyTo(bytes, 0);
        bytes[6] = 1;
        bytes[7] = 0;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), checked((ushort)(total - PrefixLength)));
        Encoding.ASCII.GetBytes(text, bytes.AsSpan(PrefixLength));
        bytes[^1] = (byte)'\n';
        return bytes;
    }

    private static string Text<T>(ReadOnlySpan<long> shape) where T : unmanaged
    {
        var sizes = new StringBuilder();
        foreach (var size in shape)
        {
            sizes.Append(CultureInfo.InvariantCulture, $"{size}, ");
        }
        // Python writes (3,) for one dimension, (3, 4) for two.
        var tuple = shape.Length == 1 ? sizes.ToString().TrimEnd() : sizes.ToString().TrimEnd(' ', ',');
        return $"{{'descr': '{DescriptionOf<T>()}', 'fortran_order': False, 'shape': ({tuple}), }}";
    }

    private static long[] Shaped(string text, string name)
    {
        var parts = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var shape = new long[parts.Length];
        var count = 1L;
        for (var at = 0; at < parts.Length; at++)
        {
            if (!long.TryParse(parts[at], NumberStyles.None, CultureInfo.InvariantCulture, out shape[at])
                || Math.BigMul(count, Math.Max(1, shape[at]), out count) != 0 || count is < 0 or > long.MaxValue / 16)
            {
                throw Corrupt(name, $"its shape is ({text.Trim()})");
            }
        }
        return shape;
    }

    private static InputException Corrupt(string name, string why) => new($"{name}: the .npy header is corrupt: {why}.");

    [GeneratedRegex(
        @"^\s*\{\s*'descr'\s*:\s*'(?<descr>[^']*)'\s*,\s*'fortran_order'\s*:\s*(?<order>True|False)\s*,\s*"
        + @"'shape'\s*:\s*\((?<shape>[^()]*)\)\s*,?\s*\}\s*$",
        RegexOptions.CultureInvariant)]
    private static partial Regex Dictionary();
}
