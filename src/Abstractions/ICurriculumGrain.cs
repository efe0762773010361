using Orleans;
using Orleans.Concurrency;

namespace OrleansTagging.Abstractions;

/// <summary>
/// The rounds of one curriculum (key: experiment/curriculum): train the scorer's folds, score the noisy set, rank by agreement, promote
/// the top k, and again; in the end the rest is dropped or relabelled.
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

    /// <summary>What became of the rest; <c>null</c> where it is dropped or the rounds have not ended.</summary>
    [AlwaysInterleave, Alias("GetRelabelled")]
    Task<RelabelRecord?> GetRelabelled();

    /// <summary>
    /// What every round found about a noisy clip, by which models, and who was trained on it; <c>null</c> where the clip is none of the noisy
    /// set, or before it was first scored.
    /// </summary>
    [AlwaysInterleave, Alias("GetClip")]
    Task<ClipRecord?> GetClip(string fname);

    /// <summary>A round seen from near; <c>null</c> where it has not begun.</summary>
    /// <param name="round">The round, counted from 1.</param>
    /// <param name="near">Clips to name on either side of the cut.</param>
    [AlwaysInterleave, Alias("InspectRound")]
    Task<RoundInspection?> InspectRound(int round, int near);

    /// <summary>Whom another cut would promote; <c>null</c> where the round has not ranked.</summary>
    /// <param name="round">The round, counted from 1.</param>
    /// <param name="agreement">Least agreement, over [0, 1].</param>
    [AlwaysInterleave, Alias("GetWhatIf")]
    Task<WhatIfCut?> GetWhatIf(int round, double agreement);

    /// <summary>
    /// Bans or promotes a noisy clip by hand, or takes that back; it holds from the next selection on, and outlives the host. Refused for a
    /// clip that is none of the noisy set, without a reason, and where no round is left to honour it.
    /// </summary>
    [Alias("Decide")]
    Task<DecisionAnswer> Decide(DecisionRequest request);

    /// <summary>The decisions that hold now, by file name; those that a round honoured stand in its record.</summary>
    [AlwaysInterleave, Alias("GetDecisions")]
    Task<ManualDecision[]> GetDecisions();

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

    /// <summary>The span of its submission (W3C's <c>traceparent</c>); <c>null</c> where nobody listens to spans.</summary>
    [Id(5)] public string? Trace { get; init; }
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

    /// <summary>The scorer's folds of every round that is past its training, round after round, then those that relabelled.</summary>
    [Id(5)] public FoldRecord[] Folds { get; init; } = [];

    /// <summary>What becomes of the rest; <c>null</c> where it is dropped or the rounds have not ended.</summary>
    [Id(6)] public RelabelRecord? Relabelled { get; init; }
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

    /// <summary>Its step: <c>train</c>, <c>score</c>, <c>rank</c>, and in the end <c>done</c> or <c>diverged</c>.</summary>
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

    /// <summary>Agreement of the last clip promoted; one promoted by hand does not count here.</summary>
    [Id(10)] public double? AgreementAtCut { get; init; }

    /// <summary>Promoted clips that the round before had promoted too.</summary>
    [Id(11)] public int Overlap { get; init; }

    /// <summary>Share of the promoted clips whose given labels are all true, where the truth is known.</summary>
    [Id(12)] public double? TrulyRight { get; init; }

    /// <summary>That share in the whole noisy set, where the truth is known.</summary>
    [Id(13)] public double? BaseRate { get; init; }

    /// <summary>
    /// Address of the promoted clips (<c>fname,labels,agreement,margin,fold</c>, best first, and <c>by_hand</c>, <c>1</c> or <c>0</c>, where a
    /// clip was promoted by hand); <c>null</c> before it is done. That of a round that diverged is used by nobody.
    /// </summary>
    [Id(14)] public string? Selection { get; init; }

    /// <summary>Margin of the last clip promoted: its given labels' least probability less the highest of any other class.</summary>
    [Id(15)] public double? MarginAtCut { get; init; }

    /// <summary>Mean agreement of the promoted clips.</summary>
    [Id(16)] public double? MeanAgreement { get; init; }

    /// <summary>By how much the agreement at the cut fell since the round before; <c>null</c> in the first.</summary>
    [Id(17)] public double? AgreementFall { get; init; }

    /// <summary>Share of the clips promoted in the round before that are no longer promoted; <c>null</c> in the first.</summary>
    [Id(18)] public double? Dropped { get; init; }

    /// <summary>Why its predictions have diverged from the given labels, in one line; <c>null</c> where they have not.</summary>
    [Id(19)] public string? Diverged { get; init; }

    /// <summary>Whose scores chose: <c>cross_fitted</c> or <c>all_folds</c>.</summary>
    [Id(20)] public string Scoring { get; init; } = "cross_fitted";

    /// <summary>What the models never trained on a clip would promote; <c>null</c> where every model was trained on some clip.</summary>
    [Id(21)] public ScoringFigures? CrossFitted { get; init; }

    /// <summary>What the plain average over all folds would promote.</summary>
    [Id(22)] public ScoringFigures? AllFolds { get; init; }

    /// <summary>Clips that both would promote; <c>null</c> where one of the two is missing.</summary>
    [Id(23)] public int? PromotedByBoth { get; init; }

    /// <summary>The decisions made by hand that its selection honoured, by file name.</summary>
    [Id(24)] public ManualDecision[] Decisions { get; init; } = [];
}

