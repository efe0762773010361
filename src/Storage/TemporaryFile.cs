namespace OrleansTagging.Storage;

/// <summary>
/// A file under a temporary name that becomes a file of the store in one step: written, flushed to disk, renamed. A reader sees the old
/// file or the new one, never a part. What a killed process leaves behind is swept by a later open.
/// </summary>
internal sealed class TemporaryFile : IDisposable
{
    /// <summary>How the name of every temporary file ends.</summary>
    public const string Suffix = ".tmp";

    private const int BufferBytes = 1 << 16;
    private static readonly TimeSpan SweptAfter = TimeSpan.FromHours(1);

    private readonly string _path;
    private readonly FileStream _content;
    private bool _published;

    private TemporaryFile(string path, FileMode mode)
    {
        _path = path;
        // FileShare.None also tells the sweep of another process that someone still writes here.
        _content = new FileStream(path, mode, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
    }

    /// <summary>The open file.</summary>
    public Stream Content => _content;

    /// <summary>An empty temporary file in <paramref name="folder"/>, which must lie in the file system of the target.</summary>
    public static TemporaryFile Create(string folder) => new(NewPath(folder), FileMode.CreateNew);

    /// <summary>Makes an existing file a temporary one: a rename, or a copy where it lies in another file system.</summary>
    public static TemporaryFile Take(string path, string folder)
    {
        var temporary = NewPath(folder);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite); // It may be read-only and is about to be opened.
        }
        // A rename keeps the time stamp, and an old one would let the sweep take the file for a leftover.
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
        try
        {
            File.Move(path, temporary);
            return new TemporaryFile(temporary, FileMode.Open);
        }
        catch
        {
            if (!File.Exists(path))
            {
                File.Move(temporary, path); // Moved but not opened: the caller has it back.
            }
            else
            {
                File.Delete(temporary); // The copy to another file system failed half-way, for instance on a full disk.
            }
            throw;
        }
    }

    /// <summary>Lets the file be written and gives the SHA-256 of what it then holds.</summary>
    public byte[] Fill(Action<Stream> write, CancellationToken cancellationToken)
    {
        // Not disposed of: after a fault it would try to write the rest of what does not fit.
        var buffered = new BufferedStream(_content, BufferBytes);
        write(buffered);
        buffered.Flush();
        _content.Position = 0;
        return FolderArtifactStore.Hash(_content, cancellationToken);
    }

    /// <summary>Flushes the file and gives it its name, replacing what has it; after the return both are on disk.</summary>
    /// <param name="target">The path to appear at; its folder is created.</param>
    /// <param name="readOnly">Whether the file is never to change again.</param>
    public void Publish(string target, bool readOnly)
    {
        _content.Flush(flushToDisk: true);
        if (readOnly && !OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_content.SafeFileHandle, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }
        _content.Dispose();
        var folder = Path.GetDirectoryName(target)!;
        DurableFolder.Create(folder);
        File.Move(_path, target, overwrite: true);
        _published = true;
        DurableFolder.Flush(folder);
    }

    /// <summary>Closes the file and, unless it was published, deletes it.</summary>
    public void Dispose()
    {
        _content.Dispose();
        if (!_published)
        {
            File.Delete(_path);
        }
    }

    /// <summary>Deletes the leftovers of killed processes: files an hour old that no process has open.</summary>
    public static void Sweep(string folder)
    {
        foreach (var path in Directory.EnumerateFiles(folder, "*" + Suffix))
        {
            if (DateTime.UtcNow - File.GetLastWriteTimeUtc(path) > SweptAfter)
            {
                using var unused = FileLock.TryTake(path, FileMode.Open);
                if (unused is not null)
                {
                    File.Delete(path);
                }
            }
        }
    }

    private static string NewPath(string folder) => Path.Combine(folder, Guid.NewGuid().ToString("n") + Suffix);
}
