using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;
using System.IO.Hashing;
using OrleansTagging.Labels;

namespace OrleansTagging.Audio;

/// <summary>How far an archive is unpacked.</summary>
/// <param name="Files">Files that are unpacked, those of an earlier start among them.</param>
/// <param name="Bytes">Their bytes.</param>
public readonly record struct UnpackProgress(int Files, long Bytes);

/// <summary>
/// An archive of a dataset in FSDKaggle2019's layout (<c>.zip</c>, <c>.tar</c>, <c>.tar.gz</c>), at its top or in one folder of it. It is
/// told by its first bytes, not by its name.
/// </summary>
/// <remarks>
/// An archive is somebody else's: no entry is written outside the folder it is unpacked into, and one that is a link, a device, or twice
/// there ends the unpacking. A file appears under its name when it is whole, so that whoever was killed goes on after the last whole file.
/// </remarks>
public static class DatasetArchive
{
    private const int BlockBytes = 1 << 18;
    private const int TarBlock = 512;
    private const int TarMark = 257;
    private const string Partial = ".unpacking";

    private enum Kind
    {
        None,
        Zip,
        Tar,
        GZip,
    }

    /// <summary>Unpacks an archive; files that an earlier start has unpacked stay.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="folder">Where to; absent, empty, or what an earlier start on the same archive left.</param>
    /// <param name="progress">Told of every file.</param>
    /// <param name="cancellation">Ends it; what is whole stays.</param>
    /// <returns>The folder below that has the dataset's layout.</returns>
    /// <exception cref="InputException">It is no such archive, is cut short or damaged, has an entry that leads elsewhere, is no file, or is
    /// there twice; or there is no dataset in it, or no room for it.</exception>
    public static async Task<string> UnpackAsync(
        string archive, string folder, IProgress<UnpackProgress>? progress, CancellationToken cancellation)
    {
        var unpacking = new Unpacking(archive, folder, progress);
        try
        {
            switch (KindOf(archive))
            {
                case Kind.Zip:
                    await Task.Run(() => unpacking.Zip(cancellation), CancellationToken.None).ConfigureAwait(false);
                    break;
                case Kind.Tar:
                    await Task.Run(() => unpacking.Tar(Open(archive), cancellation), CancellationToken.None).ConfigureAwait(false);
                    break;
                case Kind.GZip:
                    await Task.Run(
                        () => unpacking.Tar(new GZipStream(Open(archive), CompressionMode.Decompress), cancellation),
                        CancellationToken.None).ConfigureAwait(false);
                    break;
                default:
                    throw new InputException($"{archive}: neither a folder nor a zip, tar or tar.gz archive.");
            }
        }
        catch (Exception fault) when (fault is InvalidDataException or EndOfStreamException)
        {
            throw new InputException($"{archive}: cut short or damaged{unpacking.Where} ({OneLine(fault)}).", fault);
        }
        return Path.GetFullPath(Path.Combine(folder, DatasetLayout.RootIn(unpacking.Names)
            ?? throw new InputException($"{archive}: there is no dataset in FSDKaggle2019's layout in it: {DatasetLayout.Marks}.")));
    }

    private static FileStream Open(string archive) =>
        new(archive, FileMode.Open, FileAccess.Read, FileShare.Read, BlockBytes, FileOptions.SequentialScan);

