using System.Runtime.CompilerServices;

namespace OrleansTagging.Storage;

/// <summary>
/// Checkpoints in a folder: <c>root/checkpoints/&lt;job&gt;/&lt;number&gt;.checkpoint</c>. They appear by rename; any number of processes
/// may share the folder.
/// </summary>
public sealed class FolderCheckpointStore : ICheckpointStore
{
    private const string Temporary = ".tmp"; // no job's name begins with a dot

    private readonly string _folder;
    private readonly string _temporary;

    /// <summary>Opens the store below <paramref name="root"/>, which is created, and sweeps what killed writers left behind.</summary>
    /// <exception cref="IOException">The folder cannot be created.</exception>
    public FolderCheckpointStore(string root)
    {
        _folder = Path.Combine(Path.GetFullPath(root), "checkpoints");
        _temporary = Path.Combine(_folder, Temporary);
        DurableFolder.Create(_temporary);
        TemporaryFile.Sweep(_temporary);
    }

    /// <inheritdoc/>
    public Task WriteAsync(string job, long number, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(job);
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        return Task.Run(() =>
        {
            var folder = FolderOf(job);
            using (var file = TemporaryFile.Create(_temporary))
            {
                file.Content.Write(CheckpointSeal.Of(content.Span));
                file.Content.Write(content.Span);
                file.Publish(Path.Combine(folder, CheckpointSeal.Name(number)), readOnly: false);
            }
            foreach (var old in Numbers(folder).Skip(CheckpointSeal.Kept))
            {
                File.Delete(Path.Combine(folder, CheckpointSeal.Name(old)));
            }
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<long>> ListAsync(string job, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(job);
        return Task.Run<IReadOnlyList<long>>(() => Numbers(FolderOf(job)), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<byte[]?> ReadAsync(string job, long number, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(job);
        var path = Path.Combine(FolderOf(job), CheckpointSeal.Name(number));
        return Task.Run(() =>
        {
            try
            {
                return CheckpointSeal.Open(File.ReadAllBytes(path), path);
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                return null;
            }
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task RemoveAsync(string job, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(job);
        return Task.Run(() =>
        {
            var folder = FolderOf(job);
            foreach (var number in Numbers(folder))
            {
                File.Delete(Path.Combine(folder, CheckpointSeal.Name(number)));
            }
            try
            {
                Directory.Delete(folder);
            }
            catch (IOException)
            {
                // It never was, or a late writer has just put another one there.
            }
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListJobsAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var names = await Task.Run(() => new DirectoryInfo(_folder).EnumerateDirectories().Select(folder => folder.Name)
            .Where(name => name != Temporary).ToArray(), cancellationToken);
        foreach (var name in names)
        {
            yield return StateKey.Decode(name);
        }
    }

    /// <summary>The store's folder.</summary>
    public override string ToString() => _folder;

    private string FolderOf(string job) => Path.Combine(_folder, StateKey.Encode(job));

    private static long[] Numbers(string folder)
    {
        try
        {
            return [.. Directory.EnumerateFiles(folder)
                .Select(path => CheckpointSeal.Number(Path.GetFileName(path))).OfType<long>().OrderDescending()];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }
}
