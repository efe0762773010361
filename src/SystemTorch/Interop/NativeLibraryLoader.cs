using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace TorchSharp;

/// <summary>
/// Finds and loads libsystemtorch, and makes libtorch fast before it starts: threads, BLAS flavour and allocator cannot be
/// changed, or not to the full effect, once it runs. (The fourth measure, channels-last convolutions, is in native/networks.cpp.)
/// </summary>
internal static unsafe class NativeLibraryLoader
{
    internal const string Name = "systemtorch";

    private const string FileName = "libsystemtorch.so";
    private const string Remedy = "run eng/setup.sh, which installs libtorch-dev and libopenblas0-openmp and builds it";
    private static readonly Lock _gate = new();
    private static nint _library;

    /// <summary>Makes this class answer for every import of the assembly.</summary>
    internal static void Register() => NativeLibrary.SetDllImportResolver(typeof(NativeLibraryLoader).Assembly, Resolve);

    /// <summary>Threads that libtorch is started with: OMP_NUM_THREADS where it is set, else one a processor.</summary>
    internal static int WantedThreads
    {
        get
        {
            var wish = Environment.GetEnvironmentVariable("OMP_NUM_THREADS");
            return int.TryParse(wish, NumberStyles.None, CultureInfo.InvariantCulture, out var threads) && threads > 0
                ? threads
                : Environment.ProcessorCount;
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (name != Name) return 0;
        lock (_gate)
        {
            return _library != 0 ? _library : _library = Load();
        }
    }

    private static nint Load()
    {
        var threads = WantedThreads;
        PrepareEnvironment(threads);
        PreloadBlas();
        var path = LibraryPath();
        nint library;
        try
        {
            library = NativeLibrary.Load(path);
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            throw new DllNotFoundException($"{path} does not load ({LastLine(error.Message)}): {Remedy}");
        }

        var install = (delegate* unmanaged<int>)NativeLibrary.GetExport(library, "st_allocator_install");
        if (install() == 0) throw new DllNotFoundException($"{path}: libtorch did not take the caching allocator");
        var bound = Environment.GetEnvironmentVariable("SYSTEMTORCH_CACHE_MB");
        if (long.TryParse(bound, NumberStyles.None, CultureInfo.InvariantCulture, out var megabytes))
        {
            ((delegate* unmanaged<long, void>)NativeLibrary.GetExport(library, "st_allocator_set_bound"))(megabytes << 20);
        }

        _ = ((delegate* unmanaged<int, int>)NativeLibrary.GetExport(library, "st_set_num_threads"))(threads);
        return library;
    }

    /// <summary>Says what OpenMP and OpenBLAS read from the environment of C, which .NET's own variables do not reach.</summary>
    private static void PrepareEnvironment(int threads)
    {
        // A core type that someone chose for another machine makes OpenBLAS several times slower; it finds the right one itself.
        _ = CLibrary.UnsetEnvironment("OPENBLAS_CORETYPE");
        _ = CLibrary.SetEnvironment("OMP_NUM_THREADS", threads.ToString(CultureInfo.InvariantCulture), 1);
    }

    /// <summary>
    /// Loads OpenBLAS built with OpenMP by its path. libtorch then finds a libblas.so.3 in the process and takes no other, whatever
    /// flavour the system prefers: the reference BLAS is many times slower, and OpenBLAS on its own threads fights libtorch's.
    /// </summary>
    private static void PreloadBlas()
    {
        foreach (var folder in BlasFolders())
        {
            if (!File.Exists(Path.Combine(folder, "libblas.so.3"))) continue;
            foreach (var file in (string[])["libopenblas.so.0", "libblas.so.3", "liblapack.so.3"])
            {
                var path = Path.Combine(folder, file);
                if (File.Exists(path)) _ = CLibrary.Open(path, CLibrary.Now | CLibrary.Global);
            }

            return;
        }
    }

    private static IEnumerable<string> BlasFolders()
    {
        var architecture = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "aarch64" : "x86_64";
        yield return $"/usr/lib/{architecture}-linux-gnu/openblas-openmp";
    }

    internal static string LibraryPath()
    {
        var named = Environment.GetEnvironmentVariable("SYSTEMTORCH_LIBRARY");
        if (!string.IsNullOrEmpty(named))
        {
            return File.Exists(named)
                ? Path.GetFullPath(named)
                : throw new DllNotFoundException(
                    $"SYSTEMTORCH_LIBRARY names {named}, which does not exist: name a libsystemtorch.so or unset it");
        }

        var beside = Path.Combine(AppContext.BaseDirectory, FileName);
        if (File.Exists(beside)) return beside;
        var location = Path.GetDirectoryName(typeof(NativeLibraryLoader).Assembly.Location);
        if (!string.IsNullOrEmpty(location) && File.Exists(Path.Combine(location, FileName))) return Path.Combine(location, FileName);
        throw new DllNotFoundException($"{beside} is missing: {Remedy}");
    }

    private static string LastLine(string message) => message.TrimEnd().Split('\n')[^1].Trim();

    /// <summary>The three functions of the C library that .NET does not offer.</summary>
    private static class CLibrary
    {
        internal const int Now = 2;
        internal const int Global = 0x100;

        [DllImport("libc.so.6", EntryPoint = "setenv")]
        internal static extern int SetEnvironment(
            [MarshalAs(UnmanagedType.LPUTF8Str)] string name, [MarshalAs(UnmanagedType.LPUTF8Str)] string value, int overwrite);

        [DllImport("libc.so.6", EntryPoint = "unsetenv")]
        internal static extern int UnsetEnvironment([MarshalAs(UnmanagedType.LPUTF8Str)] string name);

        [DllImport("libc.so.6", EntryPoint = "dlopen")]
        internal static extern nint Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);
    }
}
