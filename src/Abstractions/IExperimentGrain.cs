using Orleans;
using Orleans.Concurrency;

namespace OrleansTagging.Abstractions;

/// <summary>One experiment under its name (the grain's key): its file, how far it is, and its report.</summary>
[Alias("OrleansTagging.IExperimentGrain")]
public interface IExperimentGrain : IGrainWithStringKey
{
    /// <summary>
    /// Begins the experiment of a file, goes on with it when it was paused, stopped, cancelled or failed, or changes nothing when it runs
    /// or is done. A file that differs from the one submitted under this name before is refused while that one runs or is paused; otherwise
    /// it takes its place, and only what the change touches is run.
    /// </summary>
    /// <param name="yaml">Text of the experiment file.</param>
    /// <param name="fileName">What a message calls the file.</param>
    [Alias("Submit")]
    Task<SubmitAnswer> Submit(string yaml, string fileName);

    /// <summary>
    /// Stops the experiment: its jobs that no other experiment waits for leave the queue or are ended. Submitting the file again goes on.
    /// </summary>
    [Alias("Stop")]
    Task Stop();

    /// <summary>
    /// Holds a running experiment up: its Trainers that no other experiment needs leave a checkpoint and end, and none is started until it
    /// is resumed.
    /// </summary>
    /// <returns>Where it stands now.</returns>
    [AlwaysInterleave, Alias("Pause")]
    Task<ExperimentStatus> Pause();

    /// <summary>Goes on with a paused experiment.</summary>
    /// <returns>Where it stands now.</returns>
    [Alias("Resume")]
    Task<ExperimentStatus> Resume();

    /// <summary>
    /// Gives a running or paused experiment up: its jobs that no other experiment waits for leave the queue or are ended. It stays so until
    /// its file is submitted again.
    /// </summary>
    /// <returns>Where it stands now.</returns>
    [AlwaysInterleave, Alias("Cancel")]
    Task<ExperimentStatus> Cancel();

    /// <summary>Sets its priority, 0 unless it was set: the jobs of the experiment with the highest go first.</summary>
    /// <returns>Where it stands now.</returns>
    [AlwaysInterleave, Alias("SetPriority")]
    Task<ExperimentStatus> SetPriority(int priority);

    /// <summary>How far the experiment is, with the live figures of its running jobs.</summary>
    [AlwaysInterleave, Alias("GetProgress")]
    Task<ExperimentProgress> GetProgress();

    /// <summary>The experiment's record; <c>null</c> where none was submitted under this name.</summary>
    [AlwaysInterleave, Alias("Describe")]
    Task<ExperimentRecord?> Describe();

    /// <summary>A part of the experiment has ended: look again.</summary>
    [OneWay, Alias("Wake")]
    Task Wake();
}

/// <summary>Where an experiment stands.</summary>
[GenerateSerializer, Alias("OrleansTagging.ExperimentStatus")]
public enum ExperimentStatus
{
    /// <summary>Never submitted.</summary>
    None,

    /// <summary>Its jobs run or wait.</summary>
    Running,

    /// <summary>Its report is written.</summary>
    Done,

    /// <summary>A job failed; submit again to retry.</summary>
    Failed,

    /// <summary>Stopped by its user; submit again to go on.</summary>
    Stopped,

    /// <summary>Paused by its user; resume it, or submit it again, to go on.</summary>
    Paused,

    /// <summary>Given up by its user; submit again to begin anew, with all results there are.</summary>
    Cancelled,
}

/// <summary>Whether a submitted file was taken.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.SubmitAnswer")]
public sealed record SubmitAnswer
{
    /// <summary>Why the file was refused, in one line; <c>null</c> when it was taken.</summary>
    [Id(0)] public string? Problem { get; init; }

    /// <summary>Name of the experiment.</summary>
    [Id(1)] public required string Experiment { get; init; }

    /// <summary>Where the experiment stands now.</summary>
    [Id(2)] public ExperimentStatus Status { get; init; }
}

/// <summary>What an experiment's grain holds.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.ExperimentRecord")]
public sealed record ExperimentRecord
{
    /// <summary>Name of the experiment.</summary>
    [Id(0)] public required string Name { get; init; }

    /// <summary>Text of its file.</summary>
    [Id(1)] public required string Yaml { get; init; }

    /// <summary>Where it stands.</summary>
    [Id(2)] public required ExperimentStatus Status { get; init; }

    /// <summary>What it waits for, in one line; <c>null</c> when it waits for nothing.</summary>
    [Id(3)] public string? WaitsFor { get; init; }

    /// <summary>Why it failed, in one line.</summary>
    [Id(4)] public string? Problem { get; init; }

    /// <summary>Name of its dataset.</summary>
    [Id(5)] public required string Dataset { get; init; }

    /// <summary>Version of its dataset.</summary>
    [Id(6)] public required string DatasetVersion { get; init; }

    /// <summary>Address of <c>report.json</c>; <c>null</c> until it is done.</summary>
    [Id(7)] public string? Report { get; init; }

    /// <summary>Address of <c>submission.csv</c>; <c>null</c> until it is done.</summary>
    [Id(8)] public string? Submission { get; init; }

