using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansTagging.Storage;

/// <summary>How a store is to be copied.</summary>
public sealed record StoreCopyOptions
{
    /// <summary>Whether to overwrite a store with states of its own, or that was changed since it was copied.</summary>
    public bool Replace { get; init; }

    /// <summary>Whether to hash every artifact of the copy in the end, those too that were there before.</summary>
    public bool Verify { get; init; }

    /// <summary>How long to look for an instant at which no state of the source changes.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(1);
}

/// <summary>How far a copy is.</summary>
/// <param name="Artifacts">Artifacts copied.</param>
/// <param name="OfArtifacts">Artifacts that the copy lacked.</param>
/// <param name="Bytes">Bytes copied.</param>
/// <param name="OfBytes">Bytes that the copy lacked.</param>
/// <param name="Hashed">Artifacts of the copy that were hashed in the end.</param>
public readonly record struct StoreCopyProgress(int Artifacts, int OfArtifacts, long Bytes, long OfBytes, int Hashed);

/// <summary>What a copy did.</summary>
public sealed record StoreCopyReport
{
    /// <summary>The instant that the copy shows, by this machine's clock.</summary>
    public required DateTimeOffset Taken { get; init; }

    /// <summary>States in the copy.</summary>
    public required int States { get; init; }

    /// <summary>States of them that were new or other than before.</summary>
    public required int StatesWritten { get; init; }

    /// <summary>Artifacts that they lead to.</summary>
    public required int Artifacts { get; init; }

    /// <summary>Bytes of these.</summary>
    public required long Bytes { get; init; }

    /// <summary>Artifacts that the copy had lacked.</summary>
    public required int ArtifactsCopied { get; init; }

    /// <summary>Bytes of these.</summary>
    public required long BytesCopied { get; init; }

    /// <summary>Jobs at work whose last checkpoint is in the copy.</summary>
    public required int Checkpoints { get; init; }

    /// <summary>Whether every artifact of the copy was hashed in the end.</summary>
    public required bool Verified { get; init; }
}

/// <summary>
/// Copies a store into another, in whichever of the two forms, while the source may be in use: its states as they were at one instant
/// (<see cref="StoreSnapshot"/>), every artifact that they lead to, and the last checkpoint of every job at work. Artifacts that are there
/// already are not copied again.
/// </summary>
/// <remarks>
/// First the artifacts, which nobody sees while no state names them. Then all states at once: as one state under <see cref="PendingKey"/>,
/// which is the moment the copy becomes the new one; from then on whoever reads the store as a copy takes them from there. Last they are
/// laid out under their own keys and the pending one is removed. Whatever is killed on the way leaves the copy as it was, or the new one
/// pending, and nothing is hosted on a store while one is.
/// </remarks>
public sealed partial class StoreCopy
{
    private const string Own = "copy/";
    private const string PendingKey = Own + "pending";
    private const string OriginKey = Own + "origin";
    private const int AtATime = 4;
    private const int StatesAtATime = 8;

    private readonly Store _from;
    private readonly Store _to;
    private readonly StoreCopyOptions _options;
    private readonly IProgress<StoreCopyProgress>? _progress;
    private readonly Lock _telling = new();
    private StoreCopyProgress _told;

    /// <summary>Makes ready to copy.</summary>
    /// <param name="from">The store to copy; it is only read.</param>
    /// <param name="to">The store that becomes a copy. Nobody may host grains on it.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Told after every artifact.</param>
    /// <exception cref="StoreCopyException">Both are the same store.</exception>
    public StoreCopy(Store from, Store to, StoreCopyOptions options, IProgress<StoreCopyProgress>? progress = null)
    {
        (_from, _to, _options, _progress) = (from, to, options, progress);
        if (IdentityOf(from) == IdentityOf(to))
        {
            throw new StoreCopyException($"{to.Location}: a store cannot be copied onto itself; name another.");
        }
    }

    /// <summary>Whether a key is one that copies keep in a store, and no part of what is copied.</summary>
    public static bool IsOwn(string key) => key.StartsWith(Own, StringComparison.Ordinal);

    /// <summary>
    /// Why a store may not be used as it is, in one line: a copy into it has not ended; <c>null</c> where none is under way.
    /// </summary>
    public static async Task<string?> ProblemAsync(Store store, CancellationToken cancellationToken = default) =>
        await store.State.ReadAsync(PendingKey, cancellationToken).ConfigureAwait(false) is null ? null
            : $"{store.Location}: a copy into this store has not ended; run tagging store copy once more, or, where its source is lost, "
                + $"tagging store verify --repair --store {store.Location}.";

