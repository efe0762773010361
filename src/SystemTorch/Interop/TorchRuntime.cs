using System.Runtime.InteropServices;

namespace OrleansTagging.SystemTorch;

/// <summary>What the library itself says of its state: live tensors, memory kept for reuse, and which BLAS serves libtorch.</summary>
public static unsafe class TorchRuntime
{
    /// <summary>Tensors of this process that were made and not yet given back, counted where they live.</summary>
    public static long LiveTensors => TorchSharp.NativeMethods.st_live_tensors();

    /// <summary>Version of libtorch, such as <c>1.13.1</c>.</summary>
    public static string TorchVersion => Marshal.PtrToStringUTF8((nint)TorchSharp.NativeMethods.st_torch_version())!;

    /// <summary>Files of BLAS and OpenBLAS that are mapped into this process, by their real paths.</summary>
    public static IReadOnlyList<string> BlasFiles
    {
        get
        {
            _ = TorchVersion; // libtorch, and with it BLAS, is loaded at the first call.
            return
            [
                .. File.ReadLines("/proc/self/maps")
                    .Select(line => line[(line.LastIndexOf(' ') + 1)..])
                    .Where(path => path.StartsWith('/') && Path.GetFileName(path).Contains("blas", StringComparison.Ordinal))
                    .Distinct()
                    .Order(StringComparer.Ordinal),
            ];
        }
    }

    /// <summary>
    /// Blocks of memory taken from the system and taken again from the cache since the start, and bytes that wait in the cache.
    /// </summary>
    public static (long Fresh, long Reused, long CachedBytes) AllocatorStatistics
    {
        get
        {
            long fresh, reused, cached;
            TorchSharp.NativeMethods.st_allocator_statistics(&fresh, &reused, &cached);
            return (fresh, reused, cached);
        }
    }

    /// <summary>Gives all cached memory back to the system.</summary>
    public static void EmptyCache() => TorchSharp.NativeMethods.st_allocator_empty();

    /// <summary>Bounds the memory that waits for reuse, in bytes. 512 MiB at the start, or SYSTEMTORCH_CACHE_MB.</summary>
    public static void SetCacheBound(long bytes) => TorchSharp.NativeMethods.st_allocator_set_bound(bytes);
}
