namespace OrleansTagging.Storage;

/// <summary>
/// What keeps a store from working just now, as far as this process has met it: a full disk, a service that does not answer.
/// </summary>
public sealed class StoreHealth
{
    private volatile string? _problem;

    /// <summary>The problem in one line; <c>null</c> where the last call found none.</summary>
    public string? Problem => _problem;

    internal void Fails(string problem) => _problem = problem;

    internal void Works() => _problem = null;
}
