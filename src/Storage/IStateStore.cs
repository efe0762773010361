using System.Runtime.CompilerServices;

namespace OrleansTagging.Storage;

/// <summary>A state as it was read: its bytes, and the ETag that a write must name to replace just this version.</summary>
public sealed record VersionedState(byte[] Content, string ETag);

/// <summary>A key and the version of its state.</summary>
public readonly record struct StateVersion(string Key, string ETag);

/// <summary>
/// A store of small versioned states (a grain's, a lease table's) under keys of any characters. A write or a clear names the version that
/// it replaces and fails if another came first, across threads, processes and machines; no ETag is ever used twice for a key, so a state
/// that went from A to B and back to A is another version. After the return of a write it is on disk.
/// </summary>
public interface IStateStore
{
    /// <summary>The state of a key; null where it has none.</summary>
    /// <exception cref="StateDamagedException">The stored bytes are not those that were written.</exception>
    Task<VersionedState?> ReadAsync(string key, CancellationToken cancellationToken = default);

    /// <summary>Writes a state in place of the version <paramref name="expectedETag"/>.</summary>
    /// <param name="key">The key, not empty.</param>
    /// <param name="content">The new state's bytes.</param>
    /// <param name="expectedETag">The version to replace; null where the key must have no state.</param>
    /// <param name="cancellationToken">Ends the wait. A cancelled write may have happened.</param>
    /// <returns>The ETag of the new version.</returns>
    /// <exception cref="StateConflictException">The key has another version, or none; nothing was written.</exception>
    Task<string> WriteAsync(string key, ReadOnlyMemory<byte> content, string? expectedETag, CancellationToken cancellationToken = default);

    /// <summary>Removes a state of the version <paramref name="expectedETag"/>; with null the key must have no state and nothing is
    /// done.</summary>
    /// <exception cref="StateConflictException">The key has another version, or none; nothing was removed.</exception>
    Task ClearAsync(string key, string? expectedETag, CancellationToken cancellationToken = default);

    /// <summary>The keys that begin with <paramref name="prefix"/> (empty: all), in no particular order.</summary>
    IAsyncEnumerable<string> ListAsync(string prefix, CancellationToken cancellationToken = default);

    /// <summary>The version of every key, in no particular order; one that changes meanwhile is told as it was before or after.</summary>
    async IAsyncEnumerable<StateVersion> ListVersionsAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var key in ListAsync("", cancellationToken).ConfigureAwait(false))
        {
            if (await ReadAsync(key, cancellationToken).ConfigureAwait(false) is { } state)
            {
                yield return new StateVersion(key, state.ETag);
            }
        }
    }
}
