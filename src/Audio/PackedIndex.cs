using System.Diagnostics.CodeAnalysis;
using OrleansTagging.Labels;

namespace OrleansTagging.Audio;

/// <summary>What a packed dataset has, without its samples: the clips (<c>clips.csv</c>) and the facts (<c>dataset.json</c>).</summary>
/// <remarks>Safe for any number of threads.</remarks>
public sealed class PackedIndex
{
    private readonly Dictionary<string, PackedClip> _byName;

    private PackedIndex(DatasetFacts facts, ClassMap classes, List<PackedClip> clips, long samples)
    {
        (Facts, Classes, Clips, Samples) = (facts, classes, clips, samples);
        _byName = clips.ToDictionary(clip => clip.FileName, StringComparer.Ordinal);
    }

    /// <summary>The clips: curated, noisy, test, each by file name (ordinal).</summary>
    public IReadOnlyList<PackedClip> Clips { get; }

    /// <summary>The classes that labels are positions of.</summary>
    public ClassMap Classes { get; }

    /// <summary>Counts, hours and what was left out.</summary>
    public DatasetFacts Facts { get; }

    /// <summary>Samples of all clips together.</summary>
    public long Samples { get; }

    /// <summary>Reads the index and checks it against the version that the facts name.</summary>
    /// <exception cref="InputException">A file is missing, or the two do not belong together.</exception>
    public static PackedIndex Open(string clipsCsvPath, string datasetJsonPath)
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
        var end = 0L;
        foreach (var clip in clips)
        {
            if (clip.Offset != end)
            {
                throw new InputException($"{clipsCsvPath}: the clip '{clip.FileName}' begins at {clip.Offset}, but {end} is expected.");
            }
            end += clip.Samples;
        }
        return new PackedIndex(facts, classes, clips, end);
    }

    /// <summary>The clip of this file name, if there is one.</summary>
    public bool TryGetClip(string fileName, [NotNullWhen(true)] out PackedClip? clip) => _byName.TryGetValue(fileName, out clip);
}
