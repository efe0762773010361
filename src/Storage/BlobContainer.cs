using System.Runtime.CompilerServices;
using Azure;
using Azure.Identity;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace OrleansTagging.Storage;

/// <summary>A blob container that is created at the first call that needs it, and the folder in it that a store uses.</summary>
internal sealed class BlobContainer(BlobContainerClient client, string folder)
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private volatile bool _exists;

    /// <summary>Where blobs of this store begin: <c>prefix/artifacts/</c>, say.</summary>
    public string Folder => folder;

    /// <summary>The container's address, without the query that may hold a signature.</summary>
    public string Address => client.Uri.GetLeftPart(UriPartial.Path);

    /// <summary>Calls the service; what the call itself does not catch becomes a <see cref="StoreUnavailableException"/>.</summary>
    public async Task<T> CallAsync<T>(Func<BlobContainerClient, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call(await GetAsync(cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        }
        // Several failed tries come as an AggregateException.
        catch (Exception e) when (e is RequestFailedException or AggregateException or AuthenticationFailedException)
        {
            throw new StoreUnavailableException(Address, e);
        }
    }

    /// <summary>The blobs whose names begin with <see cref="Folder"/> and <paramref name="prefix"/>, a page of the service's at a
    /// time.</summary>
    public async IAsyncEnumerable<Page<BlobItem>> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? next = null;
        do
        {
            var page = await CallAsync(async container =>
            {
                var pages = container.GetBlobsAsync(BlobTraits.None, BlobStates.None, folder + prefix, cancellationToken).AsPages(next);
                await using var first = pages.GetAsyncEnumerator(cancellationToken);
                return await first.MoveNextAsync().ConfigureAwait(false) ? first.Current : null;
            }, cancellationToken).ConfigureAwait(false);
            if (page is not null)
            {
                yield return page;
            }
            next = page?.ContinuationToken;
        }
        while (!string.IsNullOrEmpty(next));
    }

    /// <summary>The container, which exists from now on.</summary>
    private async Task<BlobContainerClient> GetAsync(CancellationToken cancellationToken)
    {
        if (!_exists)
        {
            await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                if (!_exists)
                {
                    await CreateAsync(cancellationToken).ConfigureAwait(false);
                    _exists = true;
                }
            }
            finally
            {
                _turn.Release();
            }
        }
        return client;
    }

    private async Task CreateAsync(CancellationToken cancellationToken)
    {
        try
        {
            await client.CreateIfNotExistsAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (RequestFailedException e) when (e.Status == 403)
        {
            // Many identities may read and write blobs but not create containers; then someone else has to have created it.
            if (!await client.ExistsAsync(cancellationToken).ConfigureAwait(false))
            {
                throw;
            }
        }
    }
}
