using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace OrleansTagging.Storage;

/// <summary>
/// States in Azure Blob Storage: the blob <c>state/&lt;name&gt;</c> of a container, the name readable from the key. ETags are the
/// service's own; writes and clears carry <c>If-Match</c>, first writes <c>If-None-Match: *</c>.
/// </summary>
public sealed class BlobStateStore : IStateStore
{
    private readonly BlobContainer _container;

    /// <summary>Opens the store in a container, which is created when it is first needed.</summary>
    /// <param name="container">The container.</param>
    /// <param name="prefix">A folder inside the container, for instance <c>team/</c>; empty for the container itself.</param>
    public BlobStateStore(BlobContainerClient container, string prefix = "") =>
        _container = new BlobContainer(container, prefix + "state/");

    /// <inheritdoc/>
    public Task<VersionedState?> ReadAsync(string key, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return _container.CallAsync(async container =>
        {
            var found = await FindAsync(Blob(container, StateKey.Encode(key)), cancellationToken).ConfigureAwait(false);
            return found is null ? null : new VersionedState(found.Content, found.ETag);
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<string> WriteAsync(
        string key, ReadOnlyMemory<byte> content, string? expectedETag, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        var encoded = StateKey.Encode(key);
        var sealedState = StateEnvelope.Seal(encoded, content.Span, replaced: null, out var envelope);
        return _container.CallAsync(async container =>
        {
            var blob = Blob(container, encoded);
            try
            {
                var options = new BlobUploadOptions { Conditions = Expecting(expectedETag) };
                var written = await blob.UploadAsync(new BinaryData(sealedState), options, cancellationToken).ConfigureAwait(false);
                return Text(written.Value.ETag);
            }
            catch (RequestFailedException e) when (e.Status is 404 or 409 or 412)
            {
                var found = await FindAsync(blob, cancellationToken).ConfigureAwait(false);
                // The SDK repeats a request whose answer got lost, and the repetition meets what the first one wrote.
                return found is not null && found.Envelope.Write == envelope.Write
                    ? found.ETag
                    : throw new StateConflictException(key, expectedETag, found?.ETag, e);
            }
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task ClearAsync(string key, string? expectedETag, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return _container.CallAsync(async container =>
        {
            var blob = Blob(container, StateKey.Encode(key));
            if (expectedETag is null)
            {
                return await FindAsync(blob, cancellationToken).ConfigureAwait(false) is { } unexpected
                    ? throw new StateConflictException(key, expectedETag, unexpected.ETag)
                    : true;
            }
            try
            {
                await blob.DeleteAsync(DeleteSnapshotsOption.None, Expecting(expectedETag), cancellationToken).ConfigureAwait(false);
                return true;
            }
            catch (RequestFailedException e) when (e.Status is 404 or 409 or 412)
            {
                var found = await FindAsync(blob, cancellationToken).ConfigureAwait(false);
                throw new StateConflictException(key, expectedETag, found?.ETag, e);
            }
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var encoded = StateKey.Encode(prefix);
        // A shortened name keeps this much of its encoding; what else comes is left out below.
        var common = encoded[..Math.Min(encoded.Length, StateKey.KeptOfLongName)];
        await foreach (var page in _container.ListAsync(common, cancellationToken).ConfigureAwait(false))
        {
            foreach (var blob in page.Values)
            {
                var name = await EncodingOfAsync(blob.Name[_container.Folder.Length..], cancellationToken).ConfigureAwait(false);
                if (name is not null && StateKey.Decode(name) is var key && key.StartsWith(prefix, StringComparison.Ordinal))
                {
                    yield return key;
                }
            }
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StateVersion> ListVersionsAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        // A listing tells the versions along with the names: a thousand states in one request.
        await foreach (var page in _container.ListAsync(prefix: "", cancellationToken).ConfigureAwait(false))
        {
            foreach (var blob in page.Values)
            {
                var name = await EncodingOfAsync(blob.Name[_container.Folder.Length..], cancellationToken).ConfigureAwait(false);
                if (name is not null && blob.Properties.ETag is { } etag)
                {
                    yield return new StateVersion(StateKey.Decode(name), Text(etag));
                }
            }
        }
    }

    /// <summary>The container's address and the folder in it.</summary>
    public override string ToString() => $"{_container.Address}/{_container.Folder}";

    // A listing gives an ETag without the quotes that the answer to a read has.
    private static string Text(ETag etag) => etag.ToString("H");

    private static BlobRequestConditions Expecting(string? etag) =>
        etag is null ? new() { IfNoneMatch = ETag.All } : new() { IfMatch = new ETag(etag) };

    private BlobClient Blob(BlobContainerClient container, string encoded) =>
        container.GetBlobClient(_container.Folder + StateKey.Name(encoded));

    /// <summary>The full encoding of a key from its name; null where it was shortened and the state has been cleared since it was
    /// listed.</summary>
    private async Task<string?> EncodingOfAsync(string name, CancellationToken cancellationToken)
    {
        if (!StateKey.IsShortened(name))
        {
            return name;
        }
        var found = await _container.CallAsync(
                container => FindAsync(container.GetBlobClient(_container.Folder + name), cancellationToken), cancellationToken)
            .ConfigureAwait(false);
        return found?.Envelope.Key;
    }

    private static async Task<StoredState?> FindAsync(BlobClient blob, CancellationToken cancellationToken)
    {
        try
        {
            var stored = (await blob.DownloadContentAsync(cancellationToken).ConfigureAwait(false)).Value;
            var envelope = StateEnvelope.Open(stored.Content.ToMemory().Span, blob.Uri.GetLeftPart(UriPartial.Path), out var content);
            return new StoredState(envelope, content, Text(stored.Details.ETag));
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return null;
        }
    }

    private sealed record StoredState(StateEnvelope Envelope, byte[] Content, string ETag);
}