    /// <summary>Ends a copy whose artifacts are all there and whose states wait to be laid out.</summary>
    /// <returns>Whether there was one.</returns>
    public static async Task<bool> FinishAsync(Store store, CancellationToken cancellationToken = default)
    {
        if (await store.State.ReadAsync(PendingKey, cancellationToken).ConfigureAwait(false) is not { } pending)
        {
            return false;
        }
        await LayOutAsync(store, StoreSnapshot.Of(pending.Content), pending.ETag, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Copies.</summary>
    /// <exception cref="StoreCopyException">The target holds something else, or is being written to; or the source changes too fast.</exception>
    /// <exception cref="StoreDamagedException">The source is damaged, or, after the copy, the target.</exception>
    public async Task<StoreCopyReport> RunAsync(CancellationToken cancellationToken = default)
    {
        await RequireOwnCopyAsync(cancellationToken).ConfigureAwait(false);
        var snapshot = await SnapshotAsync(cancellationToken).ConfigureAwait(false);
        var references = await StoreReferences.OfAsync(snapshot.States, _from.Artifacts, cancellationToken).ConfigureAwait(false);
        if (references.Faults is [var fault, ..])
        {
            throw Damaged(fault.Problem);
        }
        var needed = await SizesAsync(references.Referrers.Keys, cancellationToken).ConfigureAwait(false);
        var lacking = await LackingAsync(needed, cancellationToken).ConfigureAwait(false);
        await CopyArtifactsAsync(lacking, lacking.Sum(address => needed[address]), cancellationToken).ConfigureAwait(false);
        var jobs = await CopyCheckpointsAsync(cancellationToken).ConfigureAwait(false);
        await VerifyAsync(needed, cancellationToken).ConfigureAwait(false);

        var before = await _to.State.ReadAsync(PendingKey, cancellationToken).ConfigureAwait(false);
        int written;
        try
        {
            var pending = await _to.State.WriteAsync(PendingKey, snapshot.ToBytes(), before?.ETag, cancellationToken).ConfigureAwait(false);
            written = await LayOutAsync(_to, snapshot, pending, cancellationToken).ConfigureAwait(false);
        }
        catch (StateConflictException conflict)
        {
            throw new StoreCopyException(
                $"{_to.Location}: another process writes to it ('{conflict.Key}'); stop its silos, or the other copy, and copy again.", conflict);
        }
        await RemoveCheckpointsAsync(jobs, cancellationToken).ConfigureAwait(false);
        return new StoreCopyReport
        {
            Taken = snapshot.Taken,
            States = snapshot.States.Count,
            StatesWritten = written,
            Artifacts = needed.Count,
            Bytes = needed.Values.Sum(),
            ArtifactsCopied = lacking.Count,
            BytesCopied = lacking.Sum(address => needed[address]),
            Checkpoints = jobs.Count,
            Verified = _options.Verify,
        };
    }

    /// <summary>Which store it is, whatever its location was written like.</summary>
    internal static string IdentityOf(Store store) => $"{store.State}";

    // A copy of a copy that has not ended shows what that one would have become.
    private async Task<StoreSnapshot> SnapshotAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await _from.State.ReadAsync(PendingKey, cancellationToken).ConfigureAwait(false) is { } pending)
            {
                return StoreSnapshot.Of(pending.Content) with { From = IdentityOf(_from) };
            }
            var snapshot = await StoreSnapshot.TakeAsync(_from, key => !IsOwn(key), _options.Patience, cancellationToken)
                .ConfigureAwait(false);
            return snapshot.States.Count > 0
                ? snapshot
                : throw new StoreCopyException($"{_from.Location}: there is nothing in this store; name the one that is to be copied.");
        }
        catch (StateDamagedException damaged)
        {
            throw Damaged(damaged.Message);
        }
    }

    /// <summary>Refuses a target that is no copy of the source, or that somebody has changed since.</summary>
    private async Task RequireOwnCopyAsync(CancellationToken cancellationToken)
    {
        if (_options.Replace)
        {
            return;
        }
        if (await _to.State.ReadAsync(PendingKey, cancellationToken).ConfigureAwait(false) is { } pending)
        {
            if (StoreSnapshot.Of(pending.Content).From is var other && other != IdentityOf(_from))
            {
                throw new StoreCopyException(
                    $"{_to.Location}: a copy of another store ({other}) into this one has not ended; end it, or --replace it.");
            }
            return;
        }
        var states = await ReadAllAsync(_to, cancellationToken).ConfigureAwait(false);
        if (states.Count == 0)
        {
            return;
        }
        var origin = await _to.State.ReadAsync(OriginKey, cancellationToken).ConfigureAwait(false) is { } stored
            ? JsonSerializer.Deserialize(stored.Content, CopyJson.Default.Origin)
            : null;
        var what = origin is null ? "it has states of its own"
            : origin.From != IdentityOf(_from) ? $"it is a copy of another store ({origin.From})"
            : origin.Digest != StoreSnapshot.DigestOf(states.Select(state => KeyValuePair.Create(state.Key, state.Value.Content)))
                ? "it has been used since it was copied"
                : null;
        if (what is not null)
        {
            throw new StoreCopyException(
                $"{_to.Location}: {what}, which the copy would overwrite; name an empty store, or --replace it.");
        }
    }

    private async Task<Dictionary<string, long>> SizesAsync(IEnumerable<string> addresses, CancellationToken cancellationToken)
    {
        var needed = addresses.ToHashSet(StringComparer.Ordinal);
        var sizes = new Dictionary<string, long>(StringComparer.Ordinal);
        await foreach (var artifact in _from.Artifacts.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (needed.Contains(artifact.Address))
            {
                sizes[artifact.Address] = artifact.Bytes;
            }
        }
        return needed.FirstOrDefault(address => !sizes.ContainsKey(address)) is { } missing
            ? throw Damaged($"The artifact {missing} is not in {_from.Artifacts}.")
            : sizes;
    }

    private async Task<List<string>> LackingAsync(Dictionary<string, long> needed, CancellationToken cancellationToken)
    {
        var lacking = needed.Keys.ToHashSet(StringComparer.Ordinal);
        await foreach (var artifact in _to.Artifacts.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            // One of another size is damaged; storing it again would not mend it.
            if (needed.TryGetValue(artifact.Address, out var bytes) && bytes != artifact.Bytes)
            {
                throw new StoreDamagedException(
                    $"{_to.Location}: the artifact {artifact.Address} has {artifact.Bytes} bytes instead of {bytes}; "
                    + $"run tagging store verify --repair --store {_to.Location}, then copy again.");
            }
            lacking.Remove(artifact.Address);
        }
        return [.. lacking.Order(StringComparer.Ordinal)];
    }

    private async Task CopyArtifactsAsync(List<string> lacking, long bytes, CancellationToken cancellationToken)
    {
        Tell(told => told with { OfArtifacts = lacking.Count, OfBytes = bytes });
        await Parallel.ForEachAsync(
            lacking, new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancellationToken },
            async (address, stop) =>
            {
                try
                {
                    var path = await _from.Artifacts.GetLocalPathAsync(address, stop).ConfigureAwait(false);
                    var found = await _to.Artifacts.PutFileAsync(path, ArtifactAddress.Extension(address), stop).ConfigureAwait(false);
                    if (found != address)
                    {
                        throw new ArtifactDamagedException(address, path, found);
                    }
                    Tell(told => told with { Artifacts = told.Artifacts + 1, Bytes = told.Bytes + new FileInfo(path).Length });
                }
                catch (Exception fault) when (fault is ArtifactDamagedException or ArtifactMissingException)
                {
                    throw Damaged(fault.Message);
                }
            }).ConfigureAwait(false);
    }

    /// <summary>A job's checkpoint follows from the job alone, so that any of them fits to states of any instant.</summary>
    private async Task<HashSet<string>> CopyCheckpointsAsync(CancellationToken cancellationToken)
    {
        var jobs = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var job in _from.Checkpoints.ListJobsAsync(cancellationToken).ConfigureAwait(false))
        {
            var there = await _to.Checkpoints.ListAsync(job, cancellationToken).ConfigureAwait(false);
            foreach (var number in await _from.Checkpoints.ListAsync(job, cancellationToken).ConfigureAwait(false))
            {
                try
                {
                    if (there.Contains(number))
                    {
                        jobs.Add(job);
                        break;
                    }
                    if (await _from.Checkpoints.ReadAsync(job, number, cancellationToken).ConfigureAwait(false) is { } content)
                    {
                        await _to.Checkpoints.WriteAsync(job, number, content, cancellationToken).ConfigureAwait(false);
                        jobs.Add(job);
                        break;
                    }
                }
                catch (CheckpointDamagedException)
                {
                    // The one before it may be whole.
                }
            }
        }
        return jobs;
    }

    private async Task RemoveCheckpointsAsync(HashSet<string> kept, CancellationToken cancellationToken)
    {
        await foreach (var job in _to.Checkpoints.ListJobsAsync(cancellationToken).ConfigureAwait(false))
        {
            if (!kept.Contains(job))
            {
                await _to.Checkpoints.RemoveAsync(job, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Every artifact must be there, as large as in the source, and when asked for with its bytes.</summary>
    private async Task VerifyAsync(Dictionary<string, long> needed, CancellationToken cancellationToken)
    {
        if (await LackingAsync(needed, cancellationToken).ConfigureAwait(false) is [var lost, ..])
        {
            throw new StoreDamagedException($"{_to.Location}: the artifact {lost} has gone while it was copied; copy again.");
        }
        if (!_options.Verify)
        {
            return;
        }
        await Parallel.ForEachAsync(
            needed.Keys, new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancellationToken },
            async (address, stop) =>
            {
                try
                {
                    await _to.Artifacts.VerifyAsync(address, stop).ConfigureAwait(false);
                }
                catch (Exception fault) when (fault is ArtifactDamagedException or ArtifactMissingException)
                {
                    throw new StoreDamagedException(
                        $"{_to.Location}: {fault.Message.TrimEnd('.')}; run tagging store verify --repair --store {_to.Location}, "
                        + "then copy again.");
                }
                Tell(told => told with { Hashed = told.Hashed + 1 });
            }).ConfigureAwait(false);
    }

    /// <summary>Gives a store the states of a snapshot that it holds as its pending one; gives how many had to be written.</summary>
    private static async Task<int> LayOutAsync(Store store, StoreSnapshot snapshot, string pending, CancellationToken cancellationToken)
    {
        var present = await ReadAllAsync(store, cancellationToken).ConfigureAwait(false);
        var options = new ParallelOptions { MaxDegreeOfParallelism = StatesAtATime, CancellationToken = cancellationToken };
        var other = snapshot.States
            .Where(state => present.GetValueOrDefault(state.Key) is not { } known || !known.Content.AsSpan().SequenceEqual(state.Value)).ToList();
        await Parallel.ForEachAsync(other, options, async (state, stop) =>
            await store.State.WriteAsync(state.Key, state.Value, present.GetValueOrDefault(state.Key)?.ETag, stop).ConfigureAwait(false))
            .ConfigureAwait(false);
        await Parallel.ForEachAsync(present.Where(state => !snapshot.States.ContainsKey(state.Key)), options, async (state, stop) =>
            await store.State.ClearAsync(state.Key, state.Value.ETag, stop).ConfigureAwait(false)).ConfigureAwait(false);
        var origin = new Origin(snapshot.From, snapshot.Digest(), snapshot.Taken);
        var known = await store.State.ReadAsync(OriginKey, cancellationToken).ConfigureAwait(false);
        await store.State.WriteAsync(
            OriginKey, JsonSerializer.SerializeToUtf8Bytes(origin, CopyJson.Default.Origin), known?.ETag, cancellationToken).ConfigureAwait(false);
        await store.State.ClearAsync(PendingKey, pending, cancellationToken).ConfigureAwait(false);
        return other.Count;
    }

    private static async Task<Dictionary<string, VersionedState>> ReadAllAsync(Store store, CancellationToken cancellationToken)
    {
        var states = new Dictionary<string, VersionedState>(StringComparer.Ordinal);
        var keys = new List<string>();
        await foreach (var key in store.State.ListAsync("", cancellationToken).ConfigureAwait(false))
        {
            keys.Add(key);
        }
        await Parallel.ForEachAsync(
            keys.Where(key => !IsOwn(key)),
            new ParallelOptions { MaxDegreeOfParallelism = StatesAtATime, CancellationToken = cancellationToken },
            async (key, stop) =>
            {
                if (await store.State.ReadAsync(key, stop).ConfigureAwait(false) is { } state)
                {
                    lock (states)
                    {
                        states[key] = state;
                    }
                }
            }).ConfigureAwait(false);
        return states;
    }

    private StoreDamagedException Damaged(string problem) => new(
        $"{problem.TrimEnd('.')}; a copy would lack it. Run tagging store verify --repair --store {_from.Location}, then copy again.");

    private void Tell(Func<StoreCopyProgress, StoreCopyProgress> change)
    {
        lock (_telling)
        {
            _progress?.Report(_told = change(_told));
        }
    }

    /// <summary>Where a copy came from, and what it then held.</summary>
    private sealed record Origin(string From, string Digest, DateTimeOffset Taken);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
    [JsonSerializable(typeof(Origin))]
    private sealed partial class CopyJson : JsonSerializerContext;
}
