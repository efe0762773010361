namespace OrleansTagging.Storage;

/// <summary>An artifact in a store.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Bytes">Its size in bytes.</param>
/// <param name="StoredAt">When somebody last stored it, whether or not it was there before.</param>
public sealed record StoredArtifact(string Address, long Bytes, DateTimeOffset StoredAt);

/// <summary>
/// A store of immutable artifacts, addressed by their content (<see cref="ArtifactAddress"/>). Whoever stores the same bytes gets the
/// same address, whether or not they were there before; concurrent writers of the same bytes all succeed. An artifact is there whole or
/// not at all, and once its address has been returned it survives the end of the process and of the machine's power.
/// </summary>
public interface IArtifactStore
{
    /// <summary>Stores a copy of a file. It is read once for its hash and, where the store lacks it, once more for the copy; never whole
    /// in memory.</summary>
    /// <returns>The address.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="IOException">The disk is full, the file changed while it was read, or the store failed; nothing was
    /// stored.</exception>
    Task<string> PutFileAsync(string path, string extension, CancellationToken cancellationToken = default);

    /// <summary>
    /// Stores a file that the caller gives up: afterwards <paramref name="path"/> is gone. In a folder store on the same file system the
    /// file itself is moved and no byte is copied.
    /// </summary>
    /// <inheritdoc cref="PutFileAsync"/>
    Task<string> MoveFileAsync(string path, string extension, CancellationToken cancellationToken = default);

    /// <summary>
    /// Stores a file that the caller gives up, and tells how many of its bytes are with the store. What a service has of it from a caller that
    /// was killed is not sent again.
    /// </summary>
    /// <inheritdoc cref="MoveFileAsync(string, string, CancellationToken)"/>
    Task<string> MoveFileAsync(string path, string extension, IProgress<long>? stored, CancellationToken cancellationToken = default) =>
        MoveFileAsync(path, extension, cancellationToken);

    /// <summary>Stores bytes.</summary>
    /// <returns>The address.</returns>
    /// <exception cref="IOException">The disk is full or the store failed; nothing was stored.</exception>
    Task<string> PutAsync(ReadOnlyMemory<byte> content, string extension, CancellationToken cancellationToken = default);

    /// <summary>Stores what a stream gives from its position to its end; never whole in memory. The stream stays open.</summary>
    /// <inheritdoc cref="PutAsync(ReadOnlyMemory{byte}, string, CancellationToken)"/>
    Task<string> PutAsync(Stream content, string extension, CancellationToken cancellationToken = default);

    /// <summary>
    /// Stores what <paramref name="write"/> writes to a stream, which can seek and which it leaves open: large arrays go to the store
    /// without being whole in memory a second time.
    /// </summary>
    /// <inheritdoc cref="PutAsync(ReadOnlyMemory{byte}, string, CancellationToken)"/>
    Task<string> WriteAsync(Action<Stream> write, string extension, CancellationToken cancellationToken = default);

    /// <summary>Opens an artifact for reading; the stream can seek.</summary>
    /// <exception cref="ArtifactMissingException">The store has no such artifact.</exception>
    Task<Stream> OpenReadAsync(string address, CancellationToken cancellationToken = default);

    /// <summary>The bytes of an artifact, compared with its address.</summary>
    /// <exception cref="ArtifactMissingException">The store has no such artifact.</exception>
    /// <exception cref="ArtifactDamagedException">The stored bytes are no longer those of the address.</exception>
    Task<byte[]> ReadAsync(string address, CancellationToken cancellationToken = default);

    /// <summary>
    /// Bytes from the middle of an artifact, without the rest of it: of a service only they are fetched. They are not compared with the
    /// address, which names the whole.
    /// </summary>
    /// <param name="address">The artifact.</param>
    /// <param name="offset">The first byte, counted from 0.</param>
    /// <param name="count">How many bytes.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="ArtifactMissingException">The store has no such artifact.</exception>
    /// <exception cref="EndOfStreamException">The artifact ends before that.</exception>
    async Task<byte[]> ReadPartAsync(string address, long offset, int count, CancellationToken cancellationToken = default)
    {
        await using var content = await OpenReadAsync(address, cancellationToken).ConfigureAwait(false);
        content.Position = offset;
        var part = new byte[count];
        await content.ReadExactlyAsync(part, cancellationToken).ConfigureAwait(false);
        return part;
    }

    /// <summary>
    /// The path of a local file with the artifact's bytes, which can be memory-mapped and must not be changed: the stored file itself in
    /// a folder store, a verified copy in the local cache otherwise.
    /// </summary>
    /// <exception cref="ArtifactMissingException">The store has no such artifact.</exception>
    /// <exception cref="ArtifactDamagedException">The fetched bytes are not those of the address.</exception>
    Task<string> GetLocalPathAsync(string address, CancellationToken cancellationToken = default);

    /// <summary>Whether the store has the artifact.</summary>
    Task<bool> ExistsAsync(string address, CancellationToken cancellationToken = default);

    /// <summary>Hashes the stored bytes of an artifact: those of the store itself, not those of a copy.</summary>
    /// <exception cref="ArtifactMissingException">The store has no such artifact.</exception>
    /// <exception cref="ArtifactDamagedException">The stored bytes are no longer those of the address.</exception>
    Task VerifyAsync(string address, CancellationToken cancellationToken = default);

    /// <summary>Deletes an artifact, unless somebody stored it again since it was listed.</summary>
    /// <returns>Whether it was deleted.</returns>
    Task<bool> DeleteAsync(StoredArtifact listed, CancellationToken cancellationToken = default);

    /// <summary>The local files under temporary names, half-written by processes that were killed or that still write them.</summary>
    IReadOnlyList<string> Leftovers();

    /// <summary>All artifacts, in no particular order.</summary>
    IAsyncEnumerable<StoredArtifact> ListAsync(CancellationToken cancellationToken = default);
}
