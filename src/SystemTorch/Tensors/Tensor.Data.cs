using System.Runtime.CompilerServices;
using TorchSharp.Utils;
using static TorchSharp.NativeMethods;

namespace TorchSharp;

public static partial class torch
{
    // What a tensor is, and its elements as .NET sees them.
    public unsafe partial class Tensor
    {
        /// <summary>Number of axes.</summary>
        public long Dimensions => st_dim(Handle);

        public long ndim => Dimensions;

        /// <summary>Number of elements.</summary>
        public long NumberOfElements => st_numel(Handle);

        /// <summary>Bytes of one element.</summary>
        public long ElementSize => st_element_size(Handle);

        public ScalarType dtype => (ScalarType)st_dtype(Handle);

        public DeviceType device_type => (DeviceType)st_device_type(Handle);

        public int device_index => st_device_index(Handle);

        public Device device => device_type == DeviceType.CPU ? CPU : new Device(device_type, device_index);

        public bool is_cuda => device_type == DeviceType.CUDA;

        public bool is_leaf => st_is_leaf(Handle) != 0;

        /// <summary>Length of every axis.</summary>
        public long[] shape
        {
            get
            {
                var sizes = new long[st_dim(Handle)];
                fixed (long* pointer = sizes) st_sizes(_handle, pointer);
                GC.KeepAlive(this);
                return sizes;
            }
        }

        /// <summary>
        /// The elements' bytes, in order. The tensor must be contiguous and in main memory, under 2 GiB; the span is valid until it is
        /// disposed of.
        /// </summary>
        public Span<byte> bytes
        {
            get => new((void*)Address(), checked((int)(NumberOfElements * ElementSize)));
            set
            {
                var target = bytes;
                if (value.Length != target.Length) throw new ArgumentException("Mismatched data sizes in SetBytes().");
                value.CopyTo(target);
            }
        }

        public long dim() => Dimensions;

        public long numel() => NumberOfElements;

        public long element_size() => ElementSize;

        public long[] size() => shape;

        public long size(int dim)
        {
            var sizes = shape;
            return sizes[dim < 0 ? dim + sizes.Length : dim];
        }

        /// <summary>Elements to step over in memory for the next one of each axis.</summary>
        public long[] stride()
        {
            var strides = new long[st_dim(Handle)];
            fixed (long* pointer = strides) NativeErrors.Check(st_strides(_handle, pointer), this);
            return strides;
        }

        public long stride(int dim)
        {
            var strides = stride();
            return strides[dim < 0 ? dim + strides.Length : dim];
        }

        public long storage_offset() => st_storage_offset(Handle);

        public bool is_contiguous() => st_is_contiguous(Handle) != 0;

        public bool is_cpu() => device_type == DeviceType.CPU;

        public bool is_integral() => torch.is_integral(dtype);

        public bool is_floating_point() => torch.is_floating_point(dtype);

        public bool is_complex() => torch.is_complex(dtype);

        /// <summary>
        /// The elements as an indexable sequence; for a tensor in main memory, the memory itself. Throws <see cref="ArgumentException"/>
        /// where <typeparamref name="T"/> is not the element type.
        /// </summary>
        public TensorAccessor<T> data<T>() where T : unmanaged
        {
            RequireElements(typeof(T));
            return new TensorAccessor<T>(device_type == DeviceType.CPU ? this : cpu());
        }

        /// <summary>The only element. Throws <see cref="ArgumentException"/> where there are more, or of another type.</summary>
        public T item<T>() where T : unmanaged
        {
            if (NumberOfElements != 1) throw new ArgumentException("Number of elements in the tensor must be 1");
            RequireElements(typeof(T));
            if (device_type != DeviceType.CPU)
            {
                using var here = cpu();
                return Unsafe.ReadUnaligned<T>((void*)here.Address());
            }

            var value = Unsafe.ReadUnaligned<T>((void*)st_data(Handle));
            GC.KeepAlive(this);
            return value;
        }

        public Scalar ToScalar()
        {
            Number number;
            NativeErrors.Check(st_item(Handle, &number), this);
            return new Scalar(number, dtype);
        }

        /// <summary>Writes the elements' bytes, in order, to a stream.</summary>
        public void WriteBytesToStream(Stream stream, int bufferSize = 1024)
        {
            _ = bufferSize; // TorchSharp copies through a buffer; here the memory itself is written.
            var address = (byte*)Address();
            for (var left = NumberOfElements * ElementSize; left > 0;)
            {
                var count = (int)Math.Min(left, 1 << 20);
                stream.Write(new ReadOnlySpan<byte>(address, count));
                address += count;
                left -= count;
            }

            GC.KeepAlive(this);
        }

        /// <summary>
        /// Fills the elements' bytes, in order, from a stream. Throws <see cref="EndOfStreamException"/> where it is too short.
        /// </summary>
        public void ReadBytesFromStream(Stream stream, int bufferSize = 1024)
        {
            _ = bufferSize;
            var address = (byte*)Address();
            for (var left = NumberOfElements * ElementSize; left > 0;)
            {
                var count = (int)Math.Min(left, 1 << 20);
                stream.ReadExactly(new Span<byte>(address, count));
                address += count;
                left -= count;
            }

            GC.KeepAlive(this);
        }

        /// <summary>Address of the first element of a contiguous tensor in main memory.</summary>
        internal nint Address()
        {
            if (!is_contiguous()) throw new InvalidOperationException("Bytes() called on non-contiguous tensor.");
            if (device_type != DeviceType.CPU)
            {
                throw new InvalidOperationException(
                    "Reading data from non-CPU memory is not supported. Move or copy the tensor to the cpu before reading.");
            }

            var address = st_data(Handle);
            GC.KeepAlive(this);
            return address == 0 && NumberOfElements > 0 ? throw NativeErrors.Last() : address;
        }

        private void RequireElements(Type type)
        {
            if (ScalarTypeOf(type) != dtype) throw new ArgumentException($"{type.Name} is not compatible with {dtype}");
        }
    }
}

/// <summary>Conversions of a tensor of one element to a number, and a tensor's state-dict form (StateDictFile.cs).</summary>
public static partial class TensorExtensionMethods
{
    public static float ToSingle(this torch.Tensor value) => value.ToScalar().ToSingle();

    public static double ToDouble(this torch.Tensor value) => value.ToScalar().ToDouble();

    public static int ToInt32(this torch.Tensor value) => value.ToScalar().ToInt32();

    public static long ToInt64(this torch.Tensor value) => value.ToScalar().ToInt64();

    public static bool ToBoolean(this torch.Tensor value) => value.ToScalar().ToBoolean();

    /// <summary>Bytes of one element.</summary>
    public static int ElementSize(this torch.ScalarType type) => type switch
    {
        torch.ScalarType.Byte or torch.ScalarType.Int8 or torch.ScalarType.Bool => 1,
        torch.ScalarType.Int16 or torch.ScalarType.Float16 or torch.ScalarType.BFloat16 => 2,
        torch.ScalarType.Int32 or torch.ScalarType.Float32 => 4,
        torch.ScalarType.Int64 or torch.ScalarType.Float64 or torch.ScalarType.ComplexFloat32 => 8,
        torch.ScalarType.ComplexFloat64 => 16,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "no element type"),
    };
}
