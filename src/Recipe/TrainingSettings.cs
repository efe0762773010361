namespace OrleansTagging.Recipe;

/// <summary>How a fold is trained.</summary>
public sealed record TrainingSettings
{
    /// <summary>Passes over the training clips.</summary>
    public int Epochs { get; init; } = 40;

    /// <summary>Clips a step.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Longest stretch of a clip in training, in seconds; a longer clip gives a random stretch of this length, anew each epoch.</summary>
    public double MaxSeconds { get; init; } = 8;

    /// <summary>The loss; <c>lsep</c>.</summary>
    public string Loss { get; init; } = "lsep";

    /// <summary>The optimiser; <c>adam</c> (with AMSGrad).</summary>
    public string Optimizer { get; init; } = "adam";

    /// <summary>Name of the learning-rate schedule (<see cref="ScheduleDescriptor"/>).</summary>
    public string Schedule { get; init; } = "1cycle_0.0001_0.005";

    /// <summary>Weight decay (L2) of the optimiser.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Threads of one job on the CPU; a part of what determines its result to the last bit.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>The accelerator that a job needs: <c>cpu</c> or <c>cuda</c>.</summary>
    public string Device { get; init; } = "cpu";
}
