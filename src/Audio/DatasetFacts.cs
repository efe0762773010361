using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansTagging.Labels;

namespace OrleansTagging.Audio;

/// <summary>
/// What is known of a packed dataset: the contents of its <c>dataset.json</c>. It holds neither the dataset's name nor any path, so that
/// the same clips give the same bytes wherever and under whichever name they are imported.
/// </summary>
public sealed record DatasetFacts
{
    /// <summary>The layout of the files that this version of the room writes and reads.</summary>
    public const int CurrentFormat = 1;

    /// <summary>The layout of the files.</summary>
    public required int Format { get; init; }

    /// <summary>
    /// The content hash: SHA-256 over rate, classes, the bytes of <c>clips.csv</c> and <see cref="AudioSha256"/>; lower-case hex.
    /// </summary>
    public required string Version { get; init; }

    /// <summary>SHA-256 over all samples as little-endian float32; lower-case hex.</summary>
    public required string AudioSha256 { get; init; }

    /// <summary>Samples a second, in Hz.</summary>
    public required int Rate { get; init; }

    /// <summary>The classes in their order.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>Figures of the curated clips.</summary>
    public required SubsetFacts Curated { get; init; }

    /// <summary>Figures of the noisy clips.</summary>
    public required SubsetFacts Noisy { get; init; }

    /// <summary>Figures of the test clips.</summary>
    public required SubsetFacts Test { get; init; }

    /// <summary>The clips that a CSV lists and that could not be used, by subset, then by file name.</summary>
    public required IReadOnlyList<LeftOutClip> LeftOut { get; init; }

    /// <summary>The figures of a subset.</summary>
    public SubsetFacts Of(ClipSubset subset) => subset switch
    {
        ClipSubset.Curated => Curated,
        ClipSubset.Noisy => Noisy,
        ClipSubset.Test => Test,
        _ => throw new ArgumentOutOfRangeException(nameof(subset)),
    };

    /// <summary>Reads a <c>dataset.json</c>.</summary>
    /// <exception cref="InputException">The file is missing, is no such document, or is of a layout that is not read here.</exception>
    public static DatasetFacts Read(string path)
    {
        DatasetFacts? facts;
        try
        {
            facts = JsonSerializer.Deserialize(File.ReadAllBytes(path), DatasetJson.Default.DatasetFacts);
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"{path}: there is no such file; the dataset's import did not end.", fault);
        }
        catch (Exception fault) when (fault is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path}: not the facts of a packed dataset ({fault.Message.ReplaceLineEndings(" ")}).", fault);
        }
        if (facts?.Format != CurrentFormat)
        {
            throw new InputException($"{path}: layout {facts?.Format} is not read here, only {CurrentFormat}; import the dataset again.");
        }
        return facts;
    }

    /// <summary>The document's bytes: UTF-8, lines end in a line feed; equal facts give equal bytes.</summary>
    public byte[] ToBytes() => [.. JsonSerializer.SerializeToUtf8Bytes(this, DatasetJson.Default.DatasetFacts), (byte)'\n'];
}

/// <summary>Figures of one subset.</summary>
public sealed record SubsetFacts
{
    /// <summary>The number of clips.</summary>
    public required int Clips { get; init; }

    /// <summary>The number of samples of all clips together.</summary>
    public required long Samples { get; init; }

    /// <summary>The length of all clips together, in hours, to six places.</summary>
    public required double Hours { get; init; }

    /// <summary>Labels a clip, on average, to six places; 0 where there is no clip.</summary>
    public required double LabelsPerClip { get; init; }

    /// <summary>How many clips were left out.</summary>
    public required int LeftOut { get; init; }
}

/// <summary>A clip that a CSV lists and that could not be used.</summary>
/// <param name="FileName">The clip's file name.</param>
/// <param name="Subset">The part that it would belong to.</param>
/// <param name="Kind">The category of what is wrong with it.</param>
/// <param name="Reason">What is wrong with it, as a phrase.</param>
public sealed record LeftOutClip(string FileName, ClipSubset Subset, ClipDefectKind Kind, string Reason);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n", UseStringEnumConverter = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(DatasetFacts))]
internal sealed partial class DatasetJson : JsonSerializerContext;
