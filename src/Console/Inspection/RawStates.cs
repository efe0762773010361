using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansTagging.Labels;
using OrleansTagging.Storage;

namespace OrleansTagging.Commands.Inspection;

/// <summary>A grain's state as it is stored.</summary>
internal sealed record RawState
{
    /// <summary>Its key in the store.</summary>
    public required string Key { get; init; }

    /// <summary>Its version.</summary>
    public required string ETag { get; init; }

    /// <summary>The state.</summary>
    public required JsonNode? State { get; init; }
}

/// <summary>Reads the states of a store for somebody to look at.</summary>
internal static partial class RawStates
{
    /// <summary>The state of a key, or all states below it.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public static async Task<object> OfAsync(IStateStore states, string key, CancellationToken cancellationToken)
    {
        if (!key.EndsWith('/'))
        {
            return await ReadAsync(states, key, cancellationToken) ?? throw new InputException($"The store keeps no state under {key}.");
        }
        var keys = new List<string>();
        await foreach (var below in states.ListAsync(key, cancellationToken))
        {
            keys.Add(below);
        }
        var found = new List<RawState>();
        foreach (var below in keys.Order(StringComparer.Ordinal))
        {
            if (await ReadAsync(states, below, cancellationToken) is { } state)
            {
                found.Add(state);
            }
        }
        return found;
    }

    private static async Task<RawState?> ReadAsync(IStateStore states, string key, CancellationToken cancellationToken) =>
        await states.ReadAsync(key, cancellationToken) is not { } stored ? null : new RawState
        {
            Key = key,
            ETag = stored.ETag,
            State = JsonNode.Parse(Secret().Replace(JsonSerializer.Serialize(JsonNode.Parse(stored.Content)), "$1=(hidden)")),
        };

    // No state holds any; should an address or a message bring one along, it ends here.
    [GeneratedRegex("""\b(sig|AccountKey|SharedAccessSignature|password|pwd)=[^;&"'\s\\]+""", RegexOptions.IgnoreCase)]
    private static partial Regex Secret();
}
