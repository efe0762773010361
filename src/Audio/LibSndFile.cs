using System.Reflection;
using System.Runtime.InteropServices;

namespace OrleansTagging.Audio;

/// <summary>The part of libsndfile's C interface (<c>sndfile.h</c>) that decoding needs.</summary>
internal static partial class LibSndFile
{
    public const int Read = 0x10;

    private const string Library = "sndfile";

    // The names under which Linux distributions, Windows and macOS install it, the versioned one first: it needs no development package.
    private static readonly string[] _names = ["libsndfile.so.1", "libsndfile.so", "sndfile.dll", "libsndfile-1.dll", "libsndfile.1.dylib",
        "libsndfile.dylib", "/opt/homebrew/lib/libsndfile.dylib", "/usr/local/lib/libsndfile.dylib"];

    static LibSndFile() => NativeLibrary.SetDllImportResolver(typeof(LibSndFile).Assembly, Resolve);

    /// <summary>Opens a file for reading; null where it cannot, and then <see cref="Error"/> of null says why.</summary>
    public static nint Open(string path, ref Info info) =>
        OperatingSystem.IsWindows() ? OpenWide(path, Read, ref info) : OpenUtf8(path, Read, ref info);

    public static string Error(nint file) => Marshal.PtrToStringUTF8(ErrorText(file)) ?? "unknown fault";

    [LibraryImport(Library, EntryPoint = "sf_readf_float")]
    public static partial long ReadFrames(nint file, ref float frames, long count);

    [LibraryImport(Library, EntryPoint = "sf_error")]
    public static partial int ErrorCode(nint file);

    [LibraryImport(Library, EntryPoint = "sf_close")]
    public static partial int Close(nint file);

    [LibraryImport(Library, EntryPoint = "sf_open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint OpenUtf8(string path, int mode, ref Info info);

    [LibraryImport(Library, EntryPoint = "sf_wchar_open", StringMarshalling = StringMarshalling.Utf16)]
    private static partial nint OpenWide(string path, int mode, ref Info info);

    [LibraryImport(Library, EntryPoint = "sf_strerror")]
    private static partial nint ErrorText(nint file);

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? search)
    {
        if (name != Library)
        {
            return 0;
        }
        foreach (var candidate in _names)
        {
            if (NativeLibrary.TryLoad(candidate, assembly, search, out var handle))
            {
                return handle;
            }
        }
        throw new DllNotFoundException("libsndfile is not installed; on Debian and Ubuntu the package is libsndfile1.");
    }

    /// <summary><c>SF_INFO</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Info
    {
        public long Frames;
        public int Rate;
        public int Channels;
        public int Format;
        public int Sections;
        public int Seekable;
    }
}
