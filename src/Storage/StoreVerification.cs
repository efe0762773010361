namespace OrleansTagging.Storage;

/// <summary>What a look at every byte of a store found.</summary>
public sealed record StoreVerification
{
    /// <summary>Artifacts that were hashed.</summary>
    public required int Artifacts { get; init; }

    /// <summary>Their bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>States that were read.</summary>
    public required int States { get; init; }

    /// <summary>Artifacts whose bytes are not those of their address.</summary>
    public required IReadOnlyList<StoreFault> Damaged { get; init; }

    /// <summary>Artifacts that something refers to and that the store lacks.</summary>
    public required IReadOnlyList<StoreFault> Missing { get; init; }

    /// <summary>States that are not what was written.</summary>
    public required IReadOnlyList<StoreFault> DamagedStates { get; init; }

    /// <summary>Half-written files that killed processes left under temporary names; they are no part of the store.</summary>
    public required IReadOnlyList<string> Leftovers { get; init; }

    /// <summary>That a copy into the store has not ended (<see cref="StoreCopy"/>), in one line; <c>null</c> where none is under way.</summary>
    public required string? UnfinishedCopy { get; init; }

    /// <summary>Whether every part is what it was.</summary>
    public bool IsSound => UnfinishedCopy is null && Damaged.Count + Missing.Count + DamagedStates.Count == 0;

    /// <summary>Hashes every artifact, reads every state, and looks for what is referred to and not there; changes nothing.</summary>
    /// <param name="store">The store.</param>
    /// <param name="progress">Told the artifacts hashed so far.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<StoreVerification> OfAsync(
        Store store, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        var references = await StoreReferences.ReadAsync(store, cancellationToken);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var damaged = new List<StoreFault>();
        var bytes = 0L;
        await foreach (var artifact in store.Artifacts.ListAsync(cancellationToken))
        {
            seen.Add(artifact.Address);
            bytes += artifact.Bytes;
            if (await ProblemAsync(store.Artifacts, artifact.Address, cancellationToken) is { } problem)
            {
                damaged.Add(new StoreFault(artifact.Address, references.Referrers.GetValueOrDefault(artifact.Address), problem));
            }
            progress?.Report(seen.Count);
        }
        return new StoreVerification
        {
            Artifacts = seen.Count,
            Bytes = bytes,
            States = references.States,
            Damaged = Ordered(damaged),
            Missing = Ordered(references.Referrers.Where(pair => !seen.Contains(pair.Key))
                .Select(pair => new StoreFault(pair.Key, pair.Value, $"The artifact {pair.Key} is not in {store.Artifacts}."))),
            DamagedStates = Ordered(references.Faults.Where(fault => !ArtifactAddress.IsValid(fault.Name))),
            Leftovers = store.Artifacts.Leftovers(),
            UnfinishedCopy = await StoreCopy.ProblemAsync(store, cancellationToken),
        };
    }

    /// <summary>
    /// Ends a copy that has not ended. Deletes the damaged artifacts, so that whoever stores them again writes them anew, and clears the states of jobs and of what is made
    /// of them (<paramref name="types"/>) where they name a lost artifact: they are worked out again, to the same bytes, when an experiment
    /// asks for them. No process may use the store meanwhile.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="types">Types of grains, as in a state's key <c>grain/&lt;type&gt;/…</c>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The keys of the states that were cleared.</returns>
    public async Task<IReadOnlyList<string>> RepairAsync(
        Store store, IReadOnlyCollection<string> types, CancellationToken cancellationToken = default)
    {
        await StoreCopy.FinishAsync(store, cancellationToken);
        var references = await StoreReferences.ReadAsync(store, cancellationToken);
        var lost = Damaged.Concat(Missing).Select(fault => fault.Name).ToHashSet(StringComparer.Ordinal);
        await foreach (var artifact in store.Artifacts.ListAsync(cancellationToken))
        {
            if (lost.Contains(artifact.Address) && await ProblemAsync(store.Artifacts, artifact.Address, cancellationToken) is not null)
            {
                await store.Artifacts.DeleteAsync(artifact, cancellationToken);
            }
        }
        var cleared = new List<string>();
        foreach (var key in lost.SelectMany(references.StatesNaming).Distinct().Order(StringComparer.Ordinal))
        {
            if (key.Split('/') is ["grain", var type, ..] && types.Contains(type)
                && await store.State.ReadAsync(key, cancellationToken) is { } state)
            {
                await store.State.ClearAsync(key, state.ETag, cancellationToken);
                cleared.Add(key);
            }
        }
        return cleared;
    }

    private static async Task<string?> ProblemAsync(IArtifactStore artifacts, string address, CancellationToken cancellationToken)
    {
        try
        {
            await artifacts.VerifyAsync(address, cancellationToken);
            return null;
        }
        catch (ArtifactDamagedException fault)
        {
            return fault.Message;
        }
        catch (ArtifactMissingException)
        {
            return null; // Deleted since it was listed; it is among the missing ones if anything refers to it.
        }
    }

    private static List<StoreFault> Ordered(IEnumerable<StoreFault> faults) =>
        [.. faults.OrderBy(fault => fault.Name, StringComparer.Ordinal)];
}
