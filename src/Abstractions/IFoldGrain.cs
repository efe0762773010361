using System.Text.Json.Serialization;
using Orleans;
using Orleans.Concurrency;

namespace OrleansTagging.Abstractions;

/// <summary>
/// One fold of a model on a selection (key: experiment/member/selection/fold; a curriculum's scorer stands as
/// <c>&lt;curriculum&gt;.scorer</c> in the member's place): its training job, its prediction jobs and their results.
/// </summary>
[Alias("OrleansTagging.IFoldGrain")]
public interface IFoldGrain : IGrainWithStringKey
{
    /// <summary>Begins the fold or goes on with it, and answers at once how far it is.</summary>
    [Alias("Ensure")]
    Task<FoldRecord> Ensure(FoldRequest request);

    /// <summary>How far it is, with the live figures of its running job; changes nothing. <c>null</c> before it was asked for.</summary>
    [AlwaysInterleave, Alias("GetStatus")]
    Task<FoldRecord?> GetStatus();

    /// <summary>Gives up its jobs.</summary>
    [Alias("Stop")]
    Task Stop();

    /// <summary>A job has ended: look again.</summary>
    [OneWay, Alias("Wake")]
    Task Wake();
}

/// <summary>Who is to be woken when a part has ended.</summary>
[GenerateSerializer, Alias("OrleansTagging.ParentKind")]
public enum ParentKind
{
    /// <summary>An <see cref="IExperimentGrain"/>.</summary>
    Experiment,

    /// <summary>An <see cref="ICurriculumGrain"/>.</summary>
    Curriculum,

    /// <summary>An <see cref="IEnsembleMemberGrain"/>.</summary>
    Member,

    /// <summary>An <see cref="IFoldGrain"/>.</summary>
    Fold,
}

/// <summary>A grain that waits for a part.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.Parent")]
public sealed record Parent
{
    /// <summary>Kind of grain.</summary>
    [Id(0)] public required ParentKind Kind { get; init; }

    /// <summary>Its key.</summary>
    [Id(1)] public required string Key { get; init; }

    /// <summary>Name of the experiment that it belongs to.</summary>
    [JsonIgnore]
    public string Experiment => Key.Split('/', 2)[0];
}

/// <summary>Asks for a fold.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.FoldRequest")]
public sealed record FoldRequest
{
    /// <summary>The experiment.</summary>
    [Id(0)] public required ExperimentContext Context { get; init; }

    /// <summary>The member, or <c>&lt;curriculum&gt;.scorer</c>.</summary>
    [Id(2)] public required string Owner { get; init; }

    /// <summary>The selection by name.</summary>
    [Id(3)] public required string Selection { get; init; }

    /// <summary>Address of the promoted clips of the selection; <c>null</c> for curated clips alone.</summary>
    [Id(4)] public string? Promoted { get; init; }

    /// <summary>The fold, counted from 0.</summary>
    [Id(5)] public required int Fold { get; init; }

    /// <summary>Whether the noisy clips are predicted, all of them.</summary>
    [Id(6)] public bool PredictNoisy { get; init; }

    /// <summary>Whether the clips that members are measured on (<see cref="FoldsAnswer.Judged"/>) are predicted.</summary>
    [Id(7)] public bool PredictTest { get; init; }

    /// <summary>Priority of its jobs; the highest goes first.</summary>
    [Id(8)] public int Priority { get; init; }

    /// <summary>Who waits for it.</summary>
    [Id(9)] public required Parent Parent { get; init; }
}

/// <summary>A fold and its results.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.FoldRecord")]
public sealed record FoldRecord
{
    /// <summary>The member, or <c>&lt;curriculum&gt;.scorer</c>.</summary>
    [Id(0)] public required string Owner { get; init; }

    /// <summary>The selection by name.</summary>
    [Id(1)] public required string Selection { get; init; }

    /// <summary>The fold, counted from 0.</summary>
    [Id(2)] public required int Fold { get; init; }

    /// <summary>Whether all its jobs are done.</summary>
    [Id(3)] public bool Done { get; init; }

    /// <summary>Why it cannot go on, in one line that names the job.</summary>
    [Id(4)] public string? Problem { get; init; }

    /// <summary>What it waits for, in one line.</summary>
    [Id(5)] public string? WaitsFor { get; init; }

    /// <summary>Clips trained on.</summary>
    [Id(6)] public int TrainClips { get; init; }

    /// <summary>Clips validated on.</summary>
    [Id(7)] public int ValidationClips { get; init; }

    /// <summary>Id of the training job; where that was continued, of the last one.</summary>
    [Id(8)] public string? TrainingJob { get; init; }

    /// <summary>Id of the job that predicts the noisy clips.</summary>
    [Id(9)] public string? NoisyJob { get; init; }

    /// <summary>Id of the job that predicts the test clips, and held-out ones.</summary>
    [Id(10)] public string? TestJob { get; init; }

    /// <summary>lwlrap on the validation clips.</summary>
    [Id(11)] public double? Lwlrap { get; init; }

    /// <summary>Address of the validation clips (<c>fname,labels</c>).</summary>
    [Id(12)] public string? ValidationList { get; init; }

    /// <summary>Address of the predictions of the validation clips: out of fold.</summary>
    [Id(13)] public string? OutOfFold { get; init; }

    /// <summary>Address of the predictions of the noisy clips, all of them, by file name.</summary>
    [Id(14)] public string? NoisyPredictions { get; init; }

    /// <summary>Address of the predictions of the test clips, then of held-out ones.</summary>
    [Id(15)] public string? TestPredictions { get; init; }

    /// <summary>Its jobs, done ones counted, running ones with figures.</summary>
    [Id(16)] public JobCounts Jobs { get; init; } = new();

    /// <summary>Ids of the training jobs that <see cref="TrainingJob"/> continues, the first one first.</summary>
    [Id(17)] public string[] ContinuedJobs { get; init; } = [];

    /// <summary>
    /// Address of the validation clips' predictions where every clip's are by the epoch that is best on other clips; <c>null</c> where the last
    /// epoch is kept, whose predictions chose nothing.
    /// </summary>
    [Id(18)] public string? HonestOutOfFold { get; init; }

    /// <summary>lwlrap of those.</summary>
    [Id(19)] public double? HonestLwlrap { get; init; }

    /// <summary>The epoch that was kept, where that is the best one.</summary>
    [Id(20)] public int? BestEpoch { get; init; }
}
