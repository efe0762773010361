using Orleans;
using Orleans.Concurrency;

namespace OrleansTagging.Abstractions;

/// <summary>One model on one selection (key: experiment/member): its folds, its cross-validated lwlrap and its test predictions.</summary>
[Alias("OrleansTagging.IEnsembleMemberGrain")]
public interface IEnsembleMemberGrain : IGrainWithStringKey
{
    /// <summary>Begins the member or goes on with it, and answers at once how far it is.</summary>
    [Alias("Ensure")]
    Task<MemberRecord> Ensure(MemberRequest request);

    /// <summary>How far it is, with the live figures of its running jobs; changes nothing. <c>null</c> before it was asked for.</summary>
    /// <param name="attempt">The experiment's attempt that is asked about; <c>null</c> for the last one.</param>
    [AlwaysInterleave, Alias("GetStatus")]
    Task<MemberRecord?> GetStatus(string? attempt);

    /// <summary>Gives up its jobs.</summary>
    [Alias("Stop")]
    Task Stop();

    /// <summary>A part has ended: look again.</summary>
    [OneWay, Alias("Wake")]
    Task Wake();
}

/// <summary>Asks for a member.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.MemberRequest")]
public sealed record MemberRequest
{
    /// <summary>The experiment.</summary>
    [Id(0)] public required ExperimentContext Context { get; init; }

    /// <summary>Name of the member.</summary>
    [Id(1)] public required string Member { get; init; }

    /// <summary>Address of the promoted clips of its selection; <c>null</c> for curated clips alone.</summary>
    [Id(2)] public string? Promoted { get; init; }

    /// <summary>
    /// The selection that <see cref="Promoted"/> is: the one asked for, or, where the curriculum ended before it, that of its last good round.
    /// </summary>
    [Id(3)] public required string TrainedOn { get; init; }
}

/// <summary>A member and its figures.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.MemberRecord")]
public sealed record MemberRecord
{
    /// <summary>Name of the member.</summary>
    [Id(0)] public required string Member { get; init; }

    /// <summary>Name of its model.</summary>
    [Id(1)] public required string Model { get; init; }

    /// <summary>Its selection: <c>curated</c>, <c>main@3</c>.</summary>
    [Id(2)] public required string Selection { get; init; }

    /// <summary>Whether its folds are done and its figures computed.</summary>
    [Id(3)] public bool Done { get; init; }

    /// <summary>Why it cannot go on, in one line.</summary>
    [Id(4)] public string? Problem { get; init; }

    /// <summary>What it waits for, in one line.</summary>
    [Id(5)] public string? WaitsFor { get; init; }

    /// <summary>Its folds; empty while its selection is not there yet.</summary>
    [Id(6)] public FoldRecord[] Folds { get; init; } = [];

    /// <summary>Folds done.</summary>
    [Id(7)] public int FoldsDone { get; init; }

    /// <summary>Folds in all.</summary>
    [Id(8)] public int FoldsTotal { get; init; }

    /// <summary>
    /// lwlrap over all out-of-fold predictions together. Where the best epoch is kept it flatters; see <see cref="HonestLwlrap"/>.
    /// </summary>
    [Id(9)] public double? CrossValidatedLwlrap { get; init; }

    /// <summary>The same for each class, in the order of the classes; 0 where no clip has the class.</summary>
    [Id(10)] public double[] CrossValidatedPerClass { get; init; } = [];

    /// <summary>Test lwlrap, where the truth is known.</summary>
    [Id(11)] public double? TestLwlrap { get; init; }

    /// <summary>Address of the test predictions (mean over folds), <c>.npy</c> float32 [test clips, classes].</summary>
    [Id(12)] public string? TestPredictions { get; init; }

    /// <summary>Its jobs, done ones counted, running ones with figures.</summary>
    [Id(13)] public JobCounts Jobs { get; init; } = new();

    /// <summary>Test lwlrap on either leaderboard's clips, where the dataset tells them apart.</summary>
    [Id(30)] public LeaderboardScores? Leaderboard { get; init; }

    /// <summary>
    /// The selection that it is trained on: <see cref="Selection"/>, or, where its curriculum's rounds ended before that, the one of the last
    /// good round. <c>null</c> before it is known.
    /// </summary>
    [Id(14)] public string? TrainedOn { get; init; }

    /// <summary>lwlrap on the held-out clips, where there are any.</summary>
    [Id(15)] public double? HoldoutLwlrap { get; init; }

    /// <summary>Address of the predictions of the held-out clips (mean over folds), <c>.npy</c> float32 [clips, classes].</summary>
    [Id(16)] public string? HoldoutPredictions { get; init; }

    /// <summary>
    /// lwlrap over out-of-fold predictions where every clip's are by the epoch that is best on other clips; <c>null</c> where the last epoch
    /// is kept, which nothing chose.
    /// </summary>
    [Id(17)] public double? HonestLwlrap { get; init; }

    /// <summary>Interval of <see cref="CrossValidatedLwlrap"/>.</summary>
    [Id(18)] public LwlrapInterval? CrossValidatedInterval { get; init; }

    /// <summary>Labels of each class among the cross-validated clips.</summary>
    [Id(19)] public int[] CrossValidatedCounts { get; init; } = [];

    /// <summary>Interval of <see cref="TestLwlrap"/>.</summary>
    [Id(20)] public LwlrapInterval? TestInterval { get; init; }

    /// <summary>Test lwlrap of each class, in the order of the classes; 0 where no clip has the class.</summary>
    [Id(21)] public double[] TestPerClass { get; init; } = [];

    /// <summary>Labels of each class among the test clips.</summary>
    [Id(22)] public int[] TestCounts { get; init; } = [];

    /// <summary>The class names; empty until it is done.</summary>
    [Id(23)] public string[] Classes { get; init; } = [];
}

/// <summary>Counts of jobs, and those that run.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.JobCounts")]
public sealed record JobCounts
{
    /// <summary>Waiting for a device.</summary>
    [Id(0)] public int Queued { get; init; }

    /// <summary>Running.</summary>
    [Id(1)] public int Running { get; init; }

    /// <summary>With a result.</summary>
    [Id(2)] public int Done { get; init; }

    /// <summary>In all, those not yet asked for included.</summary>
    [Id(3)] public int Total { get; init; }

    /// <summary>The running ones.</summary>
    [Id(4)] public RunningJob[] RunningJobs { get; init; } = [];
}
