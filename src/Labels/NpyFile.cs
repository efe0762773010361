using System.Runtime.InteropServices;

namespace OrleansTagging.Labels;

/// <summary>An array with its shape, row-major.</summary>
/// <param name="Shape">The shape; its product is the number of values.</param>
/// <param name="Values">The numbers, the last dimension fastest.</param>
public sealed record NpyArray<T>(IReadOnlyList<long> Shape, T[] Values) where T : unmanaged;

/// <summary>
/// NumPy's <c>.npy</c> files, whole in memory: float32, float64, int32, int64 and uint8, little-endian. Written in C order; Fortran
/// order is put right when read. For files larger than memory see
/// <see cref="NpyWriter{T}"/> and <see cref="MappedNpy{T}"/>. Equal arrays give equal bytes, by whichever way they are written.
/// </summary>
public static class NpyFile
{
    /// <summary>Reads an array.</summary>
    /// <exception cref="InputException">The file is missing, corrupt, cut short, or holds another type.</exception>
    public static NpyArray<T> Read<T>(string path) where T : unmanaged
    {
        using var stream = OpenRead(path);
        return Read<T>(stream, path);
    }

    /// <summary>Reads an array from a stream that holds nothing else.</summary>
    /// <param name="stream">The stream, at the array's first byte.</param>
    /// <param name="name">What to call the stream in a message.</param>
    /// <exception cref="InputException">The stream is corrupt, cut short, or holds another type.</exception>
    public static NpyArray<T> Read<T>(Stream stream, string name) where T : unmanaged
    {
        var header = NpyHeader.Read(stream, name);
        header.Require<T>(name);
        if (header.Count > Array.MaxLength)
        {
            throw new InputException($"{name}: the array has {header.Count} numbers, too many to be read whole; it must be mapped.");
        }
        if (stream.CanSeek)
        {
            header.RequireFileLength(name, stream.Length - stream.Position + header.Length, Marshal.SizeOf<T>());
        }
        var values = new T[header.Count];
        var bytes = header.Count * Marshal.SizeOf<T>();
        // A span of bytes ends at 2 GB, an array of numbers later.
        var slice = (1 << 28) / Marshal.SizeOf<T>();
        for (var at = 0; at < values.Length; at += slice)
        {
            var part = MemoryMarshal.AsBytes(values.AsSpan(at, Math.Min(slice, values.Length - at)));
            if (stream.ReadAtLeast(part, part.Length, throwOnEndOfStream: false) < part.Length)
            {
                throw new InputException($"{name}: the file is cut short; its header promises {bytes} bytes of numbers.");
            }
        }
        return new NpyArray<T>(header.Shape, header.FortranOrder ? RowMajor(values, header.Shape) : values);
    }

    /// <summary>Writes an array, whole or not at all.</summary>
    /// <exception cref="ArgumentException">The shape does not fit the values.</exception>
    public static void Write<T>(string path, ReadOnlySpan<long> shape, ReadOnlySpan<T> values) where T : unmanaged
    {
        CheckShape(shape, values.Length);
        var partial = $"{path}.{Guid.NewGuid():N}.partial";
        try
        {
            using (var stream = new FileStream(partial, FileMode.CreateNew, FileAccess.Write))
            {
                Write(stream, shape, values);
            }
            File.Move(partial, path, overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }

    /// <summary>Writes an array to a stream.</summary>
    /// <exception cref="ArgumentException">The shape does not fit the values.</exception>
    public static void Write<T>(Stream stream, ReadOnlySpan<long> shape, ReadOnlySpan<T> values) where T : unmanaged
    {
        CheckShape(shape, values.Length);
        stream.Write(NpyHeader.Bytes<T>(shape));
        WriteValues(stream, values);
    }

    internal static void WriteValues<T>(Stream stream, ReadOnlySpan<T> values) where T : unmanaged
    {
        var slice = (1 << 28) / Marshal.SizeOf<T>();
        for (var at = 0; at < values.Length; at += slice)
        {
            stream.Write(MemoryMarshal.AsBytes(values.Slice(at, Math.Min(slice, values.Length - at))));
        }
    }

    internal static FileStream OpenRead(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        }
        catch (Exception inner) when (inner is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"{path}: there is no such file.", inner);
        }
        catch (Exception inner) when (inner is UnauthorizedAccessException or IOException)
        {
            throw new InputException($"{path}: the file cannot be read ({inner.Message.ReplaceLineEndings(" ")}).", inner);
        }
    }

    /// <summary>Numbers whose first dimension is the fastest, put so that the last one is.</summary>
    private static T[] RowMajor<T>(T[] values, IReadOnlyList<long> shape)
    {
        var ordered = new T[values.Length];
        var position = new long[shape.Count];
        foreach (var value in values)
        {
            var at = 0L;
            for (var dimension = 0; dimension < position.Length; dimension++)
            {
                at = at * shape[dimension] + position[dimension];
            }
            ordered[at] = value;
            for (var dimension = 0; dimension < position.Length && ++position[dimension] == shape[dimension]; dimension++)
            {
                position[dimension] = 0;
            }
        }
        return ordered;
    }

    private static void CheckShape(ReadOnlySpan<long> shape, int count)
    {
        var product = 1L;
        foreach (var size in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(size, nameof(shape));
            product = checked(product * size);
        }
        if (product != count)
        {
            throw new ArgumentException($"The shape ({string.Join(", ", shape.ToArray())}) does not hold {count} values.", nameof(shape));
        }
    }
}