    private static Kind KindOf(string archive)
    {
        Span<byte> start = stackalloc byte[TarBlock];
        try
        {
            using var file = Open(archive);
            start = start[..file.ReadAtLeast(start, TarBlock, throwOnEndOfStream: false)];
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{archive}: cannot be read ({OneLine(fault)}).", fault);
        }
        return start.StartsWith("PK\u0003\u0004"u8) || start.StartsWith("PK\u0005\u0006"u8) || start.StartsWith("PK\u0007\u0008"u8) ? Kind.Zip
            : start.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]) ? Kind.GZip
            : start.Length > TarMark && start[TarMark..].StartsWith("ustar"u8) ? Kind.Tar
            : Kind.None;
    }

    private static string OneLine(Exception fault) => fault.Message.ReplaceLineEndings(" ").Trim().TrimEnd('.');

    private sealed class Unpacking(string archive, string folder, IProgress<UnpackProgress>? progress)
    {
        private readonly HashSet<string> _names = new(StringComparer.Ordinal);
        private readonly byte[] _block = new byte[BlockBytes];
        private string? _entry;
        private long _bytes;

        public IReadOnlyCollection<string> Names => _names;

        public string Where => _entry is null ? "" : $" in the entry '{_entry}'";

        public void Zip(CancellationToken cancellation)
        {
            using var zip = new ZipArchive(Open(archive), ZipArchiveMode.Read);
            var files = zip.Entries.Where(entry => !entry.FullName.EndsWith('/')).ToArray();
            // Looked through before hours are spent on it; the caller says what is missing.
            if (DatasetLayout.RootIn([.. files.Select(entry => Checked(entry.FullName))]) is null)
            {
                return;
            }
            RequireRoom(files.Sum(entry => entry.Length));
            foreach (var entry in files)
            {
                cancellation.ThrowIfCancellationRequested();
                var name = Checked(entry.FullName);
                const int TypeMask = 0xF000, RegularFile = 0x8000;
                if (entry.IsEncrypted || ((entry.ExternalAttributes >> 16) & TypeMask) is not (0 or RegularFile))
                {
                    throw Fault(entry.FullName, entry.IsEncrypted ? "is encrypted" : "is a link or a device, no file");
                }
                if (!IsThere(name, entry.Length))
                {
                    using var content = entry.Open();
                    Write(name, content, entry.Length, entry.Crc32, cancellation);
                }
                Done(entry.Length);
            }
        }

        public void Tar(Stream stream, CancellationToken cancellation)
        {
            using var counted = new EndWatch(stream);
            using var tar = new TarReader(counted);
            while (tar.GetNextEntry() is { } entry)
            {
                cancellation.ThrowIfCancellationRequested();
                if (entry.EntryType is TarEntryType.Directory or TarEntryType.GlobalExtendedAttributes)
                {
                    continue;
                }
                var name = Checked(entry.Name);
                if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile))
                {
                    throw Fault(entry.Name, "is a link or a device, no file");
                }
                if (!IsThere(name, entry.Length))
                {
                    Write(name, entry.DataStream ?? Stream.Null, entry.Length, crc: null, cancellation);
                }
                Done(entry.Length);
            }
            // A tar ends with blocks of zeros; where they are missing, so may entries be.
            if (!counted.EndsInZeros)
            {
                throw new InvalidDataException("its end is missing");
            }
            // The checksum of a gzip stands at its very end.
            while (counted.Read(_block) > 0)
            {
            }
        }

        private string Checked(string entry)
        {
            _entry = entry;
            var parts = entry.Split('/').Where(part => part != ".").ToArray();
            if (entry.Contains('\\') || entry.Contains('\0') || Path.IsPathRooted(entry) || parts.Length == 0
                || parts.Any(part => part is ".." or ""))
            {
                throw Fault(entry, "leads out of the archive, or has no name that a file can have");
            }
            return string.Join('/', parts);
        }

        private bool IsThere(string name, long length)
        {
            if (!_names.Add(name))
            {
                throw Fault(name, "is there twice");
            }
            var file = new FileInfo(Path.Combine(folder, name));
            return file.Exists && file.Length == length;
        }

        private void Write(string name, Stream content, long length, uint? crc, CancellationToken cancellation)
        {
            var path = Path.Combine(folder, name);
            var partial = path + Partial;
            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                var sum = new Crc32();
                using (var file = new FileStream(partial, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
                {
                    var left = length;
                    int read;
                    while ((read = content.Read(_block)) > 0)
                    {
                        cancellation.ThrowIfCancellationRequested();
                        left -= read;
                        if (left < 0)
                        {
                            throw new InvalidDataException("it has more bytes than it says");
                        }
                        sum.Append(_block.AsSpan(0, read));
                        file.Write(_block, 0, read);
                    }
                    if (left > 0)
                    {
                        throw new EndOfStreamException($"{left} of {length} bytes are missing");
                    }
                }
                if (crc is { } expected && BinaryPrimitives.ReadUInt32LittleEndian(sum.GetCurrentHash()) != expected)
                {
                    throw new InvalidDataException("its bytes do not have the checksum that the archive says");
                }
                File.Move(partial, path, overwrite: true);
            }
            catch (Exception fault) when (fault is UnauthorizedAccessException or PathTooLongException
                || (fault is IOException && (Directory.Exists(path) || File.Exists(Path.GetDirectoryName(path)))))
            {
                throw Fault(name, $"cannot be unpacked ({OneLine(fault)})");
            }
        }

        private void Done(long bytes)
        {
            _bytes += bytes;
            _entry = null;
            progress?.Report(new UnpackProgress(_names.Count, _bytes));
        }

        private void RequireRoom(long bytes)
        {
            var there = Directory.Exists(folder)
                ? new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length)
                : 0;
            Directory.CreateDirectory(folder);
            var free = new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
            if (bytes - there > free)
            {
                throw new InputException($"{archive}: unpacked it takes {bytes} bytes, and there are {free} free for {folder}; make room, "
                    + "or name another store or cache.");
            }
        }

        private InputException Fault(string entry, string problem) => new($"{archive}: the entry '{entry}' {problem}.");
    }

    /// <summary>A stream that knows whether what was last read from it was a block of zeros.</summary>
    private sealed class EndWatch(Stream inner) : Stream
    {
        private int _zeros;

        public bool EndsInZeros => _zeros >= TarBlock;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            var read = inner.Read(buffer);
            var last = buffer[..read].LastIndexOfAnyExcept((byte)0);
            _zeros = last < 0 ? Math.Min(_zeros + read, TarBlock) : read - 1 - last;
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }
            base.Dispose(disposing);
        }
    }
}
