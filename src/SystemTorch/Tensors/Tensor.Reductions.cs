using static TorchSharp.NativeMethods;

namespace TorchSharp;

public static partial class torch
{
    // Reductions over all elements or over some axes; keepdim leaves a reduced axis with length 1.
    public unsafe partial class Tensor
    {
        public Tensor sum(ScalarType? type = null) => Take(st_sum(Handle, null, 0, 0, TypeOrNone(type)), this);

        public Tensor sum(long[] dim, bool keepdim = false, ScalarType? type = null) => sum((ReadOnlySpan<long>)dim, keepdim, type);

        public Tensor sum(ReadOnlySpan<long> dim, bool keepdim = false, ScalarType? type = null)
        {
            fixed (long* dims = dim) return Take(st_sum(Handle, dims, dim.Length, keepdim ? 1 : 0, TypeOrNone(type)), this);
        }

        public Tensor sum(long dim, bool keepdim = false, ScalarType? type = null) =>
            Take(st_sum(Handle, &dim, 1, keepdim ? 1 : 0, TypeOrNone(type)), this);

        public Tensor sum(long dim0, long dim1, bool keepdim = false, ScalarType? type = null) => sum([dim0, dim1], keepdim, type);

        public Tensor sum(long dim0, long dim1, long dim2, bool keepdim = false, ScalarType? type = null) =>
            sum([dim0, dim1, dim2], keepdim, type);

        public Tensor mean() => Take(st_mean(Handle, null, 0, 0, -1), this);

        public Tensor mean(long[] dimensions, bool keepdim = false, ScalarType? type = null)
        {
            fixed (long* dims = dimensions) return Take(st_mean(Handle, dims, dimensions.Length, keepdim ? 1 : 0, TypeOrNone(type)), this);
        }

        public Tensor var(bool unbiased = true) => Take(st_var(Handle, null, 0, unbiased ? 1 : 0, 0), this);

        public Tensor var(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null)
        {
            using var converted = ConvertedTo(type);
            fixed (long* dims = dimensions)
            {
                var source = (converted ?? this).Handle;
                return Take(st_var(source, dims, dimensions.Length, unbiased ? 1 : 0, keepdim ? 1 : 0), this, converted);
            }
        }

