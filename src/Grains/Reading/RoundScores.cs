using OrleansTagging.Grains.Planning;
using OrleansTagging.Labels;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains.Reading;

/// <summary>
/// What a round found about every noisy clip, best first; column by column, since a noisy set has tens of thousands of clips. It is read
/// from the artifacts that the round left, without waking a grain.
/// </summary>
public sealed record RoundScores
{
    /// <summary>Name of the curriculum.</summary>
    public required string Curriculum { get; init; }

    /// <summary>The round, counted from 1.</summary>
    public required int Round { get; init; }

    /// <summary>The class names.</summary>
    public required string[] Classes { get; init; }

    /// <summary>File names of the clips.</summary>
    public required string[] Fnames { get; init; }

    /// <summary>Given labels of each clip, positions in <see cref="Classes"/>.</summary>
    public required int[][] Labels { get; init; }

    /// <summary>Agreement of each clip, by the scores that chose.</summary>
    public required double[] Agreements { get; init; }

    /// <summary>Margin of each clip, by the scores that chose.</summary>
    public required double[] Margins { get; init; }

    /// <summary>Whether each clip was promoted.</summary>
    public required bool[] Promoted { get; init; }

    /// <summary>Reads the scores of a round; <c>null</c> where it has not ranked the clips.</summary>
    /// <exception cref="ArtifactMissingException">The store no longer has what the round found.</exception>
    public static async Task<RoundScores?> ReadAsync(
        Store store, string experiment, string curriculum, int round, CancellationToken cancellationToken)
    {
        var rows = new List<(int Rank, string Fname, int[] Labels, double Agreement, double Margin, bool Promoted)>();
        string[]? names = null;
        var stored = new StoredGrains(store);
        for (var shard = 0; ; shard++)
        {
            if (await stored.ShardAsync(GrainKeys.Shard(experiment, curriculum, shard), cancellationToken) is not { } state)
            {
                break;
            }
            if (state.Rounds.Find(known => known.Request.Round == round) is not { Ranks: { } ranked } scored)
            {
                return null;
            }
            names ??= scored.Request.Classes;
            var classes = new ClassMap(names);
            var clips = await ClipList.ReadAsync(store.Artifacts, scored.Request.Clips);
            var scores = (await ShardScoreTable.ReadAsync(store.Artifacts, scored.Scores)).KeysOf(scored.Request.Scoring);
            var ranks = await ShardRankTable.ReadAsync(store.Artifacts, ranked);
            for (var clip = 0; clip < clips.Count; clip++)
            {
                rows.Add((
                    ranks.Ranks[clip], clips[clip].Fname, clips[clip].LabelsIn(classes),
                    scores.Agreements[clip], scores.Margins[clip], ranks.Promoted[clip]));
            }
        }
        if (names is null)
        {
            return null;
        }
        rows.Sort((one, other) => one.Rank.CompareTo(other.Rank));
        return new RoundScores
        {
            Curriculum = curriculum,
            Round = round,
            Classes = names,
            Fnames = [.. rows.Select(row => row.Fname)],
            Labels = [.. rows.Select(row => row.Labels)],
            Agreements = [.. rows.Select(row => row.Agreement)],
            Margins = [.. rows.Select(row => row.Margin)],
            Promoted = [.. rows.Select(row => row.Promoted)],
        };
    }
}
