using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace OrleansTagging.Storage;

/// <summary>Folders whose entries survive the loss of power: a rename is on disk only once the folder itself has been flushed.</summary>
internal static partial class DurableFolder
{
    private const int InvalidArgument = 22; // EINVAL: a file system whose folders cannot be flushed

    private static readonly ConcurrentDictionary<string, SharedFlush> _flushes = new(StringComparer.Ordinal);

    /// <summary>Creates a folder where it is missing, its parents too, and flushes the entry of each one created.</summary>
    public static void Create(string folder)
    {
        if (Directory.Exists(folder))
        {
            return;
        }
        var parent = Path.GetDirectoryName(Path.GetFullPath(folder));
        if (parent is not null)
        {
            Create(parent);
        }
        Directory.CreateDirectory(folder);
        if (parent is not null)
        {
            Flush(parent);
        }
    }

    /// <summary>Runs a write below a folder; a full disk becomes a <see cref="StoreFullException"/>.</summary>
    public static T Watch<T>(string folder, StoreHealth health, Func<T> write)
    {
        try
        {
            var written = write();
            health.Works();
            return written;
        }
        catch (IOException fault) when (StoreFullException.IsMeantBy(fault))
        {
            var full = new StoreFullException(folder, fault);
            health.Fails(full.Message);
            throw full;
        }
    }

    /// <summary>Brings the folder's entries to the disk; those who ask while it is being flushed share the next flush.</summary>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return; // NTFS journals its folders and offers no such call.
        }
        _flushes.GetOrAdd(folder, static folder => new SharedFlush(() => FlushAlone(folder))).Run();
    }

    private static void FlushAlone(string folder)
    {
        var closeOnExec = OperatingSystem.IsMacOS() ? 0x1000000 : 0x80000;
        var descriptor = OpenDescriptor(folder, closeOnExec);
        if (descriptor < 0)
        {
            throw Failure(folder);
        }
        try
        {
            if (FlushDescriptor(descriptor) < 0 && Marshal.GetLastPInvokeError() != InvalidArgument)
            {
                throw Failure(folder);
            }
        }
        finally
        {
            _ = CloseDescriptor(descriptor);
        }
    }

    private static IOException Failure(string folder) =>
        new($"The folder {folder} cannot be flushed to disk: {Marshal.GetLastPInvokeErrorMessage()}.", Marshal.GetLastPInvokeError());

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenDescriptor(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FlushDescriptor(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseDescriptor(int descriptor);
}
