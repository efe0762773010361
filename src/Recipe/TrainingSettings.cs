namespace OrleansTagging.Recipe;

/// <summary>How a fold is trained.</summary>
public sealed record TrainingSettings
{
    /// <summary>The losses: LSEP, binary cross-entropy, focal.</summary>
    public static IReadOnlyList<string> Losses { get; } = ["lsep", "bce", "focal"];

    /// <summary>Passes over the training clips.</summary>
    public int Epochs { get; init; } = 40;

    /// <summary>Clips a step.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Longest stretch of a clip in training, in seconds; a longer clip gives a random stretch of this length, anew each epoch.</summary>
    public double MaxSeconds { get; init; } = 8;

    /// <summary>
    /// Further trainings of so many epochs each, every one with the whole schedule anew, from the checkpoint where the one before it
    /// ended; none by default.
    /// </summary>
    public int[] MoreEpochs { get; init; } = [];

    /// <summary>The loss; one of <see cref="Losses"/>.</summary>
    public string Loss { get; init; } = "lsep";

    /// <summary>Exponent of the focal loss: by how much clips that are judged rightly count less.</summary>
    public double FocalGamma { get; init; } = 2;

    /// <summary>The optimiser; <c>adam</c> (with AMSGrad) or <c>sgd</c> (with Nesterov's momentum).</summary>
    public string Optimizer { get; init; } = "adam";

    /// <summary>Momentum of <c>sgd</c>.</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>Name of the learning-rate schedule (<see cref="ScheduleDescriptor"/>).</summary>
    public string Schedule { get; init; } = "1cycle_0.0001_0.005";

    /// <summary>Weight decay (L2) of the optimiser.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Batches whose gradients are averaged for one step of the optimiser.</summary>
    public int Accumulate { get; init; } = 1;

    /// <summary>Whose weights are kept: those after the <c>last</c> epoch or those of the <c>best</c> one by validation lwlrap.</summary>
    public string Keep { get; init; } = "last";

    /// <summary>How the clips are changed before they are trained on; not at all by default.</summary>
    public AugmentationSettings Augmentation { get; init; } = new();

    /// <summary>Threads of one job on the CPU; a part of what determines its result to the last bit.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>The accelerator that a job needs: <c>cpu</c> or <c>cuda</c>.</summary>
    public string Device { get; init; } = "cpu";
}
