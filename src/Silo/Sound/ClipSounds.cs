using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using OrleansTagging.Abstractions;
using OrleansTagging.Audio;
using OrleansTagging.Grains.Reading;
using OrleansTagging.Labels;
using OrleansTagging.Storage;

namespace OrleansTagging.Silo.Sound;

/// <summary>
/// The samples of experiments' clips, from the packed datasets that they began with. Of a service only the clip is fetched: a silo that
/// trains nothing need not have room for a dataset.
/// </summary>
internal sealed class ClipSounds(Store store)
{
    private readonly ConcurrentDictionary<string, Lazy<Task<Dataset>>> _datasets = new(StringComparer.Ordinal);

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
        var dataset = await _datasets.GetOrAdd(record.Version, _ => new Lazy<Task<Dataset>>(() => OpenAsync(record))).Value;
        if (!dataset.Index.TryGetClip(fname, out var clip))
        {
            return null;
        }
        var samples = await store.Artifacts.ReadPartAsync(
            record.Audio, dataset.FirstSample + sizeof(float) * clip.Offset, sizeof(float) * clip.Samples, cancellationToken);
        return read(MemoryMarshal.Cast<byte, float>(samples), dataset.Index.Facts.Rate);
    }

    private async Task<Dataset> OpenAsync(DatasetRecord record)
    {
        try
        {
            var index = PackedIndex.Open(
                await store.Artifacts.GetLocalPathAsync(record.Clips), await store.Artifacts.GetLocalPathAsync(record.Facts));
            var start = await store.Artifacts.ReadPartAsync(record.Audio, 0, NpyHeader.LengthOf<float>(dimensions: 1));
            return new Dataset(index, NpyHeader.Read(new MemoryStream(start), record.Audio).Length);
        }
        catch
        {
            // The next one who asks tries again.
            _datasets.TryRemove(record.Version, out _);
            throw;
        }
    }

    /// <param name="Index">The clips.</param>
    /// <param name="FirstSample">Bytes before the first sample.</param>
    private sealed record Dataset(PackedIndex Index, int FirstSample);
}
