using System.Collections.Concurrent;
using OrleansTagging.Abstractions;
using OrleansTagging.Audio;
using OrleansTagging.Grains.Reading;
using OrleansTagging.Storage;

namespace OrleansTagging.Silo.Sound;

/// <summary>The samples of experiments' clips, from the packed datasets that they began with; each is mapped once.</summary>
internal sealed class ClipSounds(Store store) : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<Task<PackedDataset>>> _datasets = new(StringComparer.Ordinal);

    /// <summary>Makes something of samples at a rate in Hz.</summary>
    internal delegate T Reader<T>(ReadOnlySpan<float> samples, int rate);

    /// <summary>Reads a clip; <c>null</c> where there is no such experiment or clip.</summary>
    /// <exception cref="ArtifactMissingException">The store no longer has the dataset.</exception>
    public async Task<T?> ReadAsync<T>(string experiment, string fname, Reader<T> read, CancellationToken cancellationToken) where T : class
    {
        if (await StoredExperiment.ReadAsync(store, experiment, cancellationToken) is not { Dataset: var record })
        {
            return null;
        }
        var dataset = await _datasets.GetOrAdd(record.Version, _ => new Lazy<Task<PackedDataset>>(() => OpenAsync(record))).Value;
        return dataset.TryGetClip(fname, out var clip) ? read(dataset.Samples(clip.Index), dataset.Rate) : null;
    }

    /// <summary>Unmaps the datasets.</summary>
    public void Dispose()
    {
        foreach (var opened in _datasets.Values.Select(dataset => dataset.Value).Where(opened => opened.IsCompletedSuccessfully))
        {
            opened.Result.Dispose();
        }
    }

    private async Task<PackedDataset> OpenAsync(DatasetRecord record)
    {
        try
        {
            return PackedDataset.Open(
                await store.Artifacts.GetLocalPathAsync(record.Audio),
                await store.Artifacts.GetLocalPathAsync(record.Clips),
                await store.Artifacts.GetLocalPathAsync(record.Facts));
        }
        catch
        {
            // The next one who asks tries again.
            _datasets.TryRemove(record.Version, out _);
            throw;
        }
    }
}
