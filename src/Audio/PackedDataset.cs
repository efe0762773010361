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
    private readonly Dictionary<string, PackedClip> _byName;

    private PackedDataset(MappedNpy<float> audio, DatasetFacts facts, ClassMap classes, List<PackedClip> clips)
    {
        (_audio, Facts, Classes, Clips) = (audio, facts, classes, clips);
        _byName = clips.ToDictionary(clip => clip.FileName, StringComparer.Ordinal);
    }

    /// <summary>The clips: curated, noisy, test, each by file name (ordinal).</summary>
    public IReadOnlyList<PackedClip> Clips { get; }

    /// <summary>The classes that labels are positions of.</summary>
    public ClassMap Classes { get; }

    /// <summary>Counts, hours and what was left out.</summary>
    public DatasetFacts Facts { get; }

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
        var facts = DatasetFacts.Read(datasetJsonPath);
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(clipsCsvPath);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{clipsCsvPath}: cannot be read ({fault.Message.ReplaceLineEndings(" ")}).", fault);
        }
        if (ClipIndex.Version(facts.Rate, facts.Classes, bytes, facts.AudioSha256) != facts.Version)
        {
            throw new InputException($"{clipsCsvPath}: not the clips of {datasetJsonPath}; one of the two was changed. Import again.");
        }
        var classes = new ClassMap(facts.Classes);
        var clips = ClipIndex.Read(clipsCsvPath, bytes, classes);
        var audio = MappedNpy<float>.Open(audioNpyPath);
        try
        {
            var end = 0L;
            foreach (var clip in clips)
            {
                if (clip.Offset != end)
                {
                    throw new InputException($"{clipsCsvPath}: the clip '{clip.FileName}' begins at {clip.Offset}, but {end} is expected.");
                }
                end += clip.Samples;
            }
            if (audio.Shape.Count != 1 || audio.Rows != end)
            {
                throw new InputException(
                    $"{audioNpyPath}: the array is ({string.Join(", ", audio.Shape)}), but the clips of {clipsCsvPath} need ({end},).");
            }
            return new PackedDataset(audio, facts, classes, clips);
        }
        catch
        {
            audio.Dispose();
            throw;
        }
    }

    /// <summary>A clip's samples, mono at <see cref="Rate"/> Hz, straight from the mapped file.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such clip.</exception>
    public ReadOnlySpan<float> Samples(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Clips.Count, nameof(index));
        var clip = Clips[index];
        return _audio.Slice(clip.Offset, clip.Samples);
    }

    /// <summary>The clip of this file name, if there is one.</summary>
    public bool TryGetClip(string fileName, [NotNullWhen(true)] out PackedClip? clip) => _byName.TryGetValue(fileName, out clip);

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
