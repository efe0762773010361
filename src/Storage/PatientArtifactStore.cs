namespace OrleansTagging.Storage;

/// <summary>
/// A store that waits where another one fails because its disk is full or its service does not answer, and then goes on: for work whose
/// result would be lost for want of a place to put it.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="pause">Time between two tries.</param>
/// <param name="waits">Told before every pause why, in one line.</param>
public sealed class PatientArtifactStore(IArtifactStore store, TimeSpan pause, Action<string> waits) : IArtifactStore
{
    /// <inheritdoc/>
    public Task<string> PutFileAsync(string path, string extension, CancellationToken cancellationToken = default) =>
        WithPatienceAsync(() => store.PutFileAsync(path, extension, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<string> MoveFileAsync(string path, string extension, CancellationToken cancellationToken = default) =>
        WithPatienceAsync(() => store.MoveFileAsync(path, extension, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<string> MoveFileAsync(
        string path, string extension, IProgress<long>? stored, CancellationToken cancellationToken = default) =>
        WithPatienceAsync(() => store.MoveFileAsync(path, extension, stored, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<string> PutAsync(ReadOnlyMemory<byte> content, string extension, CancellationToken cancellationToken = default) =>
        WithPatienceAsync(() => store.PutAsync(content, extension, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    /// <remarks>A stream that cannot seek is read once and so is not tried again.</remarks>
    public Task<string> PutAsync(Stream content, string extension, CancellationToken cancellationToken = default)
    {
        if (!content.CanSeek)
        {
            return store.PutAsync(content, extension, cancellationToken);
        }
        var start = content.Position;
        return WithPatienceAsync(() =>
        {
            content.Position = start;
            return store.PutAsync(content, extension, cancellationToken);
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<string> WriteAsync(Action<Stream> write, string extension, CancellationToken cancellationToken = default) =>
        WithPatienceAsync(() => store.WriteAsync(write, extension, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<Stream> OpenReadAsync(string address, CancellationToken cancellationToken = default) =>
        WithPatienceAsync(() => store.OpenReadAsync(address, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<byte[]> ReadAsync(string address, CancellationToken cancellationToken = default) =>
        WithPatienceAsync(() => store.ReadAsync(address, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<byte[]> ReadPartAsync(string address, long offset, int count, CancellationToken cancellationToken = default) =>
        WithPatienceAsync(() => store.ReadPartAsync(address, offset, count, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<string> GetLocalPathAsync(string address, CancellationToken cancellationToken = default) =>
        WithPatienceAsync(() => store.GetLocalPathAsync(address, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> ExistsAsync(string address, CancellationToken cancellationToken = default) =>
        WithPatienceAsync(() => store.ExistsAsync(address, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task VerifyAsync(string address, CancellationToken cancellationToken = default) =>
        WithPatienceAsync(async () =>
        {
            await store.VerifyAsync(address, cancellationToken).ConfigureAwait(false);
            return true;
        }, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(StoredArtifact listed, CancellationToken cancellationToken = default) =>
        WithPatienceAsync(() => store.DeleteAsync(listed, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public IReadOnlyList<string> Leftovers() => store.Leftovers();

    /// <inheritdoc/>
    public IAsyncEnumerable<StoredArtifact> ListAsync(CancellationToken cancellationToken = default) => store.ListAsync(cancellationToken);

    /// <summary>The store's location.</summary>
    public override string? ToString() => store.ToString();

    private async Task<T> WithPatienceAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await call().ConfigureAwait(false);
            }
            catch (Exception fault) when (fault is StoreFullException or StoreUnavailableException)
            {
                waits(fault.Message);
                await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
