using System.Runtime.CompilerServices;
using OrleansTagging.Storage;

namespace OrleansTagging.Faults.Tests;

/// <summary>What a store does to whoever uses it: each may throw, or take its time.</summary>
internal interface IStoreFaults
{
    /// <summary>Before something is read.</summary>
    Task ReadAsync(string what);

    /// <summary>Before something is written.</summary>
    Task WriteAsync(string what, ReadOnlyMemory<byte> content);

    /// <summary>When it is written and whoever wrote it has not heard of it.</summary>
    Task WrittenAsync(string what);
}

/// <summary>Refusals of a test's own choice.</summary>
internal sealed class ChosenRefusals : IStoreFaults
{
    /// <summary>What cannot be read.</summary>
    public Func<string, bool>? Reads { get; set; }

    /// <summary>What cannot be written.</summary>
    public Func<string, ReadOnlyMemory<byte>, bool>? Writes { get; set; }

    public Task ReadAsync(string what) =>
        Reads?.Invoke(what) == true ? throw new IOException($"{what} cannot be read (injected)") : Task.CompletedTask;

    public Task WriteAsync(string what, ReadOnlyMemory<byte> content) =>
        Writes?.Invoke(what, content) == true ? throw new IOException($"{what} cannot be written (injected)") : Task.CompletedTask;

    public Task WrittenAsync(string what) => Task.CompletedTask;
}

/// <summary>A store that meets faults.</summary>
internal static class FaultyStore
{
    public static Store Of(Store store, IStoreFaults faults) =>
        store with { State = new FaultyStates(store.State, faults), Artifacts = new FaultyArtifacts(store.Artifacts, faults) };

    private static async Task<T> ReadAsync<T>(this IStoreFaults faults, string what, Func<Task<T>> read)
    {
        await faults.ReadAsync(what);
        return await read();
    }

    private static async Task<T> WriteAsync<T>(
        this IStoreFaults faults, string what, ReadOnlyMemory<byte> content, Func<Task<T>> write)
    {
        await faults.WriteAsync(what, content);
        var written = await write();
        await faults.WrittenAsync(what);
        return written;
    }

    private sealed class FaultyStates(IStateStore states, IStoreFaults faults) : IStateStore
    {
        public Task<VersionedState?> ReadAsync(string key, CancellationToken cancellationToken = default) =>
            faults.ReadAsync(key, () => states.ReadAsync(key, cancellationToken));

        public Task<string> WriteAsync(
            string key, ReadOnlyMemory<byte> content, string? expectedETag, CancellationToken cancellationToken = default) =>
            faults.WriteAsync(key, content, () => states.WriteAsync(key, content, expectedETag, cancellationToken));

        public Task ClearAsync(string key, string? expectedETag, CancellationToken cancellationToken = default) =>
            faults.WriteAsync(key, default, async () =>
            {
                await states.ClearAsync(key, expectedETag, cancellationToken);
                return true;
            });

        public async IAsyncEnumerable<string> ListAsync(
            string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await faults.ReadAsync(prefix);
            await foreach (var key in states.ListAsync(prefix, cancellationToken))
            {
                yield return key;
            }
        }
    }

    /// <summary>Grains write bytes; whatever else an artifact store can take passes through.</summary>
    private sealed class FaultyArtifacts(IArtifactStore artifacts, IStoreFaults faults) : IArtifactStore
    {
        public Task<string> PutFileAsync(string path, string extension, CancellationToken cancellationToken = default) =>
            artifacts.PutFileAsync(path, extension, cancellationToken);

        public Task<string> MoveFileAsync(string path, string extension, CancellationToken cancellationToken = default) =>
            artifacts.MoveFileAsync(path, extension, cancellationToken);

        public Task<string> PutAsync(ReadOnlyMemory<byte> content, string extension, CancellationToken cancellationToken = default) =>
            faults.WriteAsync(
                ArtifactAddress.Of(content.Span, extension), content, () => artifacts.PutAsync(content, extension, cancellationToken));

        public Task<string> PutAsync(Stream content, string extension, CancellationToken cancellationToken = default) =>
            artifacts.PutAsync(content, extension, cancellationToken);

        public async Task<string> WriteAsync(Action<Stream> write, string extension, CancellationToken cancellationToken = default)
        {
            using var content = new MemoryStream();
            write(content);
            return await PutAsync(content.ToArray(), extension, cancellationToken);
        }

        public Task<Stream> OpenReadAsync(string address, CancellationToken cancellationToken = default) =>
            faults.ReadAsync(address, () => artifacts.OpenReadAsync(address, cancellationToken));

        public Task<byte[]> ReadAsync(string address, CancellationToken cancellationToken = default) =>
            faults.ReadAsync(address, () => artifacts.ReadAsync(address, cancellationToken));

        public Task<string> GetLocalPathAsync(string address, CancellationToken cancellationToken = default) =>
            faults.ReadAsync(address, () => artifacts.GetLocalPathAsync(address, cancellationToken));

        public Task<bool> ExistsAsync(string address, CancellationToken cancellationToken = default) =>
            faults.ReadAsync(address, () => artifacts.ExistsAsync(address, cancellationToken));

        public Task VerifyAsync(string address, CancellationToken cancellationToken = default) =>
            artifacts.VerifyAsync(address, cancellationToken);

        public Task<bool> DeleteAsync(StoredArtifact listed, CancellationToken cancellationToken = default) =>
            artifacts.DeleteAsync(listed, cancellationToken);

        public IReadOnlyList<string> Leftovers() => artifacts.Leftovers();

        public IAsyncEnumerable<StoredArtifact> ListAsync(CancellationToken cancellationToken = default) =>
            artifacts.ListAsync(cancellationToken);
    }
}
