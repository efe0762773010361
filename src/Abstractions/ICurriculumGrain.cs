using Orleans;
using Orleans.Concurrency;

namespace OrleansTagging.Abstractions;

/// <summary>
/// The rounds of one curriculum (key: experiment/curriculum): train the scorer's folds, score the noisy set, rank by agreement, promote
/// the top k, and again.
/// </summary>
[Alias("OrleansTagging.ICurriculumGrain")]
public interface ICurriculumGrain : IGrainWithStringKey
{
    /// <summary>Begins the curriculum or goes on with it, and answers at once how far it is.</summary>
    [Alias("Ensure")]
    Task<CurriculumStatus> Ensure(CurriculumRequest request);

    /// <summary>How far it is, with the live figures of its running jobs; changes nothing.</summary>
    /// <param name="attempt">The experiment's attempt that is asked about; <c>null</c> for the last one.</param>
    [AlwaysInterleave, Alias("GetStatus")]
    Task<CurriculumStatus> GetStatus(string? attempt);

    /// <summary>A round (counted from 1); <c>null</c> where it has not begun.</summary>
    [AlwaysInterleave, Alias("GetRound")]
    Task<RoundRecord?> GetRound(int round);

    /// <summary>
    /// What every round found about a noisy clip; <c>null</c> where the clip is none of the noisy set, or before it was first scored.
    /// </summary>
    [Alias("GetClip")]
    Task<ClipRecord?> GetClip(string fname);

    /// <summary>Gives up its jobs.</summary>
    [Alias("Stop")]
    Task Stop();

    /// <summary>A part has ended: look again.</summary>
    [OneWay, Alias("Wake")]
    Task Wake();
}

/// <summary>What a curriculum or a member needs to know of the experiment it is a part of.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.ExperimentContext")]
public sealed record ExperimentContext
{
    /// <summary>Name of the experiment.</summary>
    [Id(0)] public required string Experiment { get; init; }

    /// <summary>Text of the experiment's file.</summary>
    [Id(1)] public required string Yaml { get; init; }

    /// <summary>The dataset as it was when the experiment began.</summary>
    [Id(2)] public required DatasetRecord Dataset { get; init; }

    /// <summary>The folds.</summary>
    [Id(3)] public required FoldsAnswer Folds { get; init; }

    /// <summary>
    /// Changes with every submission that goes on after an end; a job that failed for one attempt is tried again for the next.
    /// </summary>
    [Id(4)] public required string Attempt { get; init; }
}

/// <summary>Asks for a curriculum.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.CurriculumRequest")]
public sealed record CurriculumRequest
{
    /// <summary>The experiment.</summary>
    [Id(0)] public required ExperimentContext Context { get; init; }

    /// <summary>Name of the curriculum.</summary>
    [Id(1)] public required string Curriculum { get; init; }
}

/// <summary>How far a curriculum is.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.CurriculumStatus")]
public sealed record CurriculumStatus
{
    /// <summary>The rounds begun.</summary>
    [Id(0)] public RoundRecord[] Rounds { get; init; } = [];

    /// <summary>Whether all rounds are done.</summary>
    [Id(1)] public bool Done { get; init; }

    /// <summary>Why it cannot go on, in one line.</summary>
    [Id(2)] public string? Problem { get; init; }

    /// <summary>What it waits for, in one line.</summary>
    [Id(3)] public string? WaitsFor { get; init; }

    /// <summary>Its jobs, done ones counted, running ones with figures.</summary>
    [Id(4)] public JobCounts Jobs { get; init; } = new();

    /// <summary>The scorer's folds of every round that is past its training, round after round.</summary>
    [Id(5)] public FoldRecord[] Folds { get; init; } = [];
}

/// <summary>One round of a curriculum.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.RoundRecord")]
public sealed record RoundRecord
{
    /// <summary>Name of the curriculum.</summary>
    [Id(0)] public required string Curriculum { get; init; }

    /// <summary>The round, counted from 1.</summary>
    [Id(1)] public required int Round { get; init; }

    /// <summary>Clips it is to promote.</summary>
    [Id(2)] public required int K { get; init; }

    /// <summary>Its step: <c>train</c>, <c>score</c>, <c>rank</c>, <c>done</c>.</summary>
    [Id(3)] public required string Step { get; init; }

    /// <summary>Folds of its scorer that are trained and have predicted.</summary>
    [Id(4)] public int FoldsDone { get; init; }

    /// <summary>Folds of its scorer.</summary>
    [Id(5)] public int Folds { get; init; }

    /// <summary>Clips promoted; 0 before it is done.</summary>
    [Id(6)] public int Promoted { get; init; }

    /// <summary>Selection its scorer is trained on: that of the round before.</summary>
    [Id(7)] public required string ScorerSelection { get; init; }

    /// <summary>Cross-validated lwlrap of its scorer.</summary>
    [Id(8)] public double? CrossValidatedLwlrap { get; init; }

    /// <summary>Test lwlrap of its scorer (mean over folds), where the truth is known.</summary>
    [Id(9)] public double? TestLwlrap { get; init; }

    /// <summary>Agreement of the last clip promoted.</summary>
    [Id(10)] public double? AgreementAtCut { get; init; }

    /// <summary>Promoted clips that the round before had promoted too.</summary>
    [Id(11)] public int Overlap { get; init; }

    /// <summary>Share of the promoted clips whose given labels are all true, where the truth is known.</summary>
    [Id(12)] public double? TrulyRight { get; init; }

    /// <summary>That share in the whole noisy set, where the truth is known.</summary>
    [Id(13)] public double? BaseRate { get; init; }

    /// <summary>Address of the promoted clips (<c>fname,labels,agreement,fold</c>, best first); <c>null</c> before it is done.</summary>
    [Id(14)] public string? Selection { get; init; }
}

/// <summary>What is known of a noisy clip.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.ClipRecord")]
public sealed record ClipRecord
{
    /// <summary>File name.</summary>
    [Id(0)] public required string Fname { get; init; }

    /// <summary>The labels it was given.</summary>
    [Id(1)] public required string[] GivenLabels { get; init; }

    /// <summary>The fold that is never trained on it.</summary>
    [Id(2)] public required int Fold { get; init; }

    /// <summary>What each round that is done found.</summary>
    [Id(3)] public required ClipRound[] Rounds { get; init; }
}

/// <summary>What one round found about a noisy clip.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.ClipRound")]
public sealed record ClipRound
{
    /// <summary>The round, counted from 1.</summary>
    [Id(0)] public required int Round { get; init; }

    /// <summary>Agreement: label ranking average precision of the given labels.</summary>
    [Id(1)] public required double Agreement { get; init; }

    /// <summary>Rank among all noisy clips, counted from 1; 0 before the round has ranked.</summary>
    [Id(2)] public required int Rank { get; init; }

    /// <summary>Whether it was promoted.</summary>
    [Id(3)] public required bool Promoted { get; init; }

    /// <summary>The labels predicted with the highest probability, highest first.</summary>
    [Id(4)] public required PredictedLabel[] Predicted { get; init; }
}

/// <summary>A label and its predicted probability.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.PredictedLabel")]
public sealed record PredictedLabel
{
    /// <summary>The label.</summary>
    [Id(0)] public required string Label { get; init; }

    /// <summary>Its probability.</summary>
    [Id(1)] public required double Probability { get; init; }
}
