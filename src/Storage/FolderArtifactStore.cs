using System.Buffers;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace OrleansTagging.Storage;

/// <summary>
/// Artifacts in a folder: <c>root/artifacts/ab/&lt;address&gt;</c>, where <c>ab</c> are the address's first two digits. Files appear by
/// rename and are read-only. Any number of processes may share the folder.
/// </summary>
public sealed class FolderArtifactStore : IArtifactStore
{
    private const int BufferBytes = 1 << 20;

    private readonly string _folder;
    private readonly string _temporary;
    private readonly StoreHealth _health;

    /// <summary>Opens the store below <paramref name="root"/>, which is created, and sweeps what killed writers left behind.</summary>
    /// <param name="root">The store's folder.</param>
    /// <param name="health">Told when the disk is full and when it takes writes again.</param>
    /// <exception cref="IOException">The folder cannot be created.</exception>
    public FolderArtifactStore(string root, StoreHealth? health = null)
    {
        _health = health ?? new StoreHealth();
        _folder = Path.Combine(Path.GetFullPath(root), "artifacts");
        _temporary = Path.Combine(_folder, "tmp");
        DurableFolder.Create(_temporary);
        TemporaryFile.Sweep(_temporary);
    }

    /// <inheritdoc/>
    public Task<string> PutFileAsync(string path, string extension, CancellationToken cancellationToken = default) =>
        OnPool(extension, () =>
        {
            using var source = OpenSource(path);
            var address = ArtifactAddress.OfHash(Hash(source, cancellationToken), extension);
            if (!Has(address))
            {
                source.Position = 0;
                var copied = CopyIn(source, extension, address, cancellationToken);
                if (copied != address)
                {
                    throw new IOException($"{path} changed while it was being stored.");
                }
            }
            return address;
        }, cancellationToken);

    /// <inheritdoc/>
    public Task<string> MoveFileAsync(string path, string extension, CancellationToken cancellationToken = default) =>
        OnPool(extension, () =>
        {
            string address;
            using (var source = OpenSource(path))
            {
                address = ArtifactAddress.OfHash(Hash(source, cancellationToken), extension);
            }
            if (Has(address))
            {
                File.Delete(path);
            }
            else
            {
                using var file = TemporaryFile.Take(path, _temporary);
                file.Publish(PathOf(address), readOnly: true);
            }
            return address;
        }, cancellationToken);

    /// <inheritdoc/>
    public Task<string> PutAsync(ReadOnlyMemory<byte> content, string extension, CancellationToken cancellationToken = default) =>
        OnPool(extension, () =>
        {
            var address = ArtifactAddress.Of(content.Span, extension);
            if (!Has(address))
            {
                using var file = TemporaryFile.Create(_temporary);
                file.Content.Write(content.Span);
                file.Publish(PathOf(address), readOnly: true);
            }
            return address;
        }, cancellationToken);

