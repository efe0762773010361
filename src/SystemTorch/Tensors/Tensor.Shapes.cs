using static TorchSharp.NativeMethods;

namespace TorchSharp;

public static partial class torch
{
    // Copies, conversions, and other views of the same elements.
    public unsafe partial class Tensor
    {
        public Tensor clone() => Take(st_clone(Handle), this);

        public Tensor detach() => Take(st_detach(Handle), this);

        public Tensor detach_() => Done(st_detach_(Handle));

        /// <summary>Another tensor on the same elements.</summary>
        public Tensor alias() => Take(st_alias(Handle), this);

        public Tensor copy_(Tensor source, bool nonBlocking = false) => Done(st_copy_(Handle, source.Handle, nonBlocking ? 1 : 0), source);

        public Tensor fill_(Scalar value) => Done(st_fill_(Handle, value.Number));

        public Tensor zero_() => Done(st_zero_(Handle));

        public Tensor set_(Tensor source) => Done(st_set_(Handle, source.Handle), source);

        public Tensor uniform_(double from, double to, Generator? generator = null) =>
            Done(st_uniform_(Handle, from, to, Of(generator)), generator);

        public Tensor normal_(double mean = 0.0, double std = 1.0, Generator? generator = null) =>
            Done(st_normal_(Handle, mean, std, Of(generator)), generator);

        public Tensor bernoulli_(double p = 0.5, Generator? generator = null) => Done(st_bernoulli_(Handle, p, Of(generator)), generator);

        public Tensor bernoulli(Generator? generator = null) => Take(st_bernoulli(Handle, Of(generator)), this, generator);

        public Tensor cpu() => to(DeviceType.CPU);

        public Tensor cuda(Device? device = null, bool non_blocking = false) =>
            to(DeviceType.CUDA, device?.index ?? -1, non_blocking: non_blocking);

