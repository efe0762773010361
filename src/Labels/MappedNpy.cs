using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;

namespace OrleansTagging.Labels;

/// <summary>
/// An <c>.npy</c> file mapped into memory and read without copying, of any size: rows along the first dimension, for scores
/// <c>[clips, classes]</c> a clip's scores. The pages are the operating system's cache, not the process's own memory.
/// </summary>
/// <remarks>Spans are valid until the object is disposed and must not be used after. Safe for any number of threads.</remarks>
/// <typeparam name="T">float, double, int, long or byte.</typeparam>
public sealed unsafe class MappedNpy<T> : IDisposable where T : unmanaged
{
    private readonly FileStream _stream;
    private readonly MemoryMappedFile _file;
    private readonly NpyHeader _header;
    private readonly Lazy<NpyWindow<T>> _whole;

    private MappedNpy(string path, FileStream stream, NpyHeader header)
    {
        Path = path;
        _stream = stream;
        _header = header;
        Rows = header.Shape.Count == 0 ? 1 : header.Shape[0];
        var rowLength = header.Shape.Skip(1).Aggregate(1L, (product, size) => product * size);
        RowLength = rowLength <= int.MaxValue
            ? (int)rowLength
            : throw new InputException($"{path}: a row has {rowLength} numbers, too many for one span.");
        _file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        _whole = new Lazy<NpyWindow<T>>(() => Map(0, Rows));
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The shape of the array.</summary>
    public IReadOnlyList<long> Shape => _header.Shape;

    /// <summary>The size of the first dimension; 1 for a single number.</summary>
    public long Rows { get; }

    /// <summary>How many numbers a row has.</summary>
    public int RowLength { get; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="InputException">The file is missing, corrupt, cut short, or holds another type, or is in Fortran order.</exception>
    public static MappedNpy<T> Open(string path)
    {
        var stream = NpyFile.OpenRead(path);
        try
        {
            var header = NpyHeader.Read(stream, path);
            header.Require<T>(path);
            if (header.FortranOrder)
            {
                throw new InputException(
                    $"{path}: the array is in Fortran order and so has no rows to map; save it with numpy.ascontiguousarray.");
            }
            header.RequireFileLength(path, stream.Length, sizeof(T));
            return new MappedNpy<T>(path, stream, header);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>One row.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public ReadOnlySpan<T> Row(long row) => Slice(row, 1);

    /// <summary>Rows that stand one after another, as one span.</summary>
    /// <param name="firstRow">The first row.</param>
    /// <param name="rows">How many; together at most 2³¹ − 1 numbers.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no such rows.</exception>
    public ReadOnlySpan<T> Slice(long firstRow, int rows) => _whole.Value.Slice(firstRow, rows);

    /// <summary>
    /// Maps some rows only. A pass over a large file, window after window, keeps no more of it mapped at a time than one window.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">There are no such rows.</exception>
    public NpyWindow<T> Window(long firstRow, int rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, Rows - firstRow);
        return Map(firstRow, rows);
    }

    /// <summary>Unmaps and closes the file.</summary>
    public void Dispose()
    {
        if (_whole.IsValueCreated)
        {
            _whole.Value.Dispose();
        }
        _file.Dispose();
        _stream.Dispose();
    }

    private NpyWindow<T> Map(long firstRow, long rows)
    {
        var start = _header.Length + firstRow * RowLength * sizeof(T);
        var bytes = rows * RowLength * sizeof(T);
        // A view of no bytes would be a view to the end of the file, and is refused at its very end.
        var view = bytes == 0 ? null : _file.CreateViewAccessor(start, bytes, MemoryMappedFileAccess.Read);
        return new NpyWindow<T>(view, firstRow, rows, RowLength);
    }
}

/// <summary>Rows of a <see cref="MappedNpy{T}"/>, mapped until disposed.</summary>
/// <typeparam name="T">The type of the numbers.</typeparam>
public sealed unsafe class NpyWindow<T> : IDisposable where T : unmanaged
{
    private readonly MemoryMappedViewAccessor? _view;
    private readonly int _rowLength;
    private T* _first;

    internal NpyWindow(MemoryMappedViewAccessor? view, long firstRow, long rows, int rowLength)
    {
        _view = view;
        _rowLength = rowLength;
        FirstRow = firstRow;
        Rows = rows;
        if (view is not null)
        {
            byte* pointer = null;
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
            _first = (T*)(pointer + view.PointerOffset);
        }
    }

    /// <summary>The first row mapped.</summary>
    public long FirstRow { get; }

    /// <summary>How many rows are mapped.</summary>
    public long Rows { get; }

    /// <summary>One row, counted from the file's first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The row is not mapped.</exception>
    public ReadOnlySpan<T> Row(long row) => Slice(row, 1);

    /// <summary>Rows that stand one after another, counted from the file's first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The rows are not mapped.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<T> Slice(long firstRow, int rows)
    {
        var at = firstRow - FirstRow;
        if (at < 0 || rows < 0 || rows > Rows - at)
        {
            throw new ArgumentOutOfRangeException(
                nameof(firstRow), $"Rows {firstRow} to {firstRow + rows} are not all of the {Rows} mapped ones.");
        }
        ObjectDisposedException.ThrowIf(_view is not null && _first is null, this);
        return new ReadOnlySpan<T>(_first + at * _rowLength, checked(rows * _rowLength));
    }

    /// <summary>Unmaps the rows.</summary>
    public void Dispose()
    {
        if (_first is not null)
        {
            _first = null;
            _view!.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
        }
    }
}