    /// <inheritdoc/>
    public Task<string> PutAsync(Stream content, string extension, CancellationToken cancellationToken = default) =>
        OnPool(extension, () => CopyIn(content, extension, expected: null, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<string> WriteAsync(Action<Stream> write, string extension, CancellationToken cancellationToken = default) =>
        OnPool(extension, () =>
        {
            using var file = TemporaryFile.Create(_temporary);
            var address = ArtifactAddress.OfHash(file.Fill(write, cancellationToken), extension);
            if (!Has(address))
            {
                file.Publish(PathOf(address), readOnly: true);
            }
            return address;
        }, cancellationToken);

    /// <inheritdoc/>
    public Task<Stream> OpenReadAsync(string address, CancellationToken cancellationToken = default)
    {
        ArtifactAddress.Check(address);
        return Task.Run<Stream>(() => Open(address), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<byte[]> ReadAsync(string address, CancellationToken cancellationToken = default)
    {
        ArtifactAddress.Check(address);
        return Task.Run(() =>
        {
            using var file = Open(address);
            var content = new byte[file.Length];
            file.ReadExactly(content);
            var found = ArtifactAddress.Of(content, ArtifactAddress.Extension(address));
            return found == address ? content : throw new ArtifactDamagedException(address, PathOf(address), found);
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<string> GetLocalPathAsync(string address, CancellationToken cancellationToken = default)
    {
        ArtifactAddress.Check(address);
        var path = PathOf(address);
        return File.Exists(path) ? Task.FromResult(path) : Task.FromException<string>(new ArtifactMissingException(address, _folder));
    }

    /// <inheritdoc/>
    public Task<bool> ExistsAsync(string address, CancellationToken cancellationToken = default)
    {
        ArtifactAddress.Check(address);
        return Task.FromResult(File.Exists(PathOf(address)));
    }

    /// <inheritdoc/>
    public Task VerifyAsync(string address, CancellationToken cancellationToken = default)
    {
        ArtifactAddress.Check(address);
        return Task.Run(() =>
        {
            using var file = Open(address);
            var found = ArtifactAddress.OfHash(Hash(file, cancellationToken), ArtifactAddress.Extension(address));
            if (found != address)
            {
                throw new ArtifactDamagedException(address, PathOf(address), found);
            }
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(StoredArtifact listed, CancellationToken cancellationToken = default)
    {
        ArtifactAddress.Check(listed.Address);
        return Task.Run(() =>
        {
            var file = new FileInfo(PathOf(listed.Address));
            if (!file.Exists || file.LastWriteTimeUtc > listed.StoredAt.UtcDateTime)
            {
                return false;
            }
            if (OperatingSystem.IsWindows())
            {
                file.IsReadOnly = false;
            }
            file.Delete();
            return true;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Leftovers() =>
        [.. Directory.EnumerateFiles(_temporary, "*" + TemporaryFile.Suffix).Order(StringComparer.Ordinal)];

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredArtifact> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var folder in Directory.EnumerateDirectories(_folder, "??"))
        {
            var artifacts = await Task.Run(() => FilesIn(folder)
                .Select(file => new StoredArtifact(file.Name, file.Length, file.LastWriteTimeUtc))
                .ToArray(), cancellationToken);
            foreach (var artifact in artifacts)
            {
                yield return artifact;
            }
        }
    }

    /// <summary>The store's folder.</summary>
    public override string ToString() => _folder;

    /// <summary>Stores what <paramref name="source"/> gives only if it has the expected address; otherwise stores nothing. Returns the
    /// address found.</summary>
    internal string CopyIn(Stream source, string extension, string? expected, CancellationToken cancellationToken)
    {
        using var file = TemporaryFile.Create(_temporary);
        var address = ArtifactAddress.OfHash(Hash(source, cancellationToken, file.Content), extension);
        if ((expected is null || expected == address) && !Has(address))
        {
            file.Publish(PathOf(address), readOnly: true);
        }
        return address;
    }

    /// <summary>The SHA-256 of the rest of a stream, which is copied to <paramref name="copy"/> on the way.</summary>
    internal static byte[] Hash(Stream source, CancellationToken cancellationToken, Stream? copy = null)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int read;
            while ((read = source.Read(buffer, 0, BufferBytes)) > 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                hash.AppendData(buffer, 0, read);
                copy?.Write(buffer, 0, read);
            }
            return hash.GetHashAndReset();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>A file to be stored, opened for one pass from its start to its end.</summary>
    internal static FileStream OpenSource(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);

    /// <summary>Where an artifact lies, or would lie.</summary>
    internal string PathOf(string address) => Path.Combine(_folder, address[..2], address);

    /// <summary>The files of all artifacts.</summary>
    internal IEnumerable<FileInfo> Files() => Directory.EnumerateDirectories(_folder, "??").SelectMany(FilesIn);

    private static IEnumerable<FileInfo> FilesIn(string folder) =>
        new DirectoryInfo(folder).EnumerateFiles().Where(file => ArtifactAddress.IsValid(file.Name));

    private bool Has(string address)
    {
        var path = PathOf(address);
        if (!File.Exists(path))
        {
            return false;
        }
        // Another writer may have renamed it this instant; the caller is promised that it is on disk.
        DurableFolder.Flush(Path.GetDirectoryName(path)!);
        try
        {
            // Whoever stores it again is about to refer to it: it is no longer old.
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            // Another user stored it.
        }
        return true;
    }

    private FileStream Open(string address)
    {
        try
        {
            return new FileStream(PathOf(address), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ArtifactMissingException(address, _folder, e);
        }
    }

    // Hashing, copying and flushing block; a grain that stores an artifact must not.
    private Task<string> OnPool(string extension, Func<string> store, CancellationToken cancellationToken)
    {
        ArtifactAddress.CheckExtension(extension);
        return Task.Run(() => DurableFolder.Watch(_folder, _health, store), cancellationToken);
    }
}
