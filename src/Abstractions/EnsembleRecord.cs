using Orleans;

namespace OrleansTagging.Abstractions;

/// <summary>Where 95 % of bootstrap resamples over clips lie.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.LwlrapInterval")]
public sealed record LwlrapInterval
{
    /// <summary>Lower end.</summary>
    [Id(0)] public required double Low { get; init; }

    /// <summary>Upper end.</summary>
    [Id(1)] public required double High { get; init; }
}

/// <summary>An ensemble and its figures.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.EnsembleRecord")]
public sealed record EnsembleRecord
{
    /// <summary>Its name; <c>ensemble</c> for the one whose predictions are the submission.</summary>
    [Id(0)] public required string Name { get; init; }

    /// <summary>How its members are blended: <c>mean</c>, <c>rank_mean</c>, <c>fitted</c>, <c>greedy</c>.</summary>
    [Id(1)] public required string Method { get; init; }

    /// <summary>Its members.</summary>
    [Id(2)] public required string[] Members { get; init; }

    /// <summary>The weight of each, together 1.</summary>
    [Id(3)] public required double[] Weights { get; init; }

    /// <summary>lwlrap of the blended out-of-fold predictions, the weights chosen on those same clips.</summary>
    [Id(4)] public double? CrossValidatedLwlrap { get; init; }

    /// <summary>Its interval.</summary>
    [Id(5)] public LwlrapInterval? CrossValidatedInterval { get; init; }

    /// <summary>
    /// lwlrap where every clip's weights, and every clip's best epochs, were chosen on other folds or clips; <c>null</c> where nothing was
    /// chosen.
    /// </summary>
    [Id(6)] public double? HonestLwlrap { get; init; }

    /// <summary>Test lwlrap, where the truth is known.</summary>
    [Id(7)] public double? TestLwlrap { get; init; }

    /// <summary>Its interval.</summary>
    [Id(8)] public LwlrapInterval? TestInterval { get; init; }

    /// <summary>Test lwlrap on either leaderboard's clips, where the dataset tells them apart.</summary>
    [Id(9)] public LeaderboardScores? Leaderboard { get; init; }

    /// <summary>lwlrap on the held-out clips, where there are any.</summary>
    [Id(10)] public double? HoldoutLwlrap { get; init; }

    /// <summary>Address of its test predictions, <c>.npy</c> float32 [test clips, classes].</summary>
    [Id(11)] public string? TestPredictions { get; init; }
}

/// <summary>Members that differ in their seed alone.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.SeedSpread")]
public sealed record SeedSpread
{
    /// <summary>What they have in common: the entry's name and what else varies, without the seed.</summary>
    [Id(0)] public required string Name { get; init; }

    /// <summary>The members.</summary>
    [Id(1)] public required string[] Members { get; init; }

    /// <summary>Mean of their cross-validated lwlrap.</summary>
    [Id(2)] public double? CrossValidatedMean { get; init; }

    /// <summary>Its standard deviation, estimated from the sample.</summary>
    [Id(3)] public double? CrossValidatedDeviation { get; init; }

    /// <summary>Mean of their test lwlrap, where the truth is known.</summary>
    [Id(4)] public double? TestMean { get; init; }

    /// <summary>Its standard deviation, estimated from the sample.</summary>
    [Id(5)] public double? TestDeviation { get; init; }
}