        public Tensor var(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            var([dim], unbiased, keepdim, type);

        public Tensor std(bool unbiased = true) => Take(st_std(Handle, null, 0, unbiased ? 1 : 0, 0), this);

        public Tensor std(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null)
        {
            using var converted = ConvertedTo(type);
            fixed (long* dims = dimensions)
            {
                var source = (converted ?? this).Handle;
                return Take(st_std(source, dims, dimensions.Length, unbiased ? 1 : 0, keepdim ? 1 : 0), this, converted);
            }
        }

        public Tensor std(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            std([dim], unbiased, keepdim, type);

        public Tensor amax(params long[] dims) => amax((ReadOnlySpan<long>)dims, false);

        public Tensor amax(long[] dims, bool keepdim = false, Tensor? @out = null) => amax((ReadOnlySpan<long>)dims, keepdim, @out);

        public Tensor amax(ReadOnlySpan<long> dims, bool keepdim = false, Tensor? @out = null)
        {
            fixed (long* pointer = dims) return Into(@out, Take(st_amax(Handle, pointer, dims.Length, keepdim ? 1 : 0), this));
        }

        public Tensor amin(params long[] dims) => amin((ReadOnlySpan<long>)dims, false);

        public Tensor amin(long[] dims, bool keepdim = false, Tensor? @out = null) => amin((ReadOnlySpan<long>)dims, keepdim, @out);

        public Tensor amin(ReadOnlySpan<long> dims, bool keepdim = false, Tensor? @out = null)
        {
            fixed (long* pointer = dims) return Into(@out, Take(st_amin(Handle, pointer, dims.Length, keepdim ? 1 : 0), this));
        }

        public Tensor logsumexp(long dim, bool keepdim = false) => Take(st_logsumexp(Handle, &dim, 1, keepdim ? 1 : 0), this);

        public Tensor prod(ScalarType? type = null) => Take(st_prod(Handle, 0, 0, 0, TypeOrNone(type)), this);

        public Tensor prod(long dim, bool keepdim = false, ScalarType? type = null) =>
            Take(st_prod(Handle, dim, 1, keepdim ? 1 : 0, TypeOrNone(type)), this);

        public Tensor norm(float p = 2.0f) => Take(st_norm(Handle, p, 0, 0, 0), this);

        public Tensor norm(int dim, bool keepdim = false, float p = 2.0f) => Take(st_norm(Handle, p, dim, 1, keepdim ? 1 : 0), this);

        public Tensor all() => Take(st_all(Handle, 0, 0, 0), this);

        public Tensor all(long dim, bool keepdim = false) => Take(st_all(Handle, dim, 1, keepdim ? 1 : 0), this);

        public Tensor any() => Take(st_any(Handle, 0, 0, 0), this);

        public Tensor any(long dim, bool keepdim = false) => Take(st_any(Handle, dim, 1, keepdim ? 1 : 0), this);

        public Tensor argmax() => Take(st_argmax(Handle, 0, 0, 0), this);

        public Tensor argmax(long dim, bool keepdim = false) => Take(st_argmax(Handle, dim, 1, keepdim ? 1 : 0), this);

        public Tensor argmin() => Take(st_argmin(Handle, 0, 0, 0), this);

        public Tensor argmin(long dim, bool keepdim = false) => Take(st_argmin(Handle, dim, 1, keepdim ? 1 : 0), this);

        public Tensor max() => Take(st_max(Handle), this);

        public Tensor max(Tensor other) => maximum(other);

        public (Tensor values, Tensor indexes) max(long dim, bool keepdim = false)
        {
            var pair = stackalloc nint[2];
            NativeErrors.Check(st_max_dim(Handle, dim, keepdim ? 1 : 0, pair), this);
            return (new Tensor(pair[0]), new Tensor(pair[1]));
        }

        public Tensor min() => Take(st_min(Handle), this);

        public Tensor min(Tensor other) => minimum(other);

        public (Tensor values, Tensor indexes) min(long dim, bool keepdim = false)
        {
            var pair = stackalloc nint[2];
            NativeErrors.Check(st_min_dim(Handle, dim, keepdim ? 1 : 0, pair), this);
            return (new Tensor(pair[0]), new Tensor(pair[1]));
        }

        public Tensor median() => Take(st_median(Handle), this);

        public Tensor cumsum(long dim, ScalarType? type = null) => Take(st_cumsum(Handle, dim, TypeOrNone(type)), this);

        public Tensor softmax(long dim, ScalarType? dtype = null) => Take(st_softmax(Handle, dim, TypeOrNone(dtype)), this);

        public Tensor log_softmax(long dim, ScalarType? dtype = null) => Take(st_log_softmax(Handle, dim, TypeOrNone(dtype)), this);

        public (Tensor values, Tensor indexes) topk(int k, int dim = -1, bool largest = true, bool sorted = true)
        {
            var pair = stackalloc nint[2];
            NativeErrors.Check(st_topk(Handle, k, dim, largest ? 1 : 0, sorted ? 1 : 0, pair), this);
            return (new Tensor(pair[0]), new Tensor(pair[1]));
        }

        public (Tensor Values, Tensor Indices) sort(long dim = -1, bool descending = false, bool stable = false)
        {
            var pair = stackalloc nint[2];
            NativeErrors.Check(st_sort(Handle, dim, descending ? 1 : 0, stable ? 1 : 0, pair), this);
            return (new Tensor(pair[0]), new Tensor(pair[1]));
        }

        public Tensor argsort(long dim = -1, bool descending = false) => Take(st_argsort(Handle, dim, descending ? 1 : 0), this);

        private static int TypeOrNone(ScalarType? type) => type is null ? -1 : (int)type.Value;

        private static Tensor Into(Tensor? target, Tensor result)
        {
            if (target is null) return result;
            target.copy_(result);
            result.Dispose();
            return target;
        }

        private Tensor? ConvertedTo(ScalarType? type) => type is null || type == dtype ? null : to(type.Value);
    }
}
