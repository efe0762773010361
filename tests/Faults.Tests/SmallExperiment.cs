using System.Text;
using System.Text.RegularExpressions;
using OrleansTagging.Abstractions;
using OrleansTagging.Grains.Tests;
using OrleansTagging.Storage;

namespace OrleansTagging.Faults.Tests;

/// <summary>An experiment with rounds, relabelling, members and an ensemble, on few clips.</summary>
internal static partial class SmallExperiment
{
    public const string Name = "demo";

    public const string Yaml = """
        name: demo
        dataset: tones
        seed: 3
        folds: 2
        models:
          mel:
            features: mel_1024_512_64
        training:
          epochs: 1
          threads: 1
        curricula:
          main:
            scorer: mel
            rounds: [4, 8]
            rest: relabel
        members:
          plain: {model: mel, selection: curated}
          last: {model: mel, selection: main@2}
          rest: {model: mel, selection: main@relabelled}
        ensemble: [plain, last, rest]
        """;

    /// <summary>Noisy clips a shard: the clips below make three shards.</summary>
    public const int ShardSize = 10;

    // What an experiment comes to, beside its report. Jobs are left out: their seconds and attempts tell of faults, as they should.
    private static readonly string[] s_lasting =
        ["grain/curriculum/", "grain/member/", "grain/noisy-scores/", "grain/fold/", "grain/dataset/"];

    public static Task<DatasetRecord> PutClipsAsync(Store store) => SyntheticClips.PutAsync(store, curated: 14, noisy: 24, test: 4);

    /// <summary>The states that an experiment leaves, by key, without what names an attempt.</summary>
    public static SortedDictionary<string, string> Lasting(MemoryDisk disk) => new(
        disk.States.Where(state => Array.Exists(s_lasting, kind => state.Key.StartsWith(kind, StringComparison.Ordinal)))
            .ToDictionary(state => state.Key, state => Attempts().Replace(Encoding.UTF8.GetString(state.Value), "attempt")),
        StringComparer.Ordinal);

    [GeneratedRegex("(?<=\"(Attempt|WrittenFor)\":\")[0-9a-f]{32}")]
    private static partial Regex Attempts();
}

/// <summary>What an experiment came to.</summary>
internal sealed record ExperimentEnd
{
    public required string Report { get; init; }

    public required byte[] Submission { get; init; }

    /// <summary><see cref="SmallExperiment.Lasting"/>.</summary>
    public required SortedDictionary<string, string> States { get; init; }

    /// <summary>Asserts that another run came to the same bytes.</summary>
    public void Compare(ExperimentEnd other)
    {
        Assert.Equal(Report, other.Report);
        Assert.Equal(Submission, other.Submission);
        Assert.Equal(States.Keys, other.States.Keys);
        Assert.All(States, state => Assert.Equal(state.Value, other.States[state.Key]));
    }
}
