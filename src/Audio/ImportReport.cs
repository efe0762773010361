using OrleansTagging.Labels;

namespace OrleansTagging.Audio;

/// <summary>How a dataset is to be imported.</summary>
public sealed record ImportOptions
{
    /// <summary>
    /// Samples a second of the packed dataset, in Hz; by default the most common rate among the files (the lower one on a tie).
    /// </summary>
    public int? Rate { get; init; }

    /// <summary>Whether a clip that cannot be used ends the import instead of being left out.</summary>
    public bool Strict { get; init; }

    /// <summary>
    /// Whether to keep the clips of FSDKaggle2019's curated set that its publishers named as wrongly labelled or without signal.
    /// </summary>
    public bool KeepKnownBad { get; init; }

    /// <summary>
    /// Whether an import that was broken off leaves what it has decoded in the target, and goes on from what it finds there: clips whose
    /// files have the bytes that they had then.
    /// </summary>
    public bool Resumes { get; init; }

    /// <summary>
    /// Where an import <see cref="Resumes"/>: whether its whole <c>audio.npy</c> was taken away already, after the rest was written.
    /// </summary>
    public bool AudioIsTaken { get; init; }

    /// <summary>How many clips are decoded at a time; the result does not depend on it.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;
}

/// <summary>How far an import is.</summary>
/// <param name="Done">Clips that were checked.</param>
/// <param name="Total">Clips that the CSVs list.</param>
/// <param name="LeftOut">Clips that could not be used so far.</param>
/// <param name="Kept">Clips of those that an import before this one had decoded.</param>
public readonly record struct ImportProgress(int Done, int Total, int LeftOut, int Kept = 0);

/// <summary>What an import did.</summary>
public sealed record ImportReport
{
    /// <summary>Counts, hours, labels a clip, and what was left out and why.</summary>
    public required DatasetFacts Facts { get; init; }

    /// <summary>
    /// The labels and the usage (public or private leaderboard) of the test clips; <c>null</c> where the folder lacks
    /// <c>test_post_competition.csv</c>. They are no part of the packed dataset.
    /// </summary>
    public TestTruth? TestTruth { get; init; }

    /// <summary>
    /// Files in the curated and noisy folders that no CSV lists, as <c>train_noisy/a.wav</c>; they are not in the dataset.
    /// </summary>
    public required IReadOnlyList<string> Unlisted { get; init; }

    /// <summary>How many files had each rate, in Hz, lowest rate first; files that cannot be decoded do not count.</summary>
    public required IReadOnlyDictionary<int, int> FileRates { get; init; }
}