/// <summary>What one way to score would have promoted in a round, by its own scores.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.ScoringFigures")]
public sealed record ScoringFigures
{
    /// <summary>Agreement of the last clip promoted.</summary>
    [Id(0)] public double? AgreementAtCut { get; init; }

    /// <summary>Mean agreement of the promoted clips.</summary>
    [Id(1)] public double? MeanAgreement { get; init; }

    /// <summary>Share of them whose given labels are all true, where the truth is known.</summary>
    [Id(2)] public double? TrulyRight { get; init; }
}

/// <summary>What became of the noisy clips that the last round did not promote.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.RelabelRecord")]
public sealed record RelabelRecord
{
    /// <summary>Name of the curriculum.</summary>
    [Id(0)] public required string Curriculum { get; init; }

    /// <summary>How: <c>relabel</c>, <c>merge</c> or <c>full_match</c>.</summary>
    [Id(1)] public required string Rest { get; init; }

    /// <summary>Its step: <c>train</c>, <c>relabel</c>, <c>done</c>.</summary>
    [Id(2)] public required string Step { get; init; }

    /// <summary>Folds of its scorer that are trained and have predicted.</summary>
    [Id(3)] public int FoldsDone { get; init; }

    /// <summary>Folds of its scorer.</summary>
    [Id(4)] public int Folds { get; init; }

    /// <summary>Selection its scorer is trained on: that of the last round.</summary>
    [Id(5)] public required string ScorerSelection { get; init; }

    /// <summary>Cross-validated lwlrap of its scorer.</summary>
    [Id(6)] public double? CrossValidatedLwlrap { get; init; }

    /// <summary>Test lwlrap of its scorer (mean over folds), where the truth is known.</summary>
    [Id(7)] public double? TestLwlrap { get; init; }

    /// <summary>The probability that a predicted label exceeds.</summary>
    [Id(8)] public double? Threshold { get; init; }

    /// <summary>Mean number of predicted labels of the rest that the threshold was to give.</summary>
    [Id(9)] public double? LabelsPerClip { get; init; }

    /// <summary>Mean number that it gives.</summary>
    [Id(10)] public double? PredictedPerClip { get; init; }

    /// <summary>Promoted clips, which keep their given labels.</summary>
    [Id(11)] public int Kept { get; init; }

    /// <summary>Other clips that are used with the labels they now have.</summary>
    [Id(12)] public int Relabelled { get; init; }

    /// <summary>Clips left without a label, which are not used.</summary>
    [Id(13)] public int Dropped { get; init; }

    /// <summary>Share of <see cref="Relabelled"/> whose labels are all true, where the truth is known.</summary>
    [Id(14)] public double? TrulyRight { get; init; }

    /// <summary>Share of the same clips whose given labels are all true, where the truth is known.</summary>
    [Id(15)] public double? GivenTrulyRight { get; init; }

    /// <summary>
    /// Address of the clips used (<c>fname,labels,source,fold</c>; source <c>promoted</c>, best first, then <c>relabelled</c>, by file name);
    /// <c>null</c> before it is done.
    /// </summary>
    [Id(16)] public string? Selection { get; init; }

    /// <summary>The decisions made by hand that it honoured, by file name: banned clips are left out.</summary>
    [Id(17)] public ManualDecision[] Decisions { get; init; } = [];
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

    /// <summary>
    /// The labels that it has where the rest is relabelled; none where it was dropped, <c>null</c> before that or where nothing is relabelled.
    /// </summary>
    [Id(4)] public string[]? RelabelledAs { get; init; }

    /// <summary>What was decided about it by hand and holds for the rounds to come; <c>null</c> where nothing was.</summary>
    [Id(5)] public ManualDecision? Decision { get; init; }

    /// <summary>Who was trained on it: scorers of later rounds, then members, each in its order.</summary>
    [Id(6)] public ClipUse[] UsedBy { get; init; } = [];
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

    /// <summary>Margin: the given labels' least probability less the highest of any other class.</summary>
    [Id(5)] public required double Margin { get; init; }

    /// <summary>Agreement with the models never trained on it; <c>null</c> where there are none.</summary>
    [Id(6)] public double? CrossFittedAgreement { get; init; }

    /// <summary>Agreement with the plain average over all folds.</summary>
    [Id(7)] public required double AllFoldsAgreement { get; init; }

    /// <summary>The decision about it that the round honoured; <c>null</c> where there was none.</summary>
    [Id(8)] public ManualDecision? Decision { get; init; }

    /// <summary>The models that the round asked, in the order of their folds.</summary>
    [Id(9)] public ClipModel[] Models { get; init; } = [];
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
