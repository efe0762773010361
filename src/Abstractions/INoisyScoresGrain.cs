using Orleans;

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

    /// <summary>Ranks the shard's clips and marks the promoted; asked again it answers the same.</summary>
    [Alias("Rank")]
    Task<ShardPromotion> Rank(ShardRanking ranking);

    /// <summary>What every round found about a clip of the shard; <c>null</c> for any other clip.</summary>
    [Alias("GetClip")]
    Task<ClipRecord?> GetClip(string fname);
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

    /// <summary>The predictions of each fold's model, in the order of the folds.</summary>
    [Id(3)] public required FoldPredictions[] Folds { get; init; }
}

/// <summary>Where a shard finds its rows in the predictions of one fold's model.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.FoldPredictions")]
public sealed record FoldPredictions
{
    /// <summary>
    /// Address of the predictions, <c>.npy</c> float32 [clips, classes]: a row for every noisy clip that the model was not trained on, in
    /// the
    /// order of file names.
    /// </summary>
    [Id(0)] public required string Predictions { get; init; }

    /// <summary>Row of the shard's first clip that has one.</summary>
    [Id(1)] public required int FirstRow { get; init; }
}

/// <summary>A shard's agreements, counted.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.ShardScores")]
public sealed record ShardScores
{
    /// <summary>The different agreements of the shard's clips, highest first.</summary>
    [Id(0)] public required double[] Agreements { get; init; }

    /// <summary>Clips with each of them.</summary>
    [Id(1)] public required int[] Counts { get; init; }
}

/// <summary>
/// Tells a shard the ranks of its clips: clips before a shard's own with the same agreement, and all with a higher one, come first.
/// </summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.ShardRanking")]
public sealed record ShardRanking
{
    /// <summary>The round.</summary>
    [Id(0)] public required int Round { get; init; }

    /// <summary>
    /// Number of clips that come before the shard's first clip of each agreement, in the order of <see cref="ShardScores.Agreements"/>.
    /// </summary>
    [Id(1)] public required int[] Before { get; init; }

    /// <summary>Number of clips to promote over all shards.</summary>
    [Id(2)] public required int K { get; init; }
}

/// <summary>The clips of a shard that were promoted.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.ShardPromotion")]
public sealed record ShardPromotion
{
    /// <summary>The promoted clips, best first.</summary>
    [Id(0)] public required PromotedClip[] Promoted { get; init; }
}

/// <summary>A promoted clip.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.PromotedClip")]
public sealed record PromotedClip
{
    /// <summary>File name.</summary>
    [Id(0)] public required string Fname { get; init; }

    /// <summary>Given labels, comma-joined.</summary>
    [Id(1)] public required string Labels { get; init; }

    /// <summary>Agreement.</summary>
    [Id(2)] public required double Agreement { get; init; }

    /// <summary>The fold that is never trained on it.</summary>
    [Id(3)] public required int Fold { get; init; }

    /// <summary>Rank among all noisy clips, counted from 1.</summary>
    [Id(4)] public required int Rank { get; init; }
}
