namespace OrleansTagging.Storage;

/// <summary>A write lost the race: the key no longer has the version that was to be replaced. Read afresh and decide again.</summary>
public sealed class StateConflictException : IOException
{
    /// <summary>Makes the error for a key, the ETag that was expected (null: no state) and the one found (null: no state).</summary>
    public StateConflictException(string key, string? expected, string? found, Exception? inner = null)
        : base($"The state {key} has changed: expected {expected ?? "none"}, found {found ?? "none"}.", inner)
    {
        Key = key;
        Expected = expected;
        Found = found;
    }

    /// <summary>The key.</summary>
    public string Key { get; }

    /// <summary>The ETag that was to be replaced; null: no state.</summary>
    public string? Expected { get; }

    /// <summary>The ETag found; null: no state.</summary>
    public string? Found { get; }
}
