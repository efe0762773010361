namespace Orleans.Runtime;

/// <summary>Values that travel with every call made from here on, and on with the calls made by its callees, as in Orleans.</summary>
public static class RequestContext
{
    private static readonly AsyncLocal<Dictionary<string, object>?> _values = new();

    /// <summary>The names.</summary>
    public static IEnumerable<string> Keys => _values.Value?.Keys ?? Enumerable.Empty<string>();

    /// <summary>Names and values.</summary>
    public static IEnumerable<KeyValuePair<string, object>> Entries => _values.Value ?? Enumerable.Empty<KeyValuePair<string, object>>();

    internal static Dictionary<string, object>? Values
    {
        get => _values.Value;
        set => _values.Value = value;
    }

    /// <summary>The value of this name; null where there is none.</summary>
    public static object? Get(string key) => _values.Value?.GetValueOrDefault(key);

    /// <summary>Sets a value, for this flow of control and the calls it makes.</summary>
    public static void Set(string key, object value)
    {
        ArgumentNullException.ThrowIfNull(key);
        // A new dictionary each time: the old one may be shared with flows that branched off earlier.
        var values = _values.Value is { } old ? new Dictionary<string, object>(old) : [];
        values[key] = value;
        _values.Value = values;
    }

    /// <summary>Removes a value; tells whether it was there.</summary>
    public static bool Remove(string key)
    {
        if (_values.Value is not { } old || !old.ContainsKey(key))
        {
            return false;
        }

        var values = new Dictionary<string, object>(old);
        values.Remove(key);
        _values.Value = values.Count == 0 ? null : values;
        return true;
    }

    /// <summary>Removes all values.</summary>
    public static void Clear() => _values.Value = null;
}
