using System.Collections.Concurrent;

namespace OrleansTagging.Storage;

/// <summary>
/// Local copies of a container's artifacts, below a size: each verified when it is fetched and again when a process first uses it, the
/// least recently used deleted first. Any number of processes may share the folder; what one deletes another fetches again.
/// </summary>
internal sealed class ArtifactCache
{
    /// <summary>The size below which a cache is kept where nobody chose one.</summary>
    public const long UsualBytes = 50L << 30;

    // Hashing a packed dataset again for every job would take longer than many a job; its copy was verified when it was fetched.
    private const long HashedAgain = 64 << 20;
    // A look at the whole folder for every small document would cost more than the document.
    private const int LooksAtLimit = 50;

    // So many lock files that hardly ever a small document waits for a packed dataset.
    private const int TurnDigits = 3;

    // Milliseconds: a packed dataset takes minutes to fetch.
    private const int LongestWait = 320;

    private readonly string _folder;
    private readonly string _turns;
    private readonly StoreHealth _health;
    private readonly FolderArtifactStore _files;
    private readonly string _lock;
    private readonly long _limit;
    private readonly ConcurrentDictionary<string, bool> _checked = new(StringComparer.Ordinal);
    private long _addedSinceLook;

    public ArtifactCache(string folder, long limit, StoreHealth? health = null)
    {
        (_folder, _health) = (Path.GetFullPath(folder), health ?? new StoreHealth());
        _files = new FolderArtifactStore(folder);
        _lock = Path.Combine(_folder, "cache.lock");
        _limit = limit;
        _turns = Path.Combine(_folder, "turns");
        DurableFolder.Create(_turns);
        _addedSinceLook = limit; // What earlier processes left counts too.
    }

    /// <summary>How long a copy is safe from deletion after its last use: whoever was given its path has that long to open it.</summary>
    public TimeSpan SafeAfterUse { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The path of a sound copy; <c>null</c> where there is none. A damaged one is deleted.</summary>
    public async Task<string?> FindAsync(string address, CancellationToken cancellationToken)
    {
        if (!await _files.ExistsAsync(address, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }
        try
        {
            var path = await _files.GetLocalPathAsync(address, cancellationToken).ConfigureAwait(false);
            if (!_checked.ContainsKey(address))
            {
                if (new FileInfo(path).Length <= HashedAgain)
                {
                    await _files.VerifyAsync(address, cancellationToken).ConfigureAwait(false);
                }
                _checked[address] = true;
            }
            File.SetLastAccessTimeUtc(path, DateTime.UtcNow);
            return path;
        }
        catch (ArtifactDamagedException)
        {
            Remove(address);
            return null;
        }
        catch (IOException fault) when (fault is ArtifactMissingException or FileNotFoundException)
        {
            return null; // Another process has just deleted it.
        }
    }

    /// <summary>
    /// Waits until no other process fetches an artifact, nor one of the few that share its lock file: who waits finds the copy afterwards
    /// instead of fetching it a second time.
    /// </summary>
    public async Task<IAsyncDisposable> TakeTurnAsync(string address, CancellationToken cancellationToken) =>
        // Never deleted: deleting one that another process has just opened would let two in.
        await FileLock.TakeAsync(
            Path.Combine(_turns, address[..TurnDigits] + ".lock"), TimeSpan.MaxValue, cancellationToken, LongestWait).ConfigureAwait(false);

    /// <summary>Keeps what a stream gives, if it has the address; gives the address found.</summary>
    public string Add(string address, Stream content, CancellationToken cancellationToken)
    {
        var found = DurableFolder.Watch(
            _folder, _health, () => _files.CopyIn(content, ArtifactAddress.Extension(address), address, cancellationToken));
        if (found == address)
        {
            Added(address);
        }
        return found;
    }

    /// <summary>Takes a file over that was stored under the address.</summary>
    public async Task MoveInAsync(string path, string address, CancellationToken cancellationToken)
    {
        await _files.MoveFileAsync(path, ArtifactAddress.Extension(address), cancellationToken).ConfigureAwait(false);
        Added(address);
    }

    /// <summary>Deletes a copy.</summary>
    public void Remove(string address)
    {
        _checked.TryRemove(address, out _);
        var path = _files.PathOf(address);
        if (File.Exists(path))
        {
            File.Delete(path);
        }
    }

    private void Added(string address)
    {
        var path = _files.PathOf(address);
        _checked[address] = true;
        var added = File.Exists(path) ? new FileInfo(path).Length : 0;
        if (Interlocked.Add(ref _addedSinceLook, added) >= _limit / LooksAtLimit)
        {
            Interlocked.Exchange(ref _addedSinceLook, 0);
            Trim();
        }
    }

    private void Trim()
    {
        using var held = FileLock.TryTake(_lock);
        if (held is null)
        {
            return; // Another process is at it.
        }
        var copies = _files.Files().Select(file => (file.FullName, file.Name, file.Length, file.LastAccessTimeUtc)).ToList();
        var over = copies.Sum(copy => copy.Length) - _limit;
        var safe = DateTime.UtcNow - SafeAfterUse;
        foreach (var (path, address, length, usedAt) in copies.OrderBy(copy => copy.LastAccessTimeUtc))
        {
            if (over <= 0 || usedAt > safe)
            {
                return;
            }
            try
            {
                File.Delete(path);
                over -= length;
                _checked.TryRemove(address, out _);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                // It is open just now, where open files cannot be deleted.
            }
        }
    }
}
