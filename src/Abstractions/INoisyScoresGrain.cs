using Orleans;
using Orleans.Concurrency;

namespace OrleansTagging.Abstractions;

/// <summary>
/// The scores of one shard of the noisy set (key: experiment/curriculum/shard): of each clip and round the agreement, the rank, the labels
/// predicted and whether it was promoted. Shards hold consecutive clips in the order of their file names.
/// </summary>
[Alias("OrleansTagging.INoisyScoresGrain")]
public interface INoisyScoresGrain : IGrainWithStringKey
{
    /// <summary>Scores the shard's clips for a round and persists the scores; asked again it answers from those.</summary>
    [Alias("Score")]
    Task<ShardScores> Score(ShardRequest request);

    /// <summary>Takes the ranks of the shard's clips and who was promoted; told again it changes nothing.</summary>
    [Alias("Rank")]
    Task Rank(ShardRanking ranking);

    /// <summary>What every round found about a clip of the shard; <c>null</c> for any other clip.</summary>
    [AlwaysInterleave, Alias("GetClip")]
    Task<ClipRecord?> GetClip(string fname);

    /// <summary>The places of the shard's clips in a round; <c>null</c> before it has ranked them.</summary>
    [AlwaysInterleave, Alias("GetPlaces")]
    Task<ShardPlaces?> GetPlaces(int round);
}

/// <summary>Asks a shard for the scores of a round.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.ShardRequest")]
public sealed record ShardRequest
{
    /// <summary>The round, counted from 1.</summary>
    [Id(0)] public required int Round { get; init; }

    /// <summary>Address of the shard's clips (<c>fname,subset,labels,fold</c>).</summary>
    [Id(1)] public required string Clips { get; init; }

    /// <summary>The class names in the order of the predictions' columns.</summary>
    [Id(2)] public required string[] Classes { get; init; }

    /// <summary>
    /// Address of the predictions of each fold's model, in the order of the folds: <c>.npy</c> float32 [clips, classes], a row for every
    /// noisy clip in the order of file names.
    /// </summary>
    [Id(3)] public required string[] Predictions { get; init; }

    /// <summary>Row of the shard's first clip.</summary>
    [Id(4)] public required int FirstRow { get; init; }

    /// <summary>Address of the promoted clips that the models were trained on; <c>null</c> where they had curated clips alone.</summary>
    [Id(5)] public string? Promoted { get; init; }

    /// <summary>Which folds were trained on a promoted clip: <c>other_folds</c>, <c>own_fold</c>, <c>all_folds</c>.</summary>
    [Id(6)] public required string Share { get; init; }

    /// <summary>Whose scores the predicted labels are taken from: <c>cross_fitted</c> or <c>all_folds</c>.</summary>
    [Id(7)] public required string Scoring { get; init; }
}

/// <summary>Agreement and margin of clips: what they are ranked by.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.AgreementKeys")]
public sealed record AgreementKeys
{
    /// <summary>Agreement of each clip.</summary>
    [Id(0)] public required double[] Agreements { get; init; }

    /// <summary>Margin of each clip.</summary>
    [Id(1)] public required double[] Margins { get; init; }
}

/// <summary>How a shard's clips agree with the predictions, clips in the order of file names.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.ShardScores")]
public sealed record ShardScores
{
    /// <summary>By the models never trained on the clip; <c>null</c> where a clip has none.</summary>
    [Id(0)] public AgreementKeys? CrossFitted { get; init; }

    /// <summary>By the plain average over all folds.</summary>
    [Id(1)] public required AgreementKeys AllFolds { get; init; }
}

/// <summary>Tells a shard the ranks of its clips.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.ShardRanking")]
public sealed record ShardRanking
{
    /// <summary>The round.</summary>
    [Id(0)] public required int Round { get; init; }

    /// <summary>Rank of each clip among all noisy clips, counted from 1, clips in the order of file names.</summary>
    [Id(1)] public required int[] Ranks { get; init; }

    /// <summary>Whether each was promoted.</summary>
    [Id(2)] public required bool[] Promoted { get; init; }
}

/// <summary>The places of a shard's clips in a round, clips in the order of file names.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.ShardPlaces")]
public sealed record ShardPlaces
{
    /// <summary>Agreement and margin of each clip, by whoever had a say.</summary>
    [Id(0)] public required AgreementKeys Keys { get; init; }

    /// <summary>Rank of each clip among all noisy clips, counted from 1.</summary>
    [Id(1)] public required int[] Ranks { get; init; }

    /// <summary>Whether each was promoted.</summary>
    [Id(2)] public required bool[] Promoted { get; init; }
}
