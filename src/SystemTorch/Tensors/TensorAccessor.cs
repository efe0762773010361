using System.Collections;
using static TorchSharp.NativeMethods;

namespace TorchSharp.Utils;

/// <summary>
/// The elements of a tensor in main memory, by position or in order. It reads and writes the tensor's own memory and keeps it alive.
/// </summary>
public sealed unsafe class TensorAccessor<T> : IDisposable, IEnumerable<T> where T : unmanaged
{
    private readonly torch.Tensor _tensor;
    private readonly T* _first;
    private readonly long[] _shape;
    private readonly long[] _strides;
    private readonly bool _inOrder;

    internal TensorAccessor(torch.Tensor tensor)
    {
        _tensor = tensor;
        _shape = tensor.shape;
        _strides = tensor.stride();
        _inOrder = tensor.is_contiguous();
        Count = tensor.NumberOfElements;
        _first = (T*)st_data(tensor.Handle);
        if (_first is null && Count > 0) throw NativeErrors.Last();
    }

    /// <summary>Number of elements.</summary>
    public long Count { get; }

    /// <summary>One element by its position along every axis, or by its place in order where one number is given.</summary>
    public T this[params long[] indices]
    {
        get => _first[Offset(indices)];
        set => _first[Offset(indices)] = value;
    }

    /// <summary>The elements in order of the last axis first, as a new array.</summary>
    public T[] ToArray()
    {
        var result = new T[Count];
        CopyTo(result);
        return result;
    }

    /// <summary>Copies the elements, in order, into an array from <paramref name="arrayIndex"/> on.</summary>
    public void CopyTo(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyTo(array.AsSpan(arrayIndex), tensorIndex);

    /// <summary>Copies the elements from <paramref name="tensorIndex"/> on, in order, until the span is full or they end.</summary>
    public void CopyTo(Span<T> array, long tensorIndex = 0)
    {
        var count = (int)Math.Min(array.Length, Count - tensorIndex);
        if (_inOrder)
        {
            new ReadOnlySpan<T>(_first + tensorIndex, count).CopyTo(array);
        }
        else
        {
            for (var i = 0; i < count; i++) array[i] = _first[OffsetOf(tensorIndex + i)];
        }

        GC.KeepAlive(_tensor);
    }

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator()
    {
        for (long i = 0; i < Count; i++) yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>There is nothing to release; the tensor stays its owner's.</summary>
    public void Dispose()
    {
    }

    private long Offset(long[] indices)
    {
        ObjectDisposedException.ThrowIf(_tensor.IsInvalid, _tensor);
        if (indices.Length == 1 && _shape.Length != 1)
        {
            if (indices[0] < 0 || indices[0] >= Count)
            {
                throw new IndexOutOfRangeException($"The index {indices[0]} is outside a tensor of {Count} elements");
            }
            return OffsetOf(indices[0]);
        }

        if (indices.Length != _shape.Length) throw new ArgumentException($"{indices.Length} indices for {_shape.Length} axes");
        long offset = 0;
        for (var axis = 0; axis < indices.Length; axis++)
        {
            if (indices[axis] < 0 || indices[axis] >= _shape[axis])
            {
                throw new IndexOutOfRangeException($"The index {indices[axis]} is outside axis {axis} of length {_shape[axis]}");
            }

            offset += indices[axis] * _strides[axis];
        }

        return offset;
    }

    private long OffsetOf(long position)
    {
        if (_inOrder) return position;
        long offset = 0;
        for (var axis = _shape.Length - 1; axis >= 0; axis--)
        {
            offset += position % _shape[axis] * _strides[axis];
            position /= _shape[axis];
        }

        return offset;
    }
}
