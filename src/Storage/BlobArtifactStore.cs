using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace OrleansTagging.Storage;

/// <summary>
/// Artifacts in Azure Blob Storage: the blob <c>artifacts/&lt;address&gt;</c> of a container, committed with <c>If-None-Match: *</c>. Local paths are verified
/// copies in a cache folder, which may be emptied whenever no process uses it.
/// </summary>
public sealed class BlobArtifactStore : IArtifactStore
{
    private const int SmallestBlock = 8 << 20;
    private const int MostBlocks = 50_000; // the service's limit for a block blob
    private const int BlocksInFlight = 4;
    private const int CacheTurns = 16;

    private readonly BlobContainer _container;
    private readonly FolderArtifactStore _cache;
    private readonly string _spool;
    // Callers that want the same artifact at once wait for one download instead of making two.
    private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, CacheTurns).Select(_ => new SemaphoreSlim(1, 1))];

    /// <summary>Opens the store in a container, which is created when it is first needed.</summary>
    /// <param name="container">The container.</param>
    /// <param name="cacheFolder">A local folder for copies that can be memory-mapped; it is created.</param>
    /// <param name="prefix">A folder inside the container, for instance <c>team/</c>; empty for the container itself.</param>
    public BlobArtifactStore(BlobContainerClient container, string cacheFolder, string prefix = "")
    {
        _container = new BlobContainer(container, prefix + "artifacts/");
        _cache = new FolderArtifactStore(cacheFolder);
        _spool = Path.Combine(Path.GetFullPath(cacheFolder), "spool");
        DurableFolder.Create(_spool);
        TemporaryFile.Sweep(_spool);
    }

    /// <inheritdoc/>
    public Task<string> PutFileAsync(string path, string extension, CancellationToken cancellationToken = default)
    {
        ArtifactAddress.CheckExtension(extension);
        return Task.Run(async () =>
        {
            await using var source = FolderArtifactStore.OpenSource(path);
            return await PutSeekableAsync(source, path, extension, cancellationToken);
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<string> MoveFileAsync(string path, string extension, CancellationToken cancellationToken = default)
    {
        var address = await PutFileAsync(path, extension, cancellationToken).ConfigureAwait(false);
        // Whoever gives a large file up is often the first to map it again.
        await _cache.MoveFileAsync(path, extension, cancellationToken).ConfigureAwait(false);
        return address;
    }

    /// <inheritdoc/>
    public Task<string> PutAsync(ReadOnlyMemory<byte> content, string extension, CancellationToken cancellationToken = default)
    {
        ArtifactAddress.CheckExtension(extension);
        return Task.Run(async () =>
        {
            var address = ArtifactAddress.Of(content.Span, extension);
            var blob = await BlobAsync(address, cancellationToken);
            try
            {
                await blob.UploadAsync(new BinaryData(content), new BlobUploadOptions { Conditions = MustNotExist }, cancellationToken);
            }
            catch (RequestFailedException e) when (IsThereAlready(e))
            {
            }
            return address;
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
            return await PutSeekableAsync(spool.Content, "The stream", extension, cancellationToken);
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenReadAsync(string address, CancellationToken cancellationToken = default)
    {
        ArtifactAddress.Check(address);
        var blob = await BlobAsync(address, cancellationToken).ConfigureAwait(false);
        try
        {
            return await blob.OpenReadAsync(new BlobOpenReadOptions(allowModifications: false), cancellationToken).ConfigureAwait(false);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            throw Missing(address, e);
        }
    }

    /// <inheritdoc/>
    public async Task<byte[]> ReadAsync(string address, CancellationToken cancellationToken = default)
    {
        ArtifactAddress.Check(address);
        var blob = await BlobAsync(address, cancellationToken).ConfigureAwait(false);
        try
        {
            var content = (await blob.DownloadContentAsync(cancellationToken).ConfigureAwait(false)).Value.Content.ToArray();
            var found = ArtifactAddress.Of(content, ArtifactAddress.Extension(address));
            return found == address ? content : throw new ArtifactDamagedException(address, _container.Address, found);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            throw Missing(address, e);
        }
    }

    /// <inheritdoc/>
    public async Task<string> GetLocalPathAsync(string address, CancellationToken cancellationToken = default)
    {
        ArtifactAddress.Check(address);
        var turn = _turns[Convert.ToInt32(address[..2], 16) % CacheTurns];
        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!await _cache.ExistsAsync(address, cancellationToken).ConfigureAwait(false))
            {
                await using var content = await OpenReadAsync(address, cancellationToken).ConfigureAwait(false);
                var found = await Task.Run(
                    () => _cache.CopyIn(content, ArtifactAddress.Extension(address), address, cancellationToken), cancellationToken).ConfigureAwait(false);
                if (found != address)
                {
                    throw new ArtifactDamagedException(address, _container.Address, found);
                }
            }
            return await _cache.GetLocalPathAsync(address, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <inheritdoc/>
    public async Task<bool> ExistsAsync(string address, CancellationToken cancellationToken = default)
    {
        ArtifactAddress.Check(address);
        var blob = await BlobAsync(address, cancellationToken).ConfigureAwait(false);
        return await blob.ExistsAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredArtifact> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var container = await _container.GetAsync(cancellationToken).ConfigureAwait(false);
        var blobs = container.GetBlobsAsync(prefix: _container.Folder, cancellationToken: cancellationToken);
        await foreach (var blob in blobs.ConfigureAwait(false))
        {
            var address = blob.Name[_container.Folder.Length..];
            if (ArtifactAddress.IsValid(address))
            {
                yield return new StoredArtifact(address, blob.Properties.ContentLength ?? 0);
            }
        }
    }

    /// <summary>The container's address and the folder in it.</summary>
    public override string ToString() => $"{_container.Address}/{_container.Folder}";

    private static BlobRequestConditions MustNotExist => new() { IfNoneMatch = ETag.All };

    private static bool IsThereAlready(RequestFailedException e) => e.Status is 409 or 412 && e.ErrorCode is "BlobAlreadyExists" or "ConditionNotMet";

    private async Task<BlobClient> BlobAsync(string address, CancellationToken cancellationToken) =>
        (await _container.GetAsync(cancellationToken).ConfigureAwait(false)).GetBlobClient(_container.Folder + address);

    private async Task<string> PutSeekableAsync(Stream source, string name, string extension, CancellationToken cancellationToken)
    {
        var address = ArtifactAddress.OfHash(FolderArtifactStore.Hash(source, cancellationToken), extension);
        var container = await _container.GetAsync(cancellationToken);
        var blob = container.GetBlockBlobClient(_container.Folder + address);
        if (await blob.ExistsAsync(cancellationToken))
        {
            return address;
        }
        source.Position = 0;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var blocks = await StageAsync(blob, source, hash, cancellationToken);
        // Nothing is visible before the commit, so that a file which changed under our hands leaves no wrong artifact.
        if (ArtifactAddress.OfHash(hash.GetHashAndReset(), extension) != address)
        {
            throw new IOException($"{name} changed while it was being stored.");
        }
        try
        {
            await blob.CommitBlockListAsync(blocks, new CommitBlockListOptions { Conditions = MustNotExist }, cancellationToken);
        }
        catch (RequestFailedException e) when (IsThereAlready(e))
        {
        }
        catch (RequestFailedException) when (!cancellationToken.IsCancellationRequested)
        {
            // The commit of another writer of the same bytes drops our uncommitted blocks.
            if (!await blob.ExistsAsync(cancellationToken))
            {
                throw;
            }
        }
        return address;
    }

    private static async Task<List<string>> StageAsync(BlockBlobClient blob, Stream source, IncrementalHash hash, CancellationToken cancellationToken)
    {
        var blockBytes = (int)Math.Max(SmallestBlock, (source.Length + MostBlocks - 1) / MostBlocks);
        var upload = Guid.NewGuid(); // Two writers must not stage over each other's blocks.
        var blocks = new List<string>();
        var inFlight = new Queue<Task>();
        try
        {
            while (true)
            {
                if (inFlight.Count == BlocksInFlight)
                {
                    await inFlight.Dequeue();
                }
                var buffer = ArrayPool<byte>.Shared.Rent(blockBytes);
                var read = await source.ReadAtLeastAsync(buffer.AsMemory(0, blockBytes), blockBytes, throwOnEndOfStream: false, cancellationToken);
                hash.AppendData(buffer, 0, read);
                if (read == 0)
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                    break;
                }
                var block = BlockId(upload, blocks.Count);
                blocks.Add(block);
                inFlight.Enqueue(StageBlockAsync(blob, block, buffer, read, cancellationToken));
            }
        }
        finally
        {
            await Task.WhenAll(inFlight);
        }
        return blocks;
    }

    private static async Task StageBlockAsync(BlockBlobClient blob, string block, byte[] buffer, int length, CancellationToken cancellationToken)
    {
        try
        {
            using var content = new MemoryStream(buffer, 0, length, writable: false);
            await blob.StageBlockAsync(block, content, cancellationToken: cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static string BlockId(Guid upload, int index)
    {
        Span<byte> id = stackalloc byte[20];
        upload.TryWriteBytes(id);
        BinaryPrimitives.WriteInt32BigEndian(id[16..], index);
        return Convert.ToBase64String(id);
    }

    private ArtifactMissingException Missing(string address, Exception inner) => new(address, ToString(), inner);
}
