using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace OrleansTagging.Storage;

/// <summary>
/// States in Azure Blob Storage: the blob <c>state/&lt;name&gt;</c> of a container, the name readable from the key. ETags are the service's own; writes and
/// clears carry <c>If-Match</c>, first writes <c>If-None-Match: *</c>.
/// </summary>
public sealed class BlobStateStore : IStateStore
{
    private readonly BlobContainer _container;

    /// <summary>Opens the store in a container, which is created when it is first needed.</summary>
    /// <param name="container">The container.</param>
    /// <param name="prefix">A folder inside the container, for instance <c>team/</c>; empty for the container itself.</param>
    public BlobStateStore(BlobContainerClient container, string prefix = "") => _container = new BlobContainer(container, prefix + "state/");

    /// <inheritdoc/>
    public async Task<VersionedState?> ReadAsync(string key, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        var blob = await BlobAsync(StateKey.Encode(key), cancellationToken).ConfigureAwait(false);
        return await ReadAsync(blob, cancellationToken).ConfigureAwait(false) is { } found ? new VersionedState(found.Content, found.ETag) : null;
    }

    /// <inheritdoc/>
    public async Task<string> WriteAsync(
        string key, ReadOnlyMemory<byte> content, string? expectedETag, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        var encoded = StateKey.Encode(key);
        var blob = await BlobAsync(encoded, cancellationToken).ConfigureAwait(false);
        var sealedState = StateEnvelope.Seal(encoded, content.Span, replaced: null, out var envelope);
        try
        {
            var options = new BlobUploadOptions { Conditions = Expecting(expectedETag) };
            var written = await blob.UploadAsync(new BinaryData(sealedState), options, cancellationToken).ConfigureAwait(false);
            return written.Value.ETag.ToString();
        }
        catch (RequestFailedException e) when (e.Status is 404 or 409 or 412)
        {
            var found = await ReadAsync(blob, cancellationToken).ConfigureAwait(false);
            // The SDK repeats a request whose answer got lost, and the repetition meets what the first one wrote.
            return found is { } own && own.Envelope.Write == envelope.Write
                ? own.ETag
                : throw new StateConflictException(key, expectedETag, found?.ETag, e);
        }
    }

    /// <inheritdoc/>
    public async Task ClearAsync(string key, string? expectedETag, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        var blob = await BlobAsync(StateKey.Encode(key), cancellationToken).ConfigureAwait(false);
        if (expectedETag is null)
        {
            if (await ReadAsync(blob, cancellationToken).ConfigureAwait(false) is { } unexpected)
            {
                throw new StateConflictException(key, expectedETag, unexpected.ETag);
            }
            return;
        }
        try
        {
            await blob.DeleteAsync(DeleteSnapshotsOption.None, Expecting(expectedETag), cancellationToken).ConfigureAwait(false);
        }
        catch (RequestFailedException e) when (e.Status is 404 or 409 or 412)
        {
            var found = await ReadAsync(blob, cancellationToken).ConfigureAwait(false);
            throw new StateConflictException(key, expectedETag, found?.ETag, e);
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var container = await _container.GetAsync(cancellationToken).ConfigureAwait(false);
        var encoded = StateKey.Encode(prefix);
        // A shortened name keeps this much of its encoding; what else comes is left out below.
        var common = _container.Folder + encoded[..Math.Min(encoded.Length, StateKey.KeptOfLongName)];
        await foreach (var blob in container.GetBlobsAsync(prefix: common, cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            var name = blob.Name[_container.Folder.Length..];
            if (StateKey.IsShortened(name))
            {
                var found = await ReadAsync(container.GetBlobClient(blob.Name), cancellationToken).ConfigureAwait(false);
                name = found?.Envelope.Key; // null: cleared since the container was listed
            }
            if (name is not null && StateKey.Decode(name) is var key && key.StartsWith(prefix, StringComparison.Ordinal))
            {
                yield return key;
            }
        }
    }

    /// <summary>The container's address and the folder in it.</summary>
    public override string ToString() => $"{_container.Address}/{_container.Folder}";

    private static BlobRequestConditions Expecting(string? etag) =>
        etag is null ? new() { IfNoneMatch = ETag.All } : new() { IfMatch = new ETag(etag) };

    private async Task<BlobClient> BlobAsync(string encoded, CancellationToken cancellationToken) =>
        (await _container.GetAsync(cancellationToken).ConfigureAwait(false)).GetBlobClient(_container.Folder + StateKey.Name(encoded));

    private static async Task<(StateEnvelope Envelope, byte[] Content, string ETag)?> ReadAsync(BlobClient blob, CancellationToken cancellationToken)
    {
        try
        {
            var stored = (await blob.DownloadContentAsync(cancellationToken).ConfigureAwait(false)).Value;
            var envelope = StateEnvelope.Open(stored.Content.ToMemory().Span, blob.Uri.GetLeftPart(UriPartial.Path), out var content);
            return (envelope, content, stored.Details.ETag.ToString());
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return null;
        }
    }
}
