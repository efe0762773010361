using System.Collections.Concurrent;
using System.Globalization;
using OrleansTagging.EmbeddedHost;
using OrleansTagging.Storage;

namespace OrleansTagging.Faults.Tests;

/// <summary>What a simulated installation keeps: it outlives every silo.</summary>
internal sealed class MemoryDisk
{
    public SortedDictionary<string, byte[]> Artifacts { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, VersionedState> States { get; } = new(StringComparer.Ordinal);

    private long _version;

    /// <summary>Says which states cannot be written; null where all can.</summary>
    public Func<string, byte[], bool>? Refuses { get; set; }

    /// <summary>Says which artifacts silos cannot read; null where they can read all.</summary>
    public Func<string, bool>? Hides { get; set; }

    /// <summary>Told of every state that is written.</summary>
    public Action<string, byte[]>? Written { get; set; }

    /// <summary>A version that no state has had before.</summary>
    public string NextVersion() => (++_version).ToString(CultureInfo.InvariantCulture);

    /// <summary>The store as silos see it, or, without faults, as Trainers and the test do.</summary>
    public Store Open(FaultInjector? faults = null) => new()
    {
        Location = "memory",
        Root = "memory",
        IsFolder = false,
        Artifacts = new MemoryArtifacts(this, faults),
        State = new MemoryStates(this, faults),
        Checkpoints = new NoCheckpoints(),
    };
}

/// <summary>Artifacts in memory; nothing of it leaves the caller's thread.</summary>
internal sealed class MemoryArtifacts(MemoryDisk disk, FaultInjector? faults) : IArtifactStore
{
    // Only for readers that map a file. What a file holds its name says, so that all simulations share them.
    private static readonly string s_files = Directory.CreateTempSubdirectory("simulation-").FullName;
    private static readonly ConcurrentDictionary<string, Lazy<string>> s_local = new();

    static MemoryArtifacts() => AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(s_files, recursive: true);

    public async Task<string> PutFileAsync(string path, string extension, CancellationToken cancellationToken = default) =>
        await PutAsync(File.ReadAllBytes(path), extension, cancellationToken);

    public async Task<string> MoveFileAsync(string path, string extension, CancellationToken cancellationToken = default)
    {
        var address = await PutFileAsync(path, extension, cancellationToken);
        File.Delete(path);
        return address;
    }

    public Task<string> PutAsync(ReadOnlyMemory<byte> content, string extension, CancellationToken cancellationToken = default)
    {
        if (faults?.Strikes("artifact write fails", faults.Rates.WriteFails, extension) == true)
        {
            throw new IOException("an artifact cannot be written (injected)");
        }
        var address = ArtifactAddress.Of(content.Span, extension);
        disk.Artifacts.TryAdd(address, content.ToArray());
        if (faults?.Strikes("artifact write succeeds unseen", faults.Rates.WriteSucceedsUnseen, address) == true)
        {
            throw new IOException("whether an artifact was written is not known (injected)");
        }
        return Task.FromResult(address);
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

    public Task<Stream> OpenReadAsync(string address, CancellationToken cancellationToken = default) =>
        Task.FromResult<Stream>(new MemoryStream(Find(address), writable: false));

    public Task<byte[]> ReadAsync(string address, CancellationToken cancellationToken = default) => Task.FromResult(Find(address));

    public Task<string> GetLocalPathAsync(string address, CancellationToken cancellationToken = default)
    {
        var content = Find(address);
        return Task.FromResult(s_local.GetOrAdd(address, _ => new Lazy<string>(() =>
        {
            var path = Path.Combine(s_files, address);
            File.WriteAllBytes(path, content);
            return path;
        })).Value);
    }

    public Task<bool> ExistsAsync(string address, CancellationToken cancellationToken = default) =>
        Task.FromResult(disk.Artifacts.ContainsKey(address));

    public Task VerifyAsync(string address, CancellationToken cancellationToken = default) => Task.FromResult(Find(address));

    public Task<bool> DeleteAsync(StoredArtifact listed, CancellationToken cancellationToken = default) =>
        Task.FromResult(disk.Artifacts.Remove(listed.Address));

    public IReadOnlyList<string> Leftovers() => [];

    public async IAsyncEnumerable<StoredArtifact> ListAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask;
        foreach (var (address, content) in disk.Artifacts)
        {
            yield return new StoredArtifact(address, content.Length, DateTimeOffset.UnixEpoch);
        }
    }

    private byte[] Find(string address)
    {
        if (faults?.Strikes("artifact read fails", faults.Rates.ReadFails, address) == true)
        {
            throw new IOException($"{address} cannot be read (injected)");
        }
        if (faults is not null && disk.Hides?.Invoke(address) == true)
        {
            throw new IOException($"{address} cannot be read (hidden)");
        }
        return disk.Artifacts.TryGetValue(address, out var content) ? content : throw new ArtifactMissingException(address, "memory");
    }
}

/// <summary>States in memory. Those of grains meet their faults in <see cref="FaultyGrainStorage"/>, the others here.</summary>
internal sealed class MemoryStates(MemoryDisk disk, FaultInjector? faults) : IStateStore
{
    private const string OfGrains = "grain/";

    public Task<VersionedState?> ReadAsync(string key, CancellationToken cancellationToken = default)
    {
        if (Strikes(key, "row read fails", faults?.Rates.ReadFails))
        {
            throw new IOException($"{key} cannot be read (injected)");
        }
        return Task.FromResult(disk.States.GetValueOrDefault(key));
    }

    public Task<string> WriteAsync(
        string key, ReadOnlyMemory<byte> content, string? expectedETag, CancellationToken cancellationToken = default)
    {
        Begin(key, expectedETag);
        if (disk.Refuses?.Invoke(key, content.ToArray()) == true)
        {
            throw new IOException($"{key} cannot be written (refused)");
        }
        var etag = disk.NextVersion();
        disk.States[key] = new VersionedState(content.ToArray(), etag);
        disk.Written?.Invoke(key, disk.States[key].Content);
        End(key);
        return Task.FromResult(etag);
    }

    public Task ClearAsync(string key, string? expectedETag, CancellationToken cancellationToken = default)
    {
        Begin(key, expectedETag);
        disk.States.Remove(key);
        End(key);
        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<string> ListAsync(
        string prefix, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask;
        foreach (var key in disk.States.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).ToArray())
        {
            yield return key;
        }
    }

    private void Begin(string key, string? expectedETag)
    {
        if (Strikes(key, "row write fails", faults?.Rates.WriteFails))
        {
            throw new IOException($"{key} cannot be written (injected)");
        }
        if (disk.States.TryGetValue(key, out var known) && Strikes(key, "row write conflicts", faults?.Rates.WriteConflicts))
        {
            // The same in a newer version: what another writer would have left that did the same.
            disk.States[key] = known with { ETag = disk.NextVersion() };
        }
        var found = disk.States.GetValueOrDefault(key)?.ETag;
        if (found != expectedETag)
        {
            throw new StateConflictException(key, expectedETag, found);
        }
    }

    private void End(string key)
    {
        if (Strikes(key, "row write succeeds unseen", faults?.Rates.WriteSucceedsUnseen))
        {
            throw new IOException($"whether {key} was written is not known (injected)");
        }
    }

    private bool Strikes(string key, string kind, double? share) =>
        !key.StartsWith(OfGrains, StringComparison.Ordinal) && faults?.Strikes(kind, share!.Value, key) == true;
}

/// <summary>The simulated Trainer answers at once and leaves no checkpoints.</summary>
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
