namespace OrleansTagging.Storage;

/// <summary>Artifacts of a store that nothing refers to.</summary>
public sealed record Garbage
{
    /// <summary>What can be deleted, largest first, then by address.</summary>
    public required IReadOnlyList<StoredArtifact> Artifacts { get; init; }

    /// <summary>Bytes that can be deleted.</summary>
    public long Bytes => Artifacts.Sum(artifact => artifact.Bytes);

    /// <summary>Artifacts that are referred to.</summary>
    public required int Kept { get; init; }

    /// <summary>Bytes that are referred to.</summary>
    public required long KeptBytes { get; init; }

    /// <summary>Artifacts that nothing refers to and that are too young to be judged.</summary>
    public required int Young { get; init; }
}

/// <summary>
/// Finds and deletes artifacts that nothing refers to. Work in progress stores an artifact first and refers to it afterwards; hence the
/// age below which nothing is deleted, and whatever is stored again after it was found is spared.
/// </summary>
public static class GarbageCollection
{
    /// <summary>Finds what nothing refers to; changes nothing.</summary>
    /// <param name="store">The store.</param>
    /// <param name="leastAge">What was stored, or stored again, since that long ago is left alone.</param>
    /// <param name="now">The present.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="StoreDamagedException">
    /// A state or a document is damaged or missing, so that what it refers to would be taken for garbage; or a copy into the store has not
    /// ended.
    /// </exception>
    public static async Task<Garbage> FindAsync(
        Store store, TimeSpan leastAge, DateTimeOffset now, CancellationToken cancellationToken = default)
    {
        if (await StoreCopy.ProblemAsync(store, cancellationToken) is { } unfinished)
        {
            throw new StoreDamagedException(unfinished);
        }
        // First the artifacts, then the references: what is stored and referred to in between is in neither.
        var artifacts = new List<StoredArtifact>();
        await foreach (var artifact in store.Artifacts.ListAsync(cancellationToken))
        {
            artifacts.Add(artifact);
        }
        var references = await StoreReferences.ReadAsync(store, cancellationToken);
        if (references.Faults is [var fault, ..])
        {
            throw new StoreDamagedException(
                $"{fault.Problem.TrimEnd('.')}; what it refers to would be taken for garbage. Run tagging store verify.");
        }
        var kept = artifacts.Where(artifact => references.Referrers.ContainsKey(artifact.Address)).ToList();
        var loose = artifacts.Except(kept).ToList();
        var old = loose.Where(artifact => artifact.StoredAt <= now - leastAge).ToList();
        return new Garbage
        {
            Artifacts = [.. old.OrderByDescending(artifact => artifact.Bytes).ThenBy(artifact => artifact.Address, StringComparer.Ordinal)],
            Kept = kept.Count,
            KeptBytes = kept.Sum(artifact => artifact.Bytes),
            Young = loose.Count - old.Count,
        };
    }

    /// <summary>Deletes what was found.</summary>
    /// <returns>What was deleted: all but what was stored again since, or is gone already.</returns>
    public static async Task<IReadOnlyList<StoredArtifact>> DeleteAsync(
        Store store, Garbage garbage, CancellationToken cancellationToken = default)
    {
        var deleted = new List<StoredArtifact>();
        foreach (var artifact in garbage.Artifacts)
        {
            if (await store.Artifacts.DeleteAsync(artifact, cancellationToken))
            {
                deleted.Add(artifact);
            }
        }
        return deleted;
    }
}
