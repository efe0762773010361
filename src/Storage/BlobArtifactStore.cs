using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Azure;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace OrleansTagging.Storage;

/// <summary>
/// Artifacts in Azure Blob Storage: the blob <c>artifacts/&lt;address&gt;</c> of a container, committed with <c>If-None-Match: *</c>.
/// It is read through verified copies in a local cache folder, which stays below a size and may be emptied whenever no process uses it.
/// </summary>
public sealed class BlobArtifactStore : IArtifactStore
{
    private const int SmallestBlock = 8 << 20;
    private const int MostBlocks = 50_000; // the service's limit for a block blob
    private const int BlocksInFlight = 4;
    private const int BlockHash = 16;
    private const int CacheTurns = 16;

    // The service compares what arrives of a block with its checksum.
    private static readonly BlockBlobStageBlockOptions Checked = new()
    {
        TransferValidation = new UploadTransferValidationOptions { ChecksumAlgorithm = StorageChecksumAlgorithm.MD5 },
    };

    private readonly BlobContainer _container;
    private readonly ArtifactCache _cache;
    private readonly string _spool;
    // Callers that want the same artifact at once wait for one download instead of making two.
    private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, CacheTurns).Select(_ => new SemaphoreSlim(1, 1))];

    /// <summary>Opens the store in a container, which is created when it is first needed.</summary>
    /// <param name="container">The container.</param>
    /// <param name="cacheFolder">A local folder for copies that can be memory-mapped; it is created.</param>
    /// <param name="prefix">A folder inside the container, for instance <c>team/</c>; empty for the container itself.</param>
    /// <param name="cacheBytes">Bytes below which the copies are kept, those aside that were used in the last minutes.</param>
    public BlobArtifactStore(
        BlobContainerClient container, string cacheFolder, string prefix = "", long cacheBytes = ArtifactCache.UsualBytes)
        : this(container, prefix, cacheFolder, new ArtifactCache(cacheFolder, cacheBytes))
    {
    }

    internal BlobArtifactStore(BlobContainerClient container, string prefix, string cacheFolder, ArtifactCache cache)
    {
        _container = new BlobContainer(container, prefix + "artifacts/");
        _cache = cache;
        _spool = Path.Combine(Path.GetFullPath(cacheFolder), "spool");
        DurableFolder.Create(_spool);
        TemporaryFile.Sweep(_spool);
    }

    /// <inheritdoc/>
    public Task<string> PutFileAsync(string path, string extension, CancellationToken cancellationToken = default) =>
        PutFileAsync(path, extension, stored: null, cancellationToken);

    private Task<string> PutFileAsync(string path, string extension, IProgress<long>? stored, CancellationToken cancellationToken)
    {
        ArtifactAddress.CheckExtension(extension);
        return Task.Run(async () =>
        {
            await using var source = FolderArtifactStore.OpenSource(path);
            return await PutSeekableAsync(source, path, extension, stored, cancellationToken);
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<string> MoveFileAsync(string path, string extension, CancellationToken cancellationToken = default) =>
        MoveFileAsync(path, extension, stored: null, cancellationToken);

    /// <inheritdoc/>
    public async Task<string> MoveFileAsync(
        string path, string extension, IProgress<long>? stored, CancellationToken cancellationToken = default)
    {
        var address = await PutFileAsync(path, extension, stored, cancellationToken).ConfigureAwait(false);
        // Whoever gives a large file up is often the first to map it again.
        await _cache.MoveInAsync(path, address, cancellationToken).ConfigureAwait(false);
        return address;
    }

    /// <inheritdoc/>
    public Task<string> PutAsync(ReadOnlyMemory<byte> content, string extension, CancellationToken cancellationToken = default)
    {
        ArtifactAddress.CheckExtension(extension);
        return Task.Run(() =>
        {
            var address = ArtifactAddress.Of(content.Span, extension);
            return _container.CallAsync(async container =>
            {
                while (!await UploadAsync(Blob(container, address), content, cancellationToken))
                {
                    // It was there, and was deleted before it could be made young again.
                }
                return address;
            }, cancellationToken);
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<string> PutAsync(Stream content, string extension, CancellationToken cancellationToken = default)
    {
        ArtifactAddress.CheckExtension(extension);
        return Task.Run(async () =>
        {
            // The blob's name is its hash, which is known only at the end of the stream.
            using var spool = TemporaryFile.Create(_spool);
            await content.CopyToAsync(spool.Content, cancellationToken);
            spool.Content.Position = 0;
            return await PutSeekableAsync(spool.Content, "The stream", extension, stored: null, cancellationToken);
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<string> WriteAsync(Action<Stream> write, string extension, CancellationToken cancellationToken = default)
    {
        ArtifactAddress.CheckExtension(extension);
        return Task.Run(async () =>
        {
            using var spool = TemporaryFile.Create(_spool);
            spool.Fill(write, cancellationToken);
            spool.Content.Position = 0;
            return await PutSeekableAsync(spool.Content, "The stream", extension, stored: null, cancellationToken);
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenReadAsync(string address, CancellationToken cancellationToken = default) =>
        new FileStream(
            await GetLocalPathAsync(address, cancellationToken).ConfigureAwait(false),
            FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);

    /// <inheritdoc/>
    public async Task<byte[]> ReadAsync(string address, CancellationToken cancellationToken = default)
    {
        var path = await GetLocalPathAsync(address, cancellationToken).ConfigureAwait(false);
        var content = await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
        var found = ArtifactAddress.Of(content, ArtifactAddress.Extension(address));
        return found == address ? content : throw new ArtifactDamagedException(address, path, found);
    }

    /// <inheritdoc/>
    public Task<byte[]> ReadPartAsync(string address, long offset, int count, CancellationToken cancellationToken = default)
    {
        ArtifactAddress.Check(address);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return count == 0 ? Task.FromResult<byte[]>([]) : _container.CallAsync(async container =>
        {
            try
            {
                var range = new BlobDownloadOptions { Range = new HttpRange(offset, count) };
                var answer = await Blob(container, address).DownloadContentAsync(range, cancellationToken).ConfigureAwait(false);
                var part = answer.Value.Content.ToArray();
                return part.Length == count ? part : throw Short(address, offset, count);
            }
            catch (RequestFailedException e) when (e.Status == 404)
            {
                throw Missing(address, e);
            }
            catch (RequestFailedException e) when (e.Status == 416)
            {
                throw Short(address, offset, count);
            }
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<string> GetLocalPathAsync(string address, CancellationToken cancellationToken = default)
    {
        ArtifactAddress.Check(address);
        var turn = _turns[Convert.ToInt32(address[..2], 16) % CacheTurns];
        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (true)
            {
                if (await _cache.FindAsync(address, cancellationToken).ConfigureAwait(false) is { } path)
                {
                    return path;
                }
                // So do other processes of this machine.
                await using var held = await _cache.TakeTurnAsync(address, cancellationToken).ConfigureAwait(false);
                if (await _cache.FindAsync(address, cancellationToken).ConfigureAwait(false) is { } fetched)
                {
                    return fetched;
                }
                var found = await WithContentAsync(
                    address, content => _cache.Add(address, content, cancellationToken), cancellationToken).ConfigureAwait(false);
                if (found != address)
                {
                    throw new ArtifactDamagedException(address, ToString(), found);
                }
            }
        }
        finally
        {
            turn.Release();
        }
    }

    /// <inheritdoc/>
    public Task<bool> ExistsAsync(string address, CancellationToken cancellationToken = default)
    {
        ArtifactAddress.Check(address);
        return _container.CallAsync(async container =>
        {
            var answer = await Blob(container, address).ExistsAsync(cancellationToken).ConfigureAwait(false);
            return answer.Value;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task VerifyAsync(string address, CancellationToken cancellationToken = default)
    {
        ArtifactAddress.Check(address);
        var extension = ArtifactAddress.Extension(address);
        var found = await WithContentAsync(
            address, content => ArtifactAddress.OfHash(FolderArtifactStore.Hash(content, cancellationToken), extension), cancellationToken)
            .ConfigureAwait(false);
        if (found != address)
        {
            throw new ArtifactDamagedException(address, ToString(), found);
        }
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(StoredArtifact listed, CancellationToken cancellationToken = default)
    {
        ArtifactAddress.Check(listed.Address);
        var deleted = await _container.CallAsync(async container =>
        {
            try
            {
                var conditions = new BlobRequestConditions { IfUnmodifiedSince = listed.StoredAt };
                var answer = await Blob(container, listed.Address)
                    .DeleteIfExistsAsync(DeleteSnapshotsOption.None, conditions, cancellationToken).ConfigureAwait(false);
                return answer.Value;
            }
            catch (RequestFailedException e) when (e.Status == 412)
            {
                return false;
            }
        }, cancellationToken).ConfigureAwait(false);
        if (deleted)
        {
            _cache.Remove(listed.Address);
        }
        return deleted;
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Leftovers() =>
        [.. Directory.EnumerateFiles(_spool, "*" + TemporaryFile.Suffix).Order(StringComparer.Ordinal)];

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredArtifact> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var page in _container.ListAsync(prefix: "", cancellationToken).ConfigureAwait(false))
        {
            foreach (var blob in page.Values)
            {
                var address = blob.Name[_container.Folder.Length..];
                if (ArtifactAddress.IsValid(address))
                {
                    yield return new StoredArtifact(
                        address, blob.Properties.ContentLength ?? 0, blob.Properties.LastModified ?? DateTimeOffset.UtcNow);
                }
            }
        }
    }

    /// <summary>The container's address and the folder in it.</summary>
    public override string ToString() => $"{_container.Address}/{_container.Folder}";

    private static EndOfStreamException Short(string address, long offset, int count) =>
        new($"The artifact {address} ends before byte {offset + count}.");

    private static BlobRequestConditions MustNotExist => new() { IfNoneMatch = ETag.All };

    private static bool IsThereAlready(RequestFailedException e) =>
        e.Status is 409 or 412 && e.ErrorCode is "BlobAlreadyExists" or "ConditionNotMet";

    private BlobClient Blob(BlobContainerClient container, string address) => container.GetBlobClient(_container.Folder + address);

    private async Task<string> PutSeekableAsync(
        Stream source, string name, string extension, IProgress<long>? stored, CancellationToken cancellationToken)
    {
        var address = ArtifactAddress.OfHash(FolderArtifactStore.Hash(source, cancellationToken), extension);
        return await _container.CallAsync(async container =>
        {
            var blob = container.GetBlockBlobClient(_container.Folder + address);
            if (await blob.ExistsAsync(cancellationToken) && await RenewAsync(blob, cancellationToken))
            {
                return address;
            }
            source.Position = 0;
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var blocks = await StageAsync(blob, source, hash, stored, cancellationToken);
            // Nothing is visible before the commit, so that a file which changed under our hands leaves no wrong artifact.
            if (ArtifactAddress.OfHash(hash.GetHashAndReset(), extension) != address)
            {
                throw new IOException($"{name} changed while it was being stored.");
            }
            await CommitAsync(blob, blocks, cancellationToken);
            return address;
        }, cancellationToken);
    }

    /// <summary>Uploads bytes that the store lacks; false where they are neither there nor uploaded.</summary>
    private static async Task<bool> UploadAsync(BlobClient blob, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        try
        {
            await blob.UploadAsync(new BinaryData(content), new BlobUploadOptions { Conditions = MustNotExist }, cancellationToken);
            return true;
        }
        catch (RequestFailedException e) when (IsThereAlready(e))
        {
            return await RenewAsync(blob, cancellationToken);
        }
    }

    /// <summary>Makes an artifact that is stored again young, for its storer is about to refer to it; false where it is gone.</summary>
    private static async Task<bool> RenewAsync(BlobBaseClient blob, CancellationToken cancellationToken)
    {
        try
        {
            await blob.SetMetadataAsync(new Dictionary<string, string>(), cancellationToken: cancellationToken);
            return true;
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return false;
        }
    }

    /// <summary>Does something with the stream of the stored bytes.</summary>
    private Task<string> WithContentAsync(string address, Func<Stream, string> use, CancellationToken cancellationToken) =>
        _container.CallAsync(async container =>
        {
            try
            {
                var options = new BlobOpenReadOptions(allowModifications: false);
                await using var content = await Blob(container, address).OpenReadAsync(options, cancellationToken).ConfigureAwait(false);
                return await Task.Run(() => use(content), cancellationToken).ConfigureAwait(false);
            }
            catch (RequestFailedException e) when (e.Status == 404)
            {
                throw Missing(address, e);
            }
        }, cancellationToken);

    private static async Task CommitAsync(BlockBlobClient blob, List<string> blocks, CancellationToken cancellationToken)
    {
        try
        {
            await blob.CommitBlockListAsync(blocks, new CommitBlockListOptions { Conditions = MustNotExist }, cancellationToken);
        }
        catch (RequestFailedException e) when (IsThereAlready(e))
        {
        }
        catch (RequestFailedException)
        {
            // The commit of another writer of the same bytes drops our uncommitted blocks.
            if (!await blob.ExistsAsync(cancellationToken))
            {
                throw;
            }
        }
    }

    /// <summary>
    /// Stages a blob's blocks. A block is named after its bytes and its place: writers of the same artifact stage the same blocks, and one
    /// that comes after a killed one finds what is staged already.
    /// </summary>
    private static async Task<List<string>> StageAsync(
        BlockBlobClient blob, Stream source, IncrementalHash hash, IProgress<long>? stored, CancellationToken cancellationToken)
    {
        var blockBytes = (int)Math.Max(SmallestBlock, (source.Length + MostBlocks - 1) / MostBlocks);
        var staged = source.Length > blockBytes ? await StagedAsync(blob, cancellationToken) : [];
        var blocks = new List<string>();
        var inFlight = new Queue<Task>();
        var sent = 0L;
        void Sent(int bytes) => stored?.Report(Interlocked.Add(ref sent, bytes));
        try
        {
            while (true)
            {
                if (inFlight.Count == BlocksInFlight)
                {
                    await inFlight.Dequeue();
                }
                var buffer = ArrayPool<byte>.Shared.Rent(blockBytes);
                var block = buffer.AsMemory(0, blockBytes);
                var read = await source.ReadAtLeastAsync(block, blockBytes, throwOnEndOfStream: false, cancellationToken);
                hash.AppendData(buffer, 0, read);
                if (read == 0)
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                    break;
                }
                blocks.Add(BlockId(buffer.AsSpan(0, read), blocks.Count));
                if (staged.TryGetValue(blocks[^1], out var bytes) && bytes == read)
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                    Sent(read);
                    continue;
                }
                inFlight.Enqueue(StageBlockAsync(blob, blocks[^1], buffer, read, Sent, cancellationToken));
            }
        }
        finally
        {
            await Task.WhenAll(inFlight);
        }
        return blocks;
    }

    /// <summary>The blocks of a blob that are staged and not committed, with their bytes; the service forgets them after a week.</summary>
    private static async Task<Dictionary<string, long>> StagedAsync(BlockBlobClient blob, CancellationToken cancellationToken)
    {
        try
        {
            var list = await blob.GetBlockListAsync(BlockListTypes.Uncommitted, cancellationToken: cancellationToken);
            return list.Value.UncommittedBlocks.ToDictionary(block => block.Name, block => block.SizeLong);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return [];
        }
    }

    private static async Task StageBlockAsync(
        BlockBlobClient blob, string block, byte[] buffer, int length, Action<int> sent, CancellationToken cancellationToken)
    {
        try
        {
            using var content = new MemoryStream(buffer, 0, length, writable: false);
            await blob.StageBlockAsync(block, content, Checked, cancellationToken);
            sent(length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // The length of all names of a blob's blocks must be the same, those included that an earlier version of the program staged.
    private static string BlockId(ReadOnlySpan<byte> content, int index)
    {
        Span<byte> id = stackalloc byte[BlockHash + sizeof(int)];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(content, hash);
        hash[..BlockHash].CopyTo(id);
        BinaryPrimitives.WriteInt32BigEndian(id[BlockHash..], index);
        return Convert.ToBase64String(id);
    }

    private ArtifactMissingException Missing(string address, Exception inner) => new(address, ToString(), inner);
}
