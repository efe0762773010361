using static TorchSharp.NativeMethods;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Seeds libtorch's generators, of the CPU and of every CUDA device.</summary>
    public static Generator manual_seed(long seed) => random.manual_seed(seed);

    public static long initial_seed() => random.initial_seed();

    public static Tensor get_rng_state() => random.get_rng_state();

    public static void set_rng_state(Tensor new_state) => random.set_rng_state(new_state);

    /// <summary>libtorch's own generator of the CPU.</summary>
    public static class random
    {
        public static Generator manual_seed(long seed)
        {
            NativeErrors.Check(st_manual_seed(seed));
            return Generator.Default;
        }

        public static long initial_seed()
        {
            using var generator = Generator.Default;
            return generator.initial_seed();
        }

        public static Tensor get_rng_state()
        {
            using var generator = Generator.Default;
            return generator.get_state();
        }

        public static void set_rng_state(Tensor new_state)
        {
            using var generator = Generator.Default;
            generator.set_state(new_state);
        }
    }

    /// <summary>A source of random numbers on the CPU. The same seed gives the same numbers.</summary>
    public sealed class Generator : IDisposable
    {
        private nint _handle;

        public Generator(ulong seed = 0, Device? device = null)
            : this(st_generator_new((long)seed))
        {
            if (device is not null && device.type != DeviceType.CPU)
            {
                throw new ArgumentException("Generators are made on the CPU only.", nameof(device));
            }
        }

        private Generator(nint handle) => _handle = handle == 0 ? throw NativeErrors.Last() : handle;

        ~Generator() => Release();

        /// <summary>The generator that functions use when they are given none.</summary>
        public static Generator Default => new(st_generator_default());

        public Device device => CPU;

        public nint Handle => _handle != 0 ? _handle : throw new ObjectDisposedException(nameof(Generator));

        public Generator manual_seed(long seed)
        {
            NativeErrors.Check(st_generator_seed(Handle, seed), this);
            return this;
        }

        public long initial_seed()
        {
            var seed = st_generator_initial_seed(Handle);
            GC.KeepAlive(this);
            return seed;
        }

        public Tensor get_state() => Tensor.Take(st_generator_get_state(Handle), this);

        public void set_state(Tensor value) => NativeErrors.Check(st_generator_set_state(Handle, value.Handle), this, value);

        public void Dispose()
        {
            Release();
            GC.SuppressFinalize(this);
        }

        private void Release()
        {
            var handle = Interlocked.Exchange(ref _handle, 0);
            if (handle != 0) st_generator_dispose(handle);
        }
    }
}
