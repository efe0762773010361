using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace OrleansTagging.EmbeddedHost;

/// <summary>
/// A storage that fails now and then: before it has written, after it has written, or because somebody else has written meanwhile.
/// </summary>
public sealed class FaultyGrainStorage(IGrainStorage storage, FaultInjector faults) : IGrainStorage
{
    /// <inheritdoc/>
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        faults.Strikes("read fails", faults.Rates.ReadFails, grainId)
            ? throw new IOException($"The state of {grainId} cannot be read (injected).")
            : storage.ReadStateAsync(stateName, grainId, grainState);

    /// <inheritdoc/>
    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => Write(
        stateName, grainId, grainState, () => storage.WriteStateAsync(stateName, grainId, grainState));

    /// <inheritdoc/>
    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => Write(
        stateName, grainId, grainState, () => storage.ClearStateAsync(stateName, grainId, grainState));

    private async Task Write<T>(string stateName, GrainId grainId, IGrainState<T> grainState, Func<Task> write)
    {
        if (faults.Strikes("write fails", faults.Rates.WriteFails, grainId))
        {
            throw new IOException($"The state of {grainId} cannot be written (injected).");
        }

        if (faults.Strikes("write conflicts", faults.Rates.WriteConflicts, grainId))
        {
            // The same state in a newer version: what another activation would have left that did the same.
            var other = new GrainState<T>(Activator.CreateInstance<T>());
            await storage.ReadStateAsync(stateName, grainId, other);
            if (other.RecordExists)
            {
                await storage.WriteStateAsync(stateName, grainId, other);
            }
        }

        var (etag, exists) = (grainState.ETag, grainState.RecordExists);
        await write();
        if (faults.Strikes("write succeeds unseen", faults.Rates.WriteSucceedsUnseen, grainId))
        {
            (grainState.ETag, grainState.RecordExists) = (etag, exists);
            throw new IOException($"Whether the state of {grainId} was written is not known (injected).");
        }
    }
}
