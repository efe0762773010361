using System.Text.Json.Serialization;

namespace OrleansTagging.Grains.Planning;

/// <summary>What a run of an experiment's file would do on a store, found out without doing any of it.</summary>
public sealed record ExperimentPlan
{
    /// <summary>Name of the experiment.</summary>
    public required string Experiment { get; init; }

    /// <summary>Name of its dataset.</summary>
    public required string Dataset { get; init; }

    /// <summary>Version of its dataset.</summary>
    public required string DatasetVersion { get; init; }

    /// <summary>The rounds of its curricula, then its members.</summary>
    public required PlannedPart[] Parts { get; init; }

    /// <summary>Its jobs, each once however many parts share it.</summary>
    public required PlannedJob[] Jobs { get; init; }

    /// <summary>How long it would take.</summary>
    public required PlannedTime Time { get; init; }

    /// <summary>Jobs of a state.</summary>
    public int Count(PlannedState state) => Jobs.Count(job => job.State == state);
}

/// <summary>What is known of a job before it runs.</summary>
public enum PlannedState
{
    /// <summary>The store has its result.</summary>
    Done,

    /// <summary>It is to be run, and all that determines it is known.</summary>
    New,

    /// <summary>
    /// It is to be run once what it works on is there: the clips of a round to come, or the weights of a training to come.
    /// </summary>
    Later,
}

/// <summary>One job of a plan.</summary>
public sealed record PlannedJob
{
    /// <summary>Its id; <c>null</c> where that depends on jobs to come.</summary>
    public string? Job { get; init; }

    /// <summary>The first part that asks for it.</summary>
    public required string Part { get; init; }

    /// <summary><c>train</c>, <c>train on</c>, <c>predict noisy</c> or <c>predict test</c> (with the clips held out).</summary>
    public required string Kind { get; init; }

    /// <summary>The fold, counted from 0.</summary>
    public required int Fold { get; init; }

    /// <summary>What is known of it.</summary>
    public required PlannedState State { get; init; }

    /// <summary>Clips that it trains on or predicts.</summary>
    public required int Clips { get; init; }

    /// <summary>The accelerator it needs.</summary>
    public required string Device { get; init; }

    /// <summary>Threads on the CPU.</summary>
    [JsonIgnore]
    public int Threads { get; init; }

    /// <summary>Seconds that it would take on its device; 0 where it is done.</summary>
    public double Seconds { get; init; }
}

/// <summary>A round of a curriculum, or a member, with the jobs that it needs.</summary>
public sealed record PlannedPart
{
    /// <summary>The round (<c>main@2</c>) or the member.</summary>
    public required string Name { get; init; }

    /// <summary>Name of the model.</summary>
    public required string Model { get; init; }

    /// <summary>What the model is trained on.</summary>
    public required string Selection { get; init; }

    /// <summary>Clips trained on, the mean over its folds.</summary>
    public required int Clips { get; init; }

    /// <summary>Its trainings.</summary>
    public required int Trainings { get; init; }

    /// <summary>Those of them that the store has.</summary>
    public required int TrainingsDone { get; init; }

    /// <summary>Its predictions.</summary>
    public required int Predictions { get; init; }

    /// <summary>Those of them that the store has.</summary>
    public required int PredictionsDone { get; init; }

    /// <summary>Its jobs that a part before it asks for, too.</summary>
    public required int Shared { get; init; }

    /// <summary>Seconds on a device for what is neither done nor shared.</summary>
    public required double Seconds { get; init; }
}

/// <summary>How long a plan's jobs would take.</summary>
public sealed record PlannedTime
{
    /// <summary>Seconds on one device, one job after another.</summary>
    public required double DeviceSeconds { get; init; }

    /// <summary>Jobs that this machine runs side by side.</summary>
    public required int AtATime { get; init; }

    /// <summary>Seconds on this machine.</summary>
    public required double Seconds { get; init; }

    /// <summary>Whether a GPU is needed, of which one is counted on.</summary>
    public required bool Cuda { get; init; }

    /// <summary>What the estimate rests on, in a phrase.</summary>
    public required string Source { get; init; }
}
