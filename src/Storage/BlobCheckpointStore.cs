using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace OrleansTagging.Storage;

/// <summary>Checkpoints in Azure Blob Storage: the blobs <c>checkpoints/&lt;job&gt;/&lt;number&gt;.checkpoint</c> of a container.</summary>
public sealed class BlobCheckpointStore : ICheckpointStore
{
    private readonly BlobContainer _container;

    /// <summary>Opens the store in a container, which is created when it is first needed.</summary>
    /// <param name="container">The container.</param>
    /// <param name="prefix">A folder inside the container, for instance <c>team/</c>; empty for the container itself.</param>
    public BlobCheckpointStore(BlobContainerClient container, string prefix = "") =>
        _container = new BlobContainer(container, prefix + "checkpoints/");

    /// <inheritdoc/>
    public async Task WriteAsync(string job, long number, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(job);
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        var stored = await Task.Run(() => new BinaryData((byte[])[.. CheckpointSeal.Of(content.Span), .. content.Span]), cancellationToken)
            .ConfigureAwait(false);
        await _container.CallAsync(
            container => Blob(container, job, number).UploadAsync(stored, overwrite: true, cancellationToken), cancellationToken)
            .ConfigureAwait(false);
        foreach (var old in (await ListAsync(job, cancellationToken).ConfigureAwait(false)).Skip(CheckpointSeal.Kept))
        {
            await DeleteAsync(job, old, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<long>> ListAsync(string job, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(job);
        var (prefix, numbers) = (StateKey.Encode(job) + "/", new List<long>());
        await foreach (var page in _container.ListAsync(prefix, cancellationToken).ConfigureAwait(false))
        {
            numbers.AddRange(page.Values
                .Select(blob => CheckpointSeal.Number(blob.Name[(_container.Folder.Length + prefix.Length)..])).OfType<long>());
        }
        return [.. numbers.OrderDescending()];
    }

    /// <inheritdoc/>
    public Task<byte[]?> ReadAsync(string job, long number, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(job);
        return _container.CallAsync(async container =>
        {
            var blob = Blob(container, job, number);
            try
            {
                var stored = await blob.DownloadContentAsync(cancellationToken).ConfigureAwait(false);
                return CheckpointSeal.Open(stored.Value.Content.ToMemory().Span, blob.Uri.GetLeftPart(UriPartial.Path));
            }
            catch (RequestFailedException e) when (e.Status == 404)
            {
                return null;
            }
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task RemoveAsync(string job, CancellationToken cancellationToken = default)
    {
        foreach (var number in await ListAsync(job, cancellationToken).ConfigureAwait(false))
        {
            await DeleteAsync(job, number, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListJobsAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        // The service lists in the order of names: a job's checkpoints come one after another.
        string? last = null;
        await foreach (var page in _container.ListAsync(prefix: "", cancellationToken).ConfigureAwait(false))
        {
            foreach (var blob in page.Values)
            {
                var name = blob.Name[_container.Folder.Length..];
                if (name.IndexOf('/') is > 0 and var end && name[..end] != last)
                {
                    last = name[..end];
                    yield return StateKey.Decode(last);
                }
            }
        }
    }

    /// <summary>The container's address and the folder in it.</summary>
    public override string ToString() => $"{_container.Address}/{_container.Folder}";

    private BlobClient Blob(BlobContainerClient container, string job, long number) =>
        container.GetBlobClient($"{_container.Folder}{StateKey.Encode(job)}/{CheckpointSeal.Name(number)}");

    private Task DeleteAsync(string job, long number, CancellationToken cancellationToken) => _container.CallAsync(
        container => Blob(container, job, number).DeleteIfExistsAsync(DeleteSnapshotsOption.None, conditions: null, cancellationToken),
        cancellationToken);
}
