using Orleans;

namespace OrleansTagging.Abstractions;

/// <summary>
/// lwlrap on the test clips of each leaderboard of the competition, where the dataset says which clip counted for which (the column
/// <c>usage</c> of FSDKaggle2019's <c>test_post_competition.csv</c>).
/// </summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.LeaderboardScores")]
public sealed record LeaderboardScores
{
    /// <summary>On the clips of the public leaderboard; <c>null</c> where the dataset has none.</summary>
    [Id(0)] public double? Public { get; init; }

    /// <summary>On the clips of the private leaderboard; <c>null</c> where the dataset has none.</summary>
    [Id(1)] public double? Private { get; init; }
}
