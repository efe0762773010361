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

    /// <summary>Closes the file; without <see cref="Complete"/> before, it is deleted.</summary>
    public void Dispose()
    {
        _stream.Dispose();
        if (!_completed)
        {
            File.Delete(_partial);
        }
    }
}
