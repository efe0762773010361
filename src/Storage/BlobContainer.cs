using Azure;
using Azure.Storage.Blobs;

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

    /// <summary>The container, which exists from now on.</summary>
    public async Task<BlobContainerClient> GetAsync(CancellationToken cancellationToken)
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
