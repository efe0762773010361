using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;

namespace OrleansTagging.Storage;

/// <summary>
/// States in a folder: <c>root/state/&lt;name&gt;.state</c>, the name readable from the key. A write takes a lock file, compares, writes
/// a temporary file, flushes and renames it: any number of threads and processes may race, and one that is killed holds nobody up.
/// </summary>
/// <remarks>The lock files work among the processes of one machine and on network file systems that pass locks on; across machines use
/// <see cref="BlobStateStore"/>.</remarks>
public sealed class FolderStateStore : IStateStore
{
    private const string Suffix = ".state";
    // Lock files are shared out by the key's hash and never deleted: deleting one that another process has just opened would let two in.
    private const int Locks = 64;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder;
    private readonly string _temporary;
    private readonly string _locks;
    private readonly StoreHealth _health;
    private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, Locks).Select(_ => new SemaphoreSlim(1, 1))];

    /// <summary>Opens the store below <paramref name="root"/>, which is created, and sweeps what killed writers left behind.</summary>
    /// <param name="root">The store's folder.</param>
    /// <param name="health">Told when the disk is full and when it takes writes again.</param>
    /// <exception cref="IOException">The folder cannot be created.</exception>
    public FolderStateStore(string root, StoreHealth? health = null)
    {
        _health = health ?? new StoreHealth();
        _folder = Path.Combine(Path.GetFullPath(root), "state");
        _temporary = Path.Combine(_folder, "tmp");
        _locks = Path.Combine(_folder, "locks");
        DurableFolder.Create(_temporary);
        DurableFolder.Create(_locks);
        TemporaryFile.Sweep(_temporary);
    }

    /// <inheritdoc/>
    public Task<VersionedState?> ReadAsync(string key, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return Task.Run(() => Read(PathOf(StateKey.Encode(key)), out var content) is { } envelope
            ? new VersionedState(content, envelope.Write)
            : null, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<string> WriteAsync(
        string key, ReadOnlyMemory<byte> content, string? expectedETag, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return Task.Run(() => WithLockAsync(key, expectedETag, (encoded, path, found) =>
        {
            var sealedState = StateEnvelope.Seal(encoded, content.Span, found, out var envelope);
            return DurableFolder.Watch(_folder, _health, () =>
            {
                using var file = TemporaryFile.Create(_temporary);
                file.Content.Write(sealedState);
                file.Publish(path, readOnly: false);
                return envelope.Write;
            });
        }, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task ClearAsync(string key, string? expectedETag, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return Task.Run(() => WithLockAsync(key, expectedETag, (_, path, found) =>
        {
            if (found is not null)
            {
                File.Delete(path);
                DurableFolder.Flush(_folder);
            }
            return true;
        }, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var keys = await Task.Run(() => Directory.EnumerateFiles(_folder, "*" + Suffix)
            .Select(KeyOf)
            .OfType<string>()
            .Where(key => key.StartsWith(prefix, StringComparison.Ordinal))
            .ToArray(), cancellationToken);
        foreach (var key in keys)
        {
            yield return key;
        }
    }

    /// <summary>The store's folder.</summary>
    public override string ToString() => _folder;

    private async Task<T> WithLockAsync<T>(
        string key, string? expectedETag, Func<string, string, StateEnvelope?, T> act, CancellationToken cancellationToken)
    {
        var encoded = StateKey.Encode(key);
        var path = PathOf(encoded);
        var turn = SHA256.HashData(Encoding.ASCII.GetBytes(encoded))[0] % Locks;
        // Threads of this process queue here, so that only one of them at a time polls for the lock file.
        await _turns[turn].WaitAsync(cancellationToken);
        try
        {
            await using var held = await FileLock.TakeAsync(Path.Combine(_locks, $"{turn:x2}.lock"), Patience, cancellationToken);
            var found = Read(path, out _);
            return found?.Write == expectedETag
                ? act(encoded, path, found)
                : throw new StateConflictException(key, expectedETag, found?.Write);
        }
        finally
        {
            _turns[turn].Release();
        }
    }

    private static StateEnvelope? Read(string path, out byte[] content)
    {
        byte[] stored;
        // Most keys that are asked for and missing have never been there, and a fault is dear.
        if (!File.Exists(path))
        {
            content = [];
            return null;
        }
        try
        {
            stored = File.ReadAllBytes(path);
        }
        catch (FileNotFoundException)
        {
            content = [];
            return null;
        }
        return StateEnvelope.Open(stored, path, out content);
    }

    private static string? KeyOf(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        if (StateKey.IsShortened(name))
        {
            // Null: cleared since the folder was listed.
            return Read(path, out _) is { } envelope ? StateKey.Decode(envelope.Key) : null;
        }
        return StateKey.Decode(name);
    }

    private string PathOf(string encoded) => Path.Combine(_folder, StateKey.Name(encoded) + Suffix);
}
