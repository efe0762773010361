using Orleans;
using Orleans.Concurrency;

namespace OrleansTagging.Abstractions;

/// <summary>One job (key: its id, <c>&lt;device&gt;-&lt;hash&gt;</c>): its lease, its Trainer process and its result.</summary>
[Alias("OrleansTagging.ITrainingGrain")]
public interface ITrainingGrain : IGrainWithStringKey
{
    /// <summary>Asks for the job's result and answers at once how far it is; a job with a result is never run again.</summary>
    [Alias("Ensure")]
    Task<JobRecord> Ensure(JobRequest request);

    /// <summary>What is known of the job; <c>null</c> where nobody asked for it.</summary>
    [AlwaysInterleave, Alias("Describe")]
    Task<JobRecord?> Describe();

    /// <summary>The parent no longer waits for the job; with no other parent left it leaves the queue or its process is ended.</summary>
    [Alias("Release")]
    Task Release(Parent parent);

    /// <summary>The scheduler gave the job a device.</summary>
    [OneWay, Alias("Start")]
    Task Start(JobLease lease);

    /// <summary>The scheduler wants a device back: the Trainer leaves a checkpoint, ends, and the job waits again.</summary>
    /// <param name="epoch">Epoch of the lease.</param>
    [OneWay, Alias("Recall")]
    Task Recall(long epoch);
}

/// <summary>Where a job stands.</summary>
[GenerateSerializer, Alias("OrleansTagging.JobStatus")]
public enum JobStatus
{
    /// <summary>Nobody waits for it.</summary>
    None,

    /// <summary>It waits for a device.</summary>
    Queued,

    /// <summary>Its Trainer runs.</summary>
    Running,

    /// <summary>It has a result.</summary>
    Done,

    /// <summary>It failed for good.</summary>
    Failed,
}

/// <summary>Asks for a job.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.JobRequest")]
public sealed record JobRequest
{
    /// <summary>Id of the job.</summary>
    [Id(0)] public required string Job { get; init; }

    /// <summary>Address of its document, <c>.json</c>.</summary>
    [Id(1)] public required string Document { get; init; }

    /// <summary>What it is, for a reader: <c>main.scorer curated fold 0: train</c>.</summary>
    [Id(2)] public required string What { get; init; }

    /// <summary>Slots of a device that it takes.</summary>
    [Id(3)] public required int Slots { get; init; }

    /// <summary>Priority; the highest goes first.</summary>
    [Id(4)] public required int Priority { get; init; }

    /// <summary>Who waits for it.</summary>
    [Id(5)] public required Parent Parent { get; init; }

    /// <summary>The experiment's attempt (<see cref="ExperimentContext.Attempt"/>).</summary>
    [Id(6)] public required string Attempt { get; init; }

    /// <summary>The span of the experiment's submission (<see cref="ExperimentContext.Trace"/>).</summary>
    [Id(7)] public string? Trace { get; init; }
}

/// <summary>A job and what became of it.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.JobRecord")]
public sealed record JobRecord
{
    /// <summary>Id of the job.</summary>
    [Id(0)] public required string Job { get; init; }

    /// <summary>What it is, for a reader.</summary>
    [Id(1)] public required string What { get; init; }

    /// <summary>Address of its document.</summary>
    [Id(2)] public required string Document { get; init; }

    /// <summary>Where it stands.</summary>
    [Id(3)] public required JobStatus Status { get; init; }

    /// <summary>Times its Trainer was started for this result.</summary>
    [Id(4)] public int Attempts { get; init; }

    /// <summary>Why it failed, in one line.</summary>
    [Id(5)] public string? Problem { get; init; }

    /// <summary>Its result as JSON (Recipe's <c>JobResult</c>).</summary>
    [Id(6)] public string? Result { get; init; }

    /// <summary>Exit code of the last Trainer that ended.</summary>
    [Id(7)] public int? ExitCode { get; init; }

    /// <summary>Last lines that a Trainer wrote to its standard error.</summary>
    [Id(8)] public string[] LastOutput { get; init; } = [];

    /// <summary>Seconds that the Trainer with the result took.</summary>
    [Id(9)] public double? Seconds { get; init; }

    /// <summary>Its largest resident set in bytes.</summary>
    [Id(10)] public long? PeakMemory { get; init; }

    /// <summary>Host that ran it.</summary>
    [Id(11)] public string? Host { get; init; }

    /// <summary>Live figures while it runs.</summary>
    [Id(12)] public RunningJob? Running { get; init; }

    /// <summary>How the last Trainer ended.</summary>
    [Id(13)] public JobEnd End { get; init; }

    /// <summary>Trainers in a row that failed.</summary>
    [Id(14)] public int Crashes { get; init; }

    /// <summary>When it is tried again after a failure; <c>null</c> where it waits for a device alone, or for nothing.</summary>
    [Id(15)] public DateTimeOffset? NextTry { get; init; }

    /// <summary>What it waits for after a failure, in one line.</summary>
    [Id(16)] public string? Waits { get; init; }

    /// <summary>Address of the last Trainer's last output, <c>.txt</c>, where the job failed for good because of it.</summary>
    [Id(17)] public string? Log { get; init; }
}

/// <summary>How a Trainer ended.</summary>
[GenerateSerializer, Alias("OrleansTagging.JobEnd")]
public enum JobEnd
{
    /// <summary>None has ended yet.</summary>
    None,

    /// <summary>With a result.</summary>
    Done,

    /// <summary>With a fault of the program or its machine.</summary>
    Fault,

    /// <summary>The fault lies in the input.</summary>
    BadInput,

    /// <summary>It was told to stop.</summary>
    Stopped,

    /// <summary>Ended by a signal.</summary>
    Signal,

    /// <summary>It ran out of memory.</summary>
    OutOfMemory,

    /// <summary>It gave no sign of life any more and was ended.</summary>
    Hung,

    /// <summary>It told of success, but left no result or not all of it.</summary>
    BadResult,

    /// <summary>It could not be started.</summary>
    NotStarted,
}
