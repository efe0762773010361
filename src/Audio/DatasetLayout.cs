using OrleansTagging.Labels;

namespace OrleansTagging.Audio;

/// <summary>
/// Where a folder holds what: as the competition gave FSDKaggle2019 out, or as its archive was published afterwards
/// (https://zenodo.org/record/3612637).
/// </summary>
internal sealed record DatasetLayout
{
    private const string TestTruthName = "test_post_competition.csv";
    private const string PublishedMeta = "FSDKaggle2019.meta";

    /// <summary>The layout of the competition. The classes and the test clips stand in <c>sample_submission.csv</c>.</summary>
    private static readonly DatasetLayout Competition = new()
    {
        CuratedTable = "train_curated.csv",
        NoisyTable = "train_noisy.csv",
        TestTable = "sample_submission.csv",
        TestTruth = TestTruthName,
        CuratedFolder = "train_curated",
        NoisyFolder = "train_noisy",
        TestFolder = "test",
    };

    /// <summary>The layout of the archive. The classes stand in a vocabulary, and the test clips come with their labels.</summary>
    private static readonly DatasetLayout Published = new()
    {
        Vocabulary = $"{PublishedMeta}/vocabulary.csv",
        CuratedTable = $"{PublishedMeta}/train_curated_post_competition.csv",
        NoisyTable = $"{PublishedMeta}/train_noisy_post_competition.csv",
        TestTable = $"{PublishedMeta}/{TestTruthName}",
        TestTruth = $"{PublishedMeta}/{TestTruthName}",
        CuratedFolder = "FSDKaggle2019.audio_train_curated",
        NoisyFolder = "FSDKaggle2019.audio_train_noisy",
        TestFolder = "FSDKaggle2019.audio_test",
    };

    /// <summary>The list of classes; <c>null</c> where the header of <see cref="TestTable"/> names them.</summary>
    public string? Vocabulary { get; private init; }

    /// <summary>Clips and labels of the curated set.</summary>
    public required string CuratedTable { get; init; }

    /// <summary>Clips and labels of the noisy set.</summary>
    public required string NoisyTable { get; init; }

    /// <summary>The test clips.</summary>
    public required string TestTable { get; init; }

    /// <summary>Labels and usage of the test clips; a folder may lack it.</summary>
    public required string TestTruth { get; init; }

    /// <summary>The files of the curated clips.</summary>
    public required string CuratedFolder { get; init; }

    /// <summary>The files of the noisy clips.</summary>
    public required string NoisyFolder { get; init; }

    /// <summary>The files of the test clips.</summary>
    public required string TestFolder { get; init; }

    /// <summary>What a dataset is known by, for a message.</summary>
    public const string Marks = $"neither train_curated.csv nor {PublishedMeta}/";

    /// <summary>
    /// The folder among these files that has a dataset: the one nearest to the top with what a dataset is known by; <c>null</c> where none has.
    /// </summary>
    /// <param name="names">Files by their paths, parted by <c>/</c>.</param>
    public static string? RootIn(IReadOnlyCollection<string> names) => names
        .Select(name => name.EndsWith("/" + Competition.CuratedTable, StringComparison.Ordinal) || name == Competition.CuratedTable
                ? name[..^Competition.CuratedTable.Length]
            : $"/{name}".IndexOf($"/{PublishedMeta}/", StringComparison.Ordinal) is >= 0 and var at ? name[..at]
            : null)
        .OfType<string>()
        .OrderBy(root => root.Length)
        .FirstOrDefault();

    /// <summary>The layout of a folder.</summary>
    /// <exception cref="InputException">There is no such folder, or it has both layouts.</exception>
    public static DatasetLayout Of(string source)
    {
        if (!Directory.Exists(source))
        {
            throw new InputException($"{source}: there is no such folder.");
        }
        if (!Directory.Exists(Path.Combine(source, PublishedMeta)))
        {
            return Competition;
        }
        return File.Exists(Path.Combine(source, Competition.CuratedTable))
            ? throw new InputException(
                $"{source}: both {Competition.CuratedTable} and {PublishedMeta} are here; leave one of the two layouts.")
            : Published;
    }
}
