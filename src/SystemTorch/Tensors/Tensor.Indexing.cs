using static TorchSharp.NativeMethods;

namespace TorchSharp;

public static partial class torch
{
    // Parts of a tensor.
    public unsafe partial class Tensor
    {
        public Tensor this[params TensorIndex[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        public Tensor this[params Tensor[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        public Tensor this[params long[] indices]
        {
            get => index([.. indices.Select(i => TensorIndex.Single(i))]);
            set => index_put_(value, [.. indices.Select(i => TensorIndex.Single(i))]);
        }

        public Tensor index(params TensorIndex[] indices)
        {
            var native = Natives(indices);
            fixed (Index* pointer = native) return Take(st_index(Handle, pointer, native.Length), this, indices);
        }

        public Tensor index(params Tensor[] indices) => index([.. indices.Select(TensorIndex.Tensor)]);

        public Tensor index_put_(Tensor value, params TensorIndex[] indices)
        {
            var native = Natives(indices);
            fixed (Index* pointer = native) return Done(st_index_put_(Handle, pointer, native.Length, value.Handle), indices, value);
        }

        public Tensor index_put_(Tensor value, params Tensor[] indices) => index_put_(value, [.. indices.Select(TensorIndex.Tensor)]);

        public Tensor index_put_(Scalar value, params TensorIndex[] indices)
        {
            var native = Natives(indices);
            fixed (Index* pointer = native) return Done(st_index_fill_(Handle, pointer, native.Length, value.Number), indices);
        }

        public Tensor narrow(long dim, long start, long length) => Take(st_narrow(Handle, dim, start, length), this);

        public Tensor slice(long dim, long start, long finish, long step) => Take(st_slice(Handle, dim, start, finish, step), this);

        public Tensor select(long dim, long index) => Take(st_select(Handle, dim, index), this);

        public Tensor index_select(long dim, Tensor index) => Take(st_index_select(Handle, dim, index.Handle), this, index);

        public Tensor index_copy_(long dim, Tensor index, Tensor source) =>
            Done(st_index_copy_(Handle, dim, index.Handle, source.Handle), index, source);

        public Tensor index_add_(long dim, Tensor index, Tensor source, Scalar alpha) =>
            Done(st_index_add_(Handle, dim, index.Handle, source.Handle, alpha.Number), index, source);

        public Tensor gather(long dim, Tensor index) => Take(st_gather(Handle, dim, index.Handle), this, index);

        public Tensor scatter(long dim, Tensor index, Tensor src) =>
            Take(st_scatter(Handle, dim, index.Handle, src.Handle), this, index, src);

        public Tensor scatter_(long dim, Tensor index, Tensor src) => Done(st_scatter_(Handle, dim, index.Handle, src.Handle), index, src);

        public Tensor scatter_add(long dim, Tensor index, Tensor src) =>
            Take(st_scatter_add(Handle, dim, index.Handle, src.Handle), this, index, src);

        public Tensor masked_fill(Tensor mask, Scalar value) => Take(st_masked_fill(Handle, mask.Handle, value.Number), this, mask);

        public Tensor masked_fill_(Tensor mask, Scalar value) => Done(st_masked_fill_(Handle, mask.Handle, value.Number), mask);

        public Tensor masked_select(Tensor mask) => Take(st_masked_select(Handle, mask.Handle), this, mask);

        /// <summary>This tensor's elements where the condition holds, those of <paramref name="y"/> elsewhere.</summary>
        public Tensor where(Tensor condition, Tensor y) => Take(st_where(condition.Handle, Handle, y.Handle), this, condition, y);

        public Tensor nonzero() => Take(st_nonzero(Handle), this);

        private static Index[] Natives(TensorIndex[] indices) => Array.ConvertAll(indices, index => index.Native());
    }

    /// <summary>
    /// One index of an indexing expression: a position, a slice, a tensor of positions or truths, a new axis or an ellipsis.
    /// </summary>
    public struct TensorIndex
    {
        public static readonly TensorIndex Ellipsis = new() { _kind = Kind.Ellipsis };
        public static readonly TensorIndex None = new() { _kind = Kind.None };
        public static readonly TensorIndex Null = new() { _kind = Kind.None };
        public static readonly TensorIndex Colon = Slice();

        private Kind _kind;
        private long? _start;
        private long? _stop;
        private long? _step;
        private Tensor? _tensor;

        // The numbers of native/tensors.cpp.
        private enum Kind
        {
            None = 0,
            Single = 1,
            Ellipsis = 2,
            Bool = 3,
            Tensor = 4,
            Slice = 5,
        }

        public static TensorIndex Slice(long? start = null, long? stop = null, long? step = null) =>
            new() { _kind = Kind.Slice, _start = start, _stop = stop, _step = step };

        public static TensorIndex Slice(Range range) =>
            Slice(From(range.Start), range.End.Equals(System.Index.End) ? null : From(range.End));

        public static TensorIndex Bool(bool value) => new() { _kind = Kind.Bool, _start = value ? 1 : 0 };

        public static TensorIndex Single(long? index) => new() { _kind = Kind.Single, _start = index };

        public static TensorIndex Tensor(Tensor tensor) => new() { _kind = Kind.Tensor, _tensor = tensor };

        public static implicit operator TensorIndex(long value) => Single(value);

        public static implicit operator TensorIndex((int? start, int? end) range) => Slice(range.start, range.end);

        public static implicit operator TensorIndex(Range range) => Slice(range);

        public static implicit operator TensorIndex(System.Index index) => Single(From(index));

        internal readonly Index Native() => new()
        {
            Kind = (int)_kind,
            Has = (_start is null ? 0 : 1) | (_stop is null ? 0 : 2) | (_step is null ? 0 : 4),
            Start = _start ?? 0,
            Stop = _stop ?? 0,
            Step = _step ?? 1,
            Tensor = _tensor?.Handle ?? 0,
        };

        private static long From(System.Index index) => index.IsFromEnd ? -index.Value : index.Value;
    }
}
