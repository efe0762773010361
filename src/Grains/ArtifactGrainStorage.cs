using System.Text.Json;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>
/// Grain state on the store's versioned states: JSON under <c>grain/&lt;type&gt;/&lt;key&gt;/&lt;state&gt;</c>, with the store's ETags.
/// </summary>
public sealed class ArtifactGrainStorage(IStateStore states) : IGrainStorage
{
    /// <summary>Name of the storage that every grain of this room uses.</summary>
    public const string Name = "store";

    /// <inheritdoc/>
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var stored = await states.ReadAsync(KeyOf(stateName, grainId));
        grainState.RecordExists = stored is not null;
        grainState.ETag = stored?.ETag;
        grainState.State = stored is null
            ? Activator.CreateInstance<T>()
            : JsonSerializer.Deserialize<T>(stored.Content) ?? Activator.CreateInstance<T>();
    }

    /// <inheritdoc/>
    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var key = KeyOf(stateName, grainId);
        try
        {
            grainState.ETag = await states.WriteAsync(key, JsonSerializer.SerializeToUtf8Bytes(grainState.State), grainState.ETag);
            grainState.RecordExists = true;
        }
        catch (StateConflictException conflict)
        {
            // The activation's view is stale; Orleans ends it, and the next one reads afresh.
            throw new InconsistentStateException(conflict.Message, conflict.Found, conflict.Expected);
        }
    }

    /// <inheritdoc/>
    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        try
        {
            await states.ClearAsync(KeyOf(stateName, grainId), grainState.ETag);
        }
        catch (StateConflictException conflict)
        {
            throw new InconsistentStateException(conflict.Message, conflict.Found, conflict.Expected);
        }
        grainState.ETag = null;
        grainState.RecordExists = false;
        grainState.State = Activator.CreateInstance<T>();
    }

    private static string KeyOf(string stateName, GrainId grainId) => $"grain/{grainId.Type}/{grainId.Key}/{stateName}";
}
