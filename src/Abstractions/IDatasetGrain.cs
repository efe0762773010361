using Orleans;
using Orleans.Concurrency;

namespace OrleansTagging.Abstractions;

/// <summary>A packed dataset under its name (the grain's key): its version, its clips by address, and its fold assignments.</summary>
[Alias("OrleansTagging.IDatasetGrain")]
public interface IDatasetGrain : IGrainWithStringKey
{
    /// <summary>
    /// Takes the dataset's record, in place of the one of an earlier import; the same record again changes nothing. Experiments that began
    /// on an earlier version go on with that one.
    /// </summary>
    /// <returns>What keeps the record from being taken, in one line; <c>null</c> when it was taken.</returns>
    [Alias("Register")]
    Task<string?> Register(DatasetRecord record);

    /// <summary>The record; <c>null</c> where no dataset was registered under this name.</summary>
    [AlwaysInterleave, Alias("Describe")]
    Task<DatasetRecord?> Describe();

    /// <summary>
    /// The folds of the curated clips, and alike of the noisy ones: stratified by label and seeded, computed once for each (folds, seed,
    /// hold-out) and kept as an artifact.
    /// </summary>
    /// <param name="folds">Number of folds.</param>
    /// <param name="seed">Seed of the assignment.</param>
    /// <param name="holdout">Share of the curated clips that are in no fold, over [0, 0.5].</param>
    [Alias("GetFolds")]
    Task<FoldsAnswer> GetFolds(int folds, ulong seed, double holdout);
}

/// <summary>What is known of a packed dataset: its version, the addresses of its parts, and its counts.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.DatasetRecord")]
public sealed record DatasetRecord
{
    /// <summary>Name under which it was imported.</summary>
    [Id(0)] public required string Name { get; init; }

    /// <summary>Content hash of the whole.</summary>
    [Id(1)] public required string Version { get; init; }

    /// <summary>Sample rate in Hz.</summary>
    [Id(2)] public required int Rate { get; init; }

    /// <summary>The class names, in the order of the columns of every prediction.</summary>
    [Id(3)] public required string[] Classes { get; init; }

    /// <summary>Address of <c>audio.npy</c>: float32, the samples of all clips.</summary>
    [Id(4)] public required string Audio { get; init; }

    /// <summary>
    /// Address of <c>clips.csv</c>: <c>fname,subset,offset,samples,labels</c>, subset one of <c>curated</c>, <c>noisy</c>, <c>test</c>.
    /// </summary>
    [Id(5)] public required string Clips { get; init; }

    /// <summary>Address of <c>dataset.json</c>: rate, classes, counts.</summary>
    [Id(6)] public required string Facts { get; init; }

    /// <summary>
    /// Address of the true labels of noisy and test clips (<c>fname,labels</c>, further columns not read), where they are known. Reports
    /// alone read it; no job's document names it.
    /// </summary>
    [Id(7)] public string? Truth { get; init; }

    /// <summary>Counts of each subset, in the order curated, noisy, test.</summary>
    [Id(8)] public required SubsetCounts[] Subsets { get; init; }

    /// <summary>The clips that could not be used.</summary>
    [Id(9)] public LeftOutClip[] LeftOut { get; init; } = [];
}

/// <summary>How much a subset holds.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.SubsetCounts")]
public sealed record SubsetCounts
{
    /// <summary><c>curated</c>, <c>noisy</c> or <c>test</c>.</summary>
    [Id(0)] public required string Subset { get; init; }

    /// <summary>Clips.</summary>
    [Id(1)] public required int Clips { get; init; }

    /// <summary>Hours of sound.</summary>
    [Id(2)] public required double Hours { get; init; }

    /// <summary>Labels a clip on average; 0 in a subset without labels.</summary>
    [Id(3)] public required double LabelsPerClip { get; init; }
}

/// <summary>A clip that was named and left out.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.LeftOutClip")]
public sealed record LeftOutClip
{
    /// <summary>File name.</summary>
    [Id(0)] public required string Fname { get; init; }

    /// <summary>Subset it was listed in.</summary>
    [Id(1)] public required string Subset { get; init; }

    /// <summary>Why, in one line.</summary>
    [Id(2)] public required string Reason { get; init; }
}

/// <summary>Where the folds of a dataset are kept, or why there are none.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.FoldsAnswer")]
public sealed record FoldsAnswer
{
    /// <summary>What is wrong, in one line; <c>null</c> when the addresses hold.</summary>
    [Id(0)] public string? Problem { get; init; }

    /// <summary>
    /// Address of <c>fname,subset,labels,fold</c>: the curated clips that are not held out, in the dataset's order, then the noisy ones by
    /// file name.
    /// </summary>
    [Id(1)] public string Assignments { get; init; } = "";

    /// <summary>Address of the test clips (<c>fname,labels</c>, labels empty), in the order of the submission.</summary>
    [Id(2)] public string Test { get; init; } = "";

    /// <summary>Address of the curated clips that are held out (<c>fname,labels</c>), in the dataset's order; <c>null</c> where none are.</summary>
    [Id(3)] public string? Holdout { get; init; }

    /// <summary>
    /// Address of the clips that every member is measured on (<c>fname,labels</c>, labels empty): those of <see cref="Test"/>, then those of
    /// <see cref="Holdout"/>.
    /// </summary>
    [Id(4)] public string Judged { get; init; } = "";

    /// <summary>Number of clips in <see cref="Judged"/>.</summary>
    [Id(5)] public int JudgedClips { get; init; }

    /// <summary>Address of the noisy clips (<c>fname,labels</c>, labels empty), by file name.</summary>
    [Id(6)] public string Noisy { get; init; } = "";
}
