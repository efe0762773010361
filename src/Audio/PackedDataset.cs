using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using OrleansTagging.Labels;

namespace OrleansTagging.Audio;

/// <summary>
/// A dataset whose clips were all decoded once: one memory-mapped array of samples (<c>audio.npy</c>, float32), an index
/// (<c>clips.csv</c>) and its facts (<c>dataset.json</c>). Clips are read without copying; the pages are the operating system's cache.
/// </summary>
/// <remarks>Safe for any number of threads. Spans are valid until the dataset is disposed.</remarks>
public sealed class PackedDataset : IDisposable
{
    private readonly MappedNpy<float> _audio;
    private readonly PackedIndex _index;

    private PackedDataset(MappedNpy<float> audio, PackedIndex index) => (_audio, _index) = (audio, index);

    /// <inheritdoc cref="PackedIndex.Clips"/>
    public IReadOnlyList<PackedClip> Clips => _index.Clips;

    /// <inheritdoc cref="PackedIndex.Classes"/>
    public ClassMap Classes => _index.Classes;

    /// <inheritdoc cref="PackedIndex.Facts"/>
    public DatasetFacts Facts => _index.Facts;

    /// <summary>Samples a second, in Hz.</summary>
    public int Rate => Facts.Rate;

    /// <summary>The content hash: SHA-256 over rate, classes, clips and samples; lower-case hex.</summary>
    public string Version => Facts.Version;

    /// <summary>Opens the dataset in a folder.</summary>
    /// <exception cref="InputException">A file is missing, cut short, or does not belong to the others.</exception>
    public static PackedDataset Open(string folder) => Open(
        Path.Combine(folder, DatasetPacker.AudioFileName),
        Path.Combine(folder, DatasetPacker.ClipsFileName),
        Path.Combine(folder, DatasetPacker.FactsFileName));

    /// <summary>
    /// Opens the dataset of these files. Index and facts are checked against the version, samples by <see cref="CheckAudio"/>
    /// alone.
    /// </summary>
    /// <exception cref="InputException">A file is missing, cut short, or does not belong to the others.</exception>
    public static PackedDataset Open(string audioNpyPath, string clipsCsvPath, string datasetJsonPath)
    {
        var index = PackedIndex.Open(clipsCsvPath, datasetJsonPath);
        var audio = MappedNpy<float>.Open(audioNpyPath);
        if (audio.Shape.Count != 1 || audio.Rows != index.Samples)
        {
            using (audio)
            {
                throw new InputException(
                    $"{audioNpyPath}: the array is ({string.Join(", ", audio.Shape)}), but the clips of {clipsCsvPath} need ({index.Samples},).");
            }
        }
        return new PackedDataset(audio, index);
    }

    /// <summary>A clip's samples, mono at <see cref="Rate"/> Hz, straight from the mapped file.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such clip.</exception>
    public ReadOnlySpan<float> Samples(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Clips.Count, nameof(index));
        var clip = Clips[index];
        return _audio.Slice(clip.Offset, clip.Samples);
    }

    /// <inheritdoc cref="PackedIndex.TryGetClip"/>
    public bool TryGetClip(string fileName, [NotNullWhen(true)] out PackedClip? clip) => _index.TryGetClip(fileName, out clip);

    /// <summary>The clip of this file name.</summary>
    /// <exception cref="InputException">There is no such clip.</exception>
    public PackedClip Clip(string fileName) => TryGetClip(fileName, out var clip)
        ? clip
        : throw new InputException($"The dataset has no clip '{fileName}'.");

    /// <summary>Reads all samples once and compares them with their hash.</summary>
    /// <exception cref="InputException">The samples are not the ones that were packed.</exception>
    public void CheckAudio(CancellationToken cancellation = default)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var clip in Clips)
        {
            cancellation.ThrowIfCancellationRequested();
            hash.AppendData(MemoryMarshal.AsBytes(Samples(clip.Index)));
        }
        if (Convert.ToHexStringLower(hash.GetHashAndReset()) != Facts.AudioSha256)
        {
            throw new InputException($"{_audio.Path}: the samples are not those that were packed; import the dataset again.");
        }
    }

    /// <summary>Unmaps the samples.</summary>
    public void Dispose() => _audio.Dispose();
}