    /// <summary>Address of <c>timings.json</c>; <c>null</c> until it is done.</summary>
    [Id(9)] public string? Timings { get; init; }

    /// <summary>Its priority.</summary>
    [Id(10)] public int Priority { get; init; }

    /// <summary>When it was first submitted; <c>null</c> where that was not noted.</summary>
    [Id(11)] public DateTimeOffset? Submitted { get; init; }
}

/// <summary>How far an experiment is: all that a live view shows.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.ExperimentProgress")]
public sealed record ExperimentProgress
{
    /// <summary>Name of the experiment.</summary>
    [Id(0)] public required string Name { get; init; }

    /// <summary>Where it stands.</summary>
    [Id(1)] public required ExperimentStatus Status { get; init; }

    /// <summary>What it waits for, in one line; <c>null</c> when it waits for nothing.</summary>
    [Id(2)] public string? WaitsFor { get; init; }

    /// <summary>Why it failed, in one line.</summary>
    [Id(3)] public string? Problem { get; init; }

    /// <summary>The rounds of its curricula, in their order.</summary>
    [Id(4)] public RoundRecord[] Rounds { get; init; } = [];

    /// <summary>Its members, in the order of their names.</summary>
    [Id(5)] public MemberRecord[] Members { get; init; } = [];

    /// <summary>Its jobs that run now.</summary>
    [Id(6)] public RunningJob[] Running { get; init; } = [];

    /// <summary>Jobs asked for that still wait for a device.</summary>
    [Id(7)] public int JobsQueued { get; init; }

    /// <summary>Jobs that run.</summary>
    [Id(8)] public int JobsRunning { get; init; }

    /// <summary>Jobs with a result.</summary>
    [Id(9)] public int JobsDone { get; init; }

    /// <summary>
    /// Jobs in all, those included that cannot be asked for yet. A job that two parts of the experiment share counts for each.
    /// </summary>
    [Id(10)] public int JobsTotal { get; init; }

    /// <summary>Address of <c>report.json</c>; <c>null</c> until it is done.</summary>
    [Id(11)] public string? Report { get; init; }

    /// <summary>Address of <c>submission.csv</c>; <c>null</c> until it is done.</summary>
    [Id(12)] public string? Submission { get; init; }

    /// <summary>Address of <c>timings.json</c>; <c>null</c> until it is done.</summary>
    [Id(13)] public string? Timings { get; init; }

    /// <summary>Test lwlrap of the ensemble, where the truth is known and it is done.</summary>
    [Id(14)] public double? EnsembleTestLwlrap { get; init; }

    /// <summary>The ensemble's test lwlrap on either leaderboard's clips, where the dataset tells them apart and it is done.</summary>
    [Id(30)] public LeaderboardScores? EnsembleLeaderboard { get; init; }

    /// <summary>What became of the noisy clips that no round promoted, of the curricula that relabel them.</summary>
    [Id(15)] public RelabelRecord[] Relabelled { get; init; } = [];

    /// <summary>Its ensembles, the one that is submitted first; none until it is done.</summary>
    [Id(16)] public EnsembleRecord[] Ensembles { get; init; } = [];

    /// <summary>Members that differ in their seed alone; none until it is done.</summary>
    [Id(17)] public SeedSpread[] Spreads { get; init; } = [];

    /// <summary>Its priority.</summary>
    [Id(18)] public int Priority { get; init; }

    /// <summary>When it was first submitted; <c>null</c> where that was not noted.</summary>
    [Id(19)] public DateTimeOffset? Submitted { get; init; }
}

/// <summary>A job that runs, as its Trainer last told.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.RunningJob")]
public sealed record RunningJob
{
    /// <summary>Id of the job.</summary>
    [Id(0)] public required string Job { get; init; }

    /// <summary>What it is, for a reader: <c>main.scorer curated fold 0: train</c>.</summary>
    [Id(1)] public required string What { get; init; }

    /// <summary>Epochs begun; 0 in a prediction.</summary>
    [Id(2)] public int Epoch { get; init; }

    /// <summary>Epochs in all; 0 in a prediction.</summary>
    [Id(3)] public int Epochs { get; init; }

    /// <summary>Steps done.</summary>
    [Id(4)] public int Step { get; init; }

    /// <summary>Steps in all.</summary>
    [Id(5)] public int Steps { get; init; }

    /// <summary>Mean loss of the epoch so far.</summary>
    [Id(6)] public double? Loss { get; init; }

    /// <summary>lwlrap on the validation clips after the last whole epoch.</summary>
    [Id(7)] public double? Lwlrap { get; init; }

    /// <summary>Seconds since the Trainer began.</summary>
    [Id(8)] public double? Seconds { get; init; }

    /// <summary>What it waits for, in one line: a full disk, a store that does not answer; <c>null</c> while it works.</summary>
    [Id(30)] public string? Waits { get; init; }

    /// <summary>Whether its Trainer has ended: the last that is told of it live. Never so of a job that is listed as running.</summary>
    [Id(31)] public bool Ended { get; init; }
}
