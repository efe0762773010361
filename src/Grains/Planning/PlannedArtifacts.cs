using System.Runtime.CompilerServices;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains.Planning;

/// <summary>
/// A store's artifacts as a plan sees them: what is put gets the address that it would have, and is kept in memory alone.
/// </summary>
internal sealed class PlannedArtifacts(IArtifactStore stored) : IArtifactStore
{
    private readonly Dictionary<string, byte[]> _planned = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public Task<string> PutAsync(ReadOnlyMemory<byte> content, string extension, CancellationToken cancellationToken = default)
    {
        var address = ArtifactAddress.Of(content.Span, extension);
        _planned.TryAdd(address, content.ToArray());
        return Task.FromResult(address);
    }

    /// <inheritdoc/>
    public async Task<string> PutAsync(Stream content, string extension, CancellationToken cancellationToken = default)
    {
        using var bytes = new MemoryStream();
        await content.CopyToAsync(bytes, cancellationToken);
        return await PutAsync(bytes.ToArray(), extension, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<string> PutFileAsync(string path, string extension, CancellationToken cancellationToken = default) =>
        await PutAsync(await File.ReadAllBytesAsync(path, cancellationToken), extension, cancellationToken);

    /// <inheritdoc/>
    public Task<string> MoveFileAsync(string path, string extension, CancellationToken cancellationToken = default) =>
        PutFileAsync(path, extension, cancellationToken);

    /// <inheritdoc/>
    public async Task<string> WriteAsync(Action<Stream> write, string extension, CancellationToken cancellationToken = default)
    {
        using var bytes = new MemoryStream();
        write(bytes);
        return await PutAsync(bytes.ToArray(), extension, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenReadAsync(string address, CancellationToken cancellationToken = default) =>
        _planned.TryGetValue(address, out var planned)
            ? new MemoryStream(planned, writable: false)
            : await stored.OpenReadAsync(address, cancellationToken);

    /// <inheritdoc/>
    public async Task<byte[]> ReadAsync(string address, CancellationToken cancellationToken = default) =>
        _planned.TryGetValue(address, out var planned) ? planned : await stored.ReadAsync(address, cancellationToken);

    /// <inheritdoc/>
    public Task<string> GetLocalPathAsync(string address, CancellationToken cancellationToken = default) =>
        stored.GetLocalPathAsync(address, cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> ExistsAsync(string address, CancellationToken cancellationToken = default) =>
        _planned.ContainsKey(address) || await stored.ExistsAsync(address, cancellationToken);

    /// <inheritdoc/>
    public Task VerifyAsync(string address, CancellationToken cancellationToken = default) =>
        _planned.ContainsKey(address) ? Task.CompletedTask : stored.VerifyAsync(address, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>A plan changes nothing that is stored, and so deletes nothing.</remarks>
    public Task<bool> DeleteAsync(StoredArtifact listed, CancellationToken cancellationToken = default) => Task.FromResult(false);

    /// <inheritdoc/>
    public IReadOnlyList<string> Leftovers() => stored.Leftovers();

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredArtifact> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var artifact in stored.ListAsync(cancellationToken))
        {
            yield return artifact;
        }
    }
}
