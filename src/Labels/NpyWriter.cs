using System.Runtime.CompilerServices;

namespace OrleansTagging.Labels;

/// <summary>
/// Writes an <c>.npy</c> file row by row, for arrays larger than memory. The file stands under a temporary name until
/// <see cref="Complete"/> fixes the header and renames it; disposed before that, it is gone.
/// </summary>
/// <typeparam name="T">float, double, int, long or byte.</typeparam>
public sealed class NpyWriter<T> : IDisposable where T : unmanaged
{
    private const int BufferBytes = 1 << 20;

    private readonly string _path;
    private readonly string _partial;
    private readonly long[] _shape;
    private readonly FileStream _stream;
    private readonly bool _isKept;
    private bool _completed;

    /// <summary>Begins the file.</summary>
    /// <param name="path">Where it is to stand when complete; an older file there is replaced then.</param>
    /// <param name="rowShape">The shape of one row: <c>[80]</c> gives an array <c>[rows, 80]</c>, none gives <c>[rows]</c>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is not positive.</exception>
    public NpyWriter(string path, params ReadOnlySpan<long> rowShape)
    {
        var length = 1L;
        foreach (var size in rowShape)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size, nameof(rowShape));
            length = checked(length * size);
        }
        RowLength = checked((int)length);
        _shape = [0, .. rowShape];
        _path = path;
        _partial = $"{path}.{Guid.NewGuid():N}.partial";
        _stream = new FileStream(_partial, FileMode.CreateNew, FileAccess.Write, FileShare.None, BufferBytes);
        _stream.Write(NpyHeader.Bytes<T>(_shape));
    }

    private NpyWriter(string path, string partial, FileStream stream, long rows)
    {
        (RowLength, _shape, _path, _partial, _stream, _isKept) = (1, [rows], path, partial, stream, true);
    }

    /// <summary>
    /// Goes on with an array of the shape <c>[rows]</c> that an earlier writer of this kind left unfinished, or begins one. Disposed before
    /// <see cref="Complete"/>, the file stays under its temporary name, <c>path.partial</c>.
    /// </summary>
    /// <param name="path">Where it is to stand when complete.</param>
    /// <param name="rows">How many numbers of the unfinished file to keep; what comes after them is cut off.</param>
    /// <exception cref="InvalidDataException">The unfinished file has fewer.</exception>
    public static NpyWriter<T> Continue(string path, long rows)
    {
        var partial = PartialOf(path);
        var header = NpyHeader.Bytes<T>([rows]);
        var stream = new FileStream(partial, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, BufferBytes);
        try
        {
            var length = rows == 0 ? header.Length : header.Length + rows * Unsafe.SizeOf<T>();
            if (rows > 0 && stream.Length < length)
            {
                throw new InvalidDataException($"{partial}: {stream.Length} bytes are no {rows} numbers.");
            }
            stream.SetLength(length);
            stream.Write(header);
            stream.Position = length;
            return new NpyWriter<T>(path, partial, stream, rows);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Bytes before the first number of an array of the shape <c>[rows]</c>.</summary>
    public static int HeaderBytes => NpyHeader.Bytes<T>([0]).Length;

    /// <summary>The name under which <see cref="Continue"/> leaves an array unfinished.</summary>
    public static string PartialOf(string path) => path + ".partial";

    /// <summary>Hands what was appended to the operating system, so that it outlives this process.</summary>
    public void Flush() => _stream.Flush();

    /// <summary>How many numbers a row has.</summary>
    public int RowLength { get; }

    /// <summary>How many rows were appended.</summary>
    public long Rows => _shape[0];

    /// <summary>Appends one row or several.</summary>
    /// <exception cref="ArgumentException">The numbers are not a whole count of rows.</exception>
    public void Append(ReadOnlySpan<T> rows)
    {
        ObjectDisposedException.ThrowIf(!_stream.CanWrite, this);
        if (rows.Length % RowLength != 0)
        {
            throw new ArgumentException($"{rows.Length} numbers are no whole count of rows of {RowLength}.", nameof(rows));
        }
        NpyFile.WriteValues(_stream, rows);
        _shape[0] += rows.Length / RowLength;
    }

    /// <summary>Fixes the header, brings the file to the disk and gives it its name.</summary>
    public void Complete()
    {
        ObjectDisposedException.ThrowIf(!_stream.CanWrite, this);
        _stream.Position = 0;
        _stream.Write(NpyHeader.Bytes<T>(_shape));
        _stream.Flush(flushToDisk: true);
        _stream.Dispose();
        File.Move(_partial, _path, overwrite: true);
        _completed = true;
    }

    /// <summary>Closes the file; without <see cref="Complete"/> before, it is deleted, unless it was to be continued.</summary>
    public void Dispose()
    {
        _stream.Dispose();
        if (!_completed && !_isKept)
        {
            File.Delete(_partial);
        }
    }
}
