namespace OrleansTagging.Storage;

/// <summary>
/// What a store's states refer to by address: directly, and through documents (<c>.json</c>, <c>.csv</c>, <c>.txt</c>) that refer on.
/// </summary>
public sealed class StoreReferences
{
    private static readonly string[] Documents = ["json", "csv", "txt"];

    private readonly Dictionary<string, string> _referrers = new(StringComparer.Ordinal);
    private readonly List<StoreFault> _faults = [];
    private readonly Dictionary<string, List<string>> _states = new(StringComparer.Ordinal);

    private StoreReferences()
    {
    }

    /// <summary>Every artifact referred to, and one of those that refer to it: a state's key, or a document's address.</summary>
    public IReadOnlyDictionary<string, string> Referrers => _referrers;

    /// <summary>
    /// States and documents that cannot be read as they were written; what they referred to is not known, and what they refer to is not
    /// among <see cref="Referrers"/>.
    /// </summary>
    public IReadOnlyList<StoreFault> Faults => _faults;

    /// <summary>How many states there are.</summary>
    public int States { get; private set; }

    /// <summary>The keys of the states that name an artifact themselves.</summary>
    public IReadOnlyList<string> StatesNaming(string address) => _states.GetValueOrDefault(address) ?? [];

    /// <summary>Reads all states and all documents that they lead to.</summary>
    public static async Task<StoreReferences> ReadAsync(Store store, CancellationToken cancellationToken = default)
    {
        var references = new StoreReferences();
        var next = new Queue<string>();
        await foreach (var key in store.State.ListAsync("", cancellationToken))
        {
            if (StoreCopy.IsOwn(key))
            {
                continue;
            }
            references.States++;
            try
            {
                if (await store.State.ReadAsync(key, cancellationToken) is { } state)
                {
                    foreach (var address in AddressScan.Of(state.Content).Distinct())
                    {
                        references.Name(address, key);
                        references.Add(address, key, next);
                    }
                }
            }
            catch (StateDamagedException fault)
            {
                references._faults.Add(new StoreFault(key, null, fault.Message));
            }
        }
        await references.FollowAllAsync(store.Artifacts, next, cancellationToken);
        return references;
    }

    /// <summary>What some states lead to.</summary>
    /// <param name="states">The states' bytes by their keys.</param>
    /// <param name="artifacts">Where the documents are that they refer to.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<StoreReferences> OfAsync(
        IReadOnlyDictionary<string, byte[]> states, IArtifactStore artifacts, CancellationToken cancellationToken = default)
    {
        var references = new StoreReferences { States = states.Count };
        var next = new Queue<string>();
        foreach (var (key, content) in states)
        {
            foreach (var address in AddressScan.Of(content).Distinct())
            {
                references.Name(address, key);
                references.Add(address, key, next);
            }
        }
        await references.FollowAllAsync(artifacts, next, cancellationToken);
        return references;
    }

    private async Task FollowAllAsync(IArtifactStore artifacts, Queue<string> next, CancellationToken cancellationToken)
    {
        while (next.TryDequeue(out var document))
        {
            await FollowAsync(artifacts, document, next, cancellationToken);
        }
    }

    private void Name(string address, string key)
    {
        if (!_states.TryGetValue(address, out var keys))
        {
            _states[address] = keys = [];
        }
        keys.Add(key);
    }

    private void Add(string address, string referrer, Queue<string> next)
    {
        if (_referrers.TryAdd(address, referrer) && Documents.Contains(ArtifactAddress.Extension(address)))
        {
            next.Enqueue(address);
        }
    }

    private async Task FollowAsync(IArtifactStore artifacts, string document, Queue<string> next, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var address in AddressScan.Of(await artifacts.ReadAsync(document, cancellationToken)))
            {
                Add(address, document, next);
            }
        }
        catch (Exception fault) when (fault is ArtifactDamagedException or ArtifactMissingException)
        {
            _faults.Add(new StoreFault(document, _referrers[document], fault.Message));
        }
    }
}

/// <summary>A part of a store that is not what it was.</summary>
/// <param name="Name">An artifact's address, a state's key, or a file.</param>
/// <param name="Referrer">What refers to it; <c>null</c> where nothing does or that makes no difference.</param>
/// <param name="Problem">What is wrong with it, in one line.</param>
public sealed record StoreFault(string Name, string? Referrer, string Problem);