        public Tensor to_type(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            Converted(type, device_type, device_index, copy, disposeAfter, non_blocking);

        public Tensor type_as(Tensor tensor) => to_type(tensor.dtype);

        public Tensor to(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            to_type(type, copy, disposeAfter, non_blocking);

        public Tensor to(
            DeviceType deviceType, int deviceIndex = -1, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            Converted(dtype, deviceType, deviceIndex, copy, disposeAfter, non_blocking);

        public Tensor to(ScalarType type, Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            Converted(type, device.type, device.index, copy, disposeAfter, non_blocking);

        public Tensor to(Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            to(device.type, device.index, copy, disposeAfter, non_blocking);

        public Tensor to(string device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            to(new Device(device), copy, disposeAfter, non_blocking);

        public Tensor to(Tensor other, bool non_blocking = false) => to(other.dtype, other.device, non_blocking: non_blocking);

        public Tensor @bool() => to_type(ScalarType.Bool);

        public Tensor @int() => to_type(ScalarType.Int32);

        public Tensor @long() => to_type(ScalarType.Int64);

        public Tensor half() => to_type(ScalarType.Float16);

        public Tensor @float() => to_type(ScalarType.Float32);

        public Tensor @double() => to_type(ScalarType.Float64);

        public Tensor contiguous() => Take(st_contiguous(Handle), this);

        public Tensor view(params long[] shape)
        {
            fixed (long* sizes = shape) return Take(st_view(Handle, sizes, shape.Length), this);
        }

        public Tensor view_as(Tensor other) => view(other.shape);

        public Tensor reshape(params long[] shape)
        {
            fixed (long* sizes = shape) return Take(st_reshape(Handle, sizes, shape.Length), this);
        }

        public Tensor flatten(long start_dim = 0, long end_dim = -1) => Take(st_flatten(Handle, start_dim, end_dim), this);

        public Tensor expand(ReadOnlySpan<long> sizes, bool isImplicit = false)
        {
            fixed (long* pointer = sizes) return Take(st_expand(Handle, pointer, sizes.Length, isImplicit ? 1 : 0), this);
        }

        public Tensor expand(long[] sizes, bool isImplicit = false) => expand((ReadOnlySpan<long>)sizes, isImplicit);

        public Tensor expand(params long[] sizes) => expand((ReadOnlySpan<long>)sizes, false);

        public Tensor expand_as(Tensor other) => expand(other.shape);

        public Tensor broadcast_to(params long[] shape) => expand(shape);

        public Tensor repeat(params long[] sizes)
        {
            fixed (long* pointer = sizes) return Take(st_repeat(Handle, pointer, sizes.Length), this);
        }

        public Tensor repeat_interleave(long repeats, long? dim = null, long? output_size = null)
        {
            _ = output_size; // A hint to CUDA, which may then skip counting.
            return Take(st_repeat_interleave(Handle, repeats, dim ?? 0, dim is null ? 0 : 1), this);
        }

        public Tensor permute(params long[] permutation)
        {
            fixed (long* order = permutation) return Take(st_permute(Handle, order, permutation.Length), this);
        }

        public Tensor transpose(long dim0, long dim1) => Take(st_transpose(Handle, dim0, dim1), this);

        public Tensor t() => Take(st_t(Handle), this);

        public Tensor T => t();

        public Tensor squeeze(long? dim = null) => Take(st_squeeze(Handle, dim ?? 0, dim is null ? 0 : 1), this);

        public Tensor unsqueeze(long dim) => Take(st_unsqueeze(Handle, dim), this);

        public Tensor flip(params long[] dims)
        {
            fixed (long* pointer = dims) return Take(st_flip(Handle, pointer, dims.Length), this);
        }

        public Tensor roll(long[] shifts, long[] dims)
        {
            fixed (long* by = shifts, along = dims) return Take(st_roll(Handle, by, shifts.Length, along, dims.Length), this);
        }

        public Tensor roll(long shifts, long? dims = null) => roll([shifts], dims is null ? [] : [dims.Value]);

        public Tensor unfold(long dimension, long size, long step) => Take(st_unfold(Handle, dimension, size, step), this);

        public Tensor tril(long diagonal = 0) => Take(st_tril(Handle, diagonal), this);

        public Tensor triu(long diagonal = 0) => Take(st_triu(Handle, diagonal), this);

        public Tensor[] split(long size, int dim = 0)
        {
            var length = shape[dim < 0 ? dim + Dimensions : dim];
            var parts = new nint[size > 0 ? Math.Max(1, (length + size - 1) / size) : 1];
            long found;
            fixed (nint* pointer = parts) NativeErrors.Check(st_split(Handle, size, dim, pointer, parts.Length, &found), this);
            return [.. parts.Take((int)found).Select(part => new Tensor(part))];
        }

        public Tensor[] split(long[] sizes, long dim = 0)
        {
            var parts = new nint[sizes.Length];
            fixed (nint* pointer = parts)
            fixed (long* lengths = sizes)
            {
                NativeErrors.Check(st_split_sizes(Handle, lengths, sizes.Length, dim, pointer), this);
            }

            return [.. parts.Select(part => new Tensor(part))];
        }

        public Tensor[] unbind(long dimension = 0L)
        {
            var parts = new nint[shape[dimension < 0 ? dimension + Dimensions : dimension]];
            fixed (nint* pointer = parts) NativeErrors.Check(st_unbind(Handle, dimension, pointer), this);
            return [.. parts.Select(part => new Tensor(part))];
        }

        public Tensor empty_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Like(0, default, dtype, device, requires_grad);

        public Tensor zeros_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Like(1, default, dtype, device, requires_grad);

        public Tensor ones_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Like(2, default, dtype, device, requires_grad);

        public Tensor full_like(Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Like(3, value.Number, dtype, device, requires_grad);

        public Tensor rand_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Like(4, default, dtype, device, requires_grad);

        public Tensor randn_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Like(5, default, dtype, device, requires_grad);

        public Tensor stft(
            long n_fft, long hop_length = -1, long win_length = -1, Tensor? window = null, bool center = true,
            PaddingModes pad_mode = PaddingModes.Reflect, bool normalized = false, bool? onesided = null, bool? return_complex = null)
        {
            fixed (byte* mode = nn.functional.ModeName(pad_mode))
            {
                return Take(
                    st_stft(
                        Handle, n_fft, hop_length, win_length, window?.Handle ?? 0, center ? 1 : 0, mode, normalized ? 1 : 0,
                        Choice(onesided), Choice(return_complex)),
                    this,
                    window);
            }
        }

        private static nint Of(Generator? generator) => generator?.Handle ?? 0;

        private static int Choice(bool? value) => value is null ? -1 : value.Value ? 1 : 0;

        private Tensor Like(int what, Number value, ScalarType? type, Device? place, bool requires_grad) => Take(
            st_like(
                Handle, what, value,
                new Place((int)(type ?? dtype), (int)(place?.type ?? device_type), place?.index ?? device_index, requires_grad ? 1 : 0)),
            this);

        private Tensor Converted(ScalarType type, DeviceType deviceType, int index, bool copy, bool disposeAfter, bool nonBlocking)
        {
            if (deviceType == DeviceType.CPU) index = -1;
            else InitializeDeviceType(deviceType);
            var result = Take(st_to(Handle, (int)type, (int)deviceType, index, copy ? 1 : 0, nonBlocking ? 1 : 0), this);
            if (disposeAfter) Dispose();
            return result;
        }
    }
}
