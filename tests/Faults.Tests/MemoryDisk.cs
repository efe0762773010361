using System.Collections.Concurrent;
using System.Globalization;
using OrleansTagging.Storage;

namespace OrleansTagging.Faults.Tests;

/// <summary>What an installation keeps: it outlives every process that works on it.</summary>
internal sealed class MemoryDisk
{
    private readonly SortedDictionary<string, VersionedState> _states = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private long _version;

    /// <summary>Told of every state that is written, in their order.</summary>
    public event Action<string, byte[]>? Written;

    public ConcurrentDictionary<string, byte[]> Artifacts { get; } = new(StringComparer.Ordinal);

    /// <summary>The states as they are now, by key.</summary>
    public SortedDictionary<string, byte[]> States
    {
        get
        {
            lock (_gate)
            {
                return new(_states.ToDictionary(state => state.Key, state => state.Value.Content), StringComparer.Ordinal);
            }
        }
    }

    /// <summary>The store as one process sees it: what the process does not live to do is not done.</summary>
    public Store Open(ProcessLife life) => new()
    {
        Location = "memory",
        Root = "memory",
        IsFolder = false,
        Artifacts = new MemoryArtifacts(this, life),
        State = new MemoryStates(this, life),
        Checkpoints = new NoCheckpoints(),
    };

    public VersionedState? Read(string key)
    {
        lock (_gate)
        {
            return _states.GetValueOrDefault(key);
        }
    }

    /// <summary>Replaces a state, or with <c>null</c> removes it; gives the new version.</summary>
    public string Replace(string key, byte[]? content, string? expectedETag)
    {
        lock (_gate)
        {
            var found = _states.GetValueOrDefault(key)?.ETag;
            if (found != expectedETag)
            {
                throw new StateConflictException(key, expectedETag, found);
            }
            var etag = (++_version).ToString(CultureInfo.InvariantCulture);
            if (content is null)
            {
                _states.Remove(key);
            }
            else
            {
                _states[key] = new VersionedState(content, etag);
                Written?.Invoke(key, content);
            }
            return etag;
        }
    }
}

/// <summary>States in memory.</summary>
internal sealed class MemoryStates(MemoryDisk disk, ProcessLife life) : IStateStore
{
    public async Task<VersionedState?> ReadAsync(string key, CancellationToken cancellationToken = default)
    {
        await life.ReadAsync();
        return disk.Read(key);
    }

    public Task<string> WriteAsync(
        string key, ReadOnlyMemory<byte> content, string? expectedETag, CancellationToken cancellationToken = default) =>
        life.WriteAsync(WriteKind.State, key, () => disk.Replace(key, content.ToArray(), expectedETag));

    public Task ClearAsync(string key, string? expectedETag, CancellationToken cancellationToken = default) =>
        life.WriteAsync(WriteKind.State, key, () => disk.Replace(key, null, expectedETag));

    public async IAsyncEnumerable<string> ListAsync(
        string prefix, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await life.ReadAsync();
        foreach (var key in disk.States.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)))
        {
            yield return key;
        }
    }
}

/// <summary>Artifacts in memory.</summary>
internal sealed class MemoryArtifacts(MemoryDisk disk, ProcessLife life) : IArtifactStore
{
    // Only for readers that map a file. What a file holds its name says, so that all disks share them.
    private static readonly string s_files = Directory.CreateTempSubdirectory("faults-").FullName;
    private static readonly ConcurrentDictionary<string, Lazy<string>> s_local = new();

    static MemoryArtifacts() => AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(s_files, recursive: true);

    public async Task<string> PutFileAsync(string path, string extension, CancellationToken cancellationToken = default) =>
        await PutAsync(await File.ReadAllBytesAsync(path, cancellationToken), extension, cancellationToken);

    public async Task<string> MoveFileAsync(string path, string extension, CancellationToken cancellationToken = default)
    {
        var address = await PutFileAsync(path, extension, cancellationToken);
        File.Delete(path);
        return address;
    }

    public Task<string> PutAsync(ReadOnlyMemory<byte> content, string extension, CancellationToken cancellationToken = default)
    {
        var address = ArtifactAddress.Of(content.Span, extension);
        return life.WriteAsync(WriteKind.Artifact, address, () =>
        {
            disk.Artifacts.TryAdd(address, content.ToArray());
            return address;
        });
    }

    public Task<string> PutAsync(Stream content, string extension, CancellationToken cancellationToken = default)
    {
        using var copy = new MemoryStream();
        content.CopyTo(copy);
        return PutAsync(copy.ToArray(), extension, cancellationToken);
    }

    public Task<string> WriteAsync(Action<Stream> write, string extension, CancellationToken cancellationToken = default)
    {
        using var content = new MemoryStream();
        write(content);
        return PutAsync(content.ToArray(), extension, cancellationToken);
    }

    public async Task<Stream> OpenReadAsync(string address, CancellationToken cancellationToken = default) =>
        new MemoryStream(await ReadAsync(address, cancellationToken), writable: false);

    public async Task<byte[]> ReadAsync(string address, CancellationToken cancellationToken = default)
    {
        await life.ReadAsync();
        return Find(address);
    }

    public async Task<string> GetLocalPathAsync(string address, CancellationToken cancellationToken = default)
    {
        var content = await ReadAsync(address, cancellationToken);
        return s_local.GetOrAdd(address, _ => new Lazy<string>(() =>
        {
            var path = Path.Combine(s_files, address);
            File.WriteAllBytes(path, content);
            return path;
        })).Value;
    }

    public async Task<bool> ExistsAsync(string address, CancellationToken cancellationToken = default)
    {
        await life.ReadAsync();
        return disk.Artifacts.ContainsKey(address);
    }

    public Task VerifyAsync(string address, CancellationToken cancellationToken = default) => ReadAsync(address, cancellationToken);

    public Task<bool> DeleteAsync(StoredArtifact listed, CancellationToken cancellationToken = default) =>
        Task.FromResult(disk.Artifacts.TryRemove(listed.Address, out _));

    public IReadOnlyList<string> Leftovers() => [];

    public async IAsyncEnumerable<StoredArtifact> ListAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await life.ReadAsync();
        foreach (var (address, content) in disk.Artifacts)
        {
            yield return new StoredArtifact(address, content.Length, DateTimeOffset.UnixEpoch);
        }
    }

    private byte[] Find(string address) =>
        disk.Artifacts.TryGetValue(address, out var content) ? content : throw new ArtifactMissingException(address, "memory");
}

/// <summary>The Trainer of these tests answers at once and leaves no checkpoints.</summary>
internal sealed class NoCheckpoints : ICheckpointStore
{
    public Task WriteAsync(string job, long number, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default) =>
        Task.CompletedTask;

    public Task<IReadOnlyList<long>> ListAsync(string job, CancellationToken cancellationToken = default) =>
        Task.FromResult<IReadOnlyList<long>>([]);

    public Task<byte[]?> ReadAsync(string job, long number, CancellationToken cancellationToken = default) =>
        Task.FromResult<byte[]?>(null);

    public Task RemoveAsync(string job, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public async IAsyncEnumerable<string> ListJobsAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask;
        yield break;
    }
}
