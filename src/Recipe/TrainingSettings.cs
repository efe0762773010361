namespace OrleansTagging.Recipe;

/// <summary>How a fold is trained.</summary>
/// <remarks>
/// Names and defaults are those of the third-place solution's train_2d_cnn.py where it has them. Its commands say otherwise in part: an
/// Adam under <c>1cycle_0.0001_0.005</c>, without weight decay, batches of 20 (examples/reference.yaml).
/// </remarks>
public sealed record TrainingSettings
{
    /// <summary>The losses: LSEP, binary cross-entropy, focal.</summary>
    public static IReadOnlyList<string> Losses { get; } = ["lsep", "bce", "focal"];

    /// <summary>The optimisers.</summary>
    public static IReadOnlyList<string> Optimizers { get; } = ["adam", "momentum"];

    /// <summary>Which epoch's weights are kept.</summary>
    public static IReadOnlyList<string> Keeps { get; } = ["best", "last"];

    /// <summary>Passes over the training clips.</summary>
    public int Epochs { get; init; } = 100;

    /// <summary>
    /// Clips of a batch. The clips are shuffled anew each epoch, and a last batch that would have fewer is dropped for the epoch.
    /// </summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>
    /// Whether clips of like length share a batch, so that less of it is padding: the shuffled clips are sorted by length within every
    /// eight batches. Off in the solution.
    /// </summary>
    public bool BatchesByLength { get; init; }

    /// <summary>Longest stretch of a clip in training, in seconds; a longer clip gives a random stretch of this length, anew each epoch.</summary>
    public double MaxAudioLength { get; init; } = 10;

    /// <summary>
    /// Further trainings of so many epochs each, every one with the whole schedule anew, from the checkpoint where the one before it
    /// ended; none by default.
    /// </summary>
    public int[] MoreEpochs { get; init; } = [];

    /// <summary>The loss; one of <see cref="Losses"/>.</summary>
    public string Loss { get; init; } = "lsep";

    /// <summary>Exponent of the focal loss: by how much clips that are judged rightly count less.</summary>
    public double FocalGamma { get; init; } = 2;

    /// <summary>The optimiser: <c>adam</c>, with AMSGrad, or <c>momentum</c>, gradient descent with Nesterov's.</summary>
    public string Optimizer { get; init; } = "adam";

    /// <summary>The momentum of <c>momentum</c>.</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>The learning rate at the start where the schedule is <c>steplr</c>; one cycle names its own rates.</summary>
    public double Lr { get; init; } = 0.01;

    /// <summary>Name of the learning-rate schedule (<see cref="ScheduleDescriptor"/>).</summary>
    public string Scheduler { get; init; } = "steplr_1_0.5";

    /// <summary>Weight decay (L2) of the optimiser.</summary>
    public double WeightDecay { get; init; } = 1e-5;

    /// <summary>Batches whose gradients are averaged for one step of the optimiser.</summary>
    public int AccumulationSteps { get; init; } = 1;

    /// <summary>Whose weights are kept: those of the <c>best</c> epoch by validation lwlrap or those after the <c>last</c> one.</summary>
    public string Keep { get; init; } = "best";

    /// <summary>How the clips are changed before they are trained on.</summary>
    public AugmentationSettings Augmentation { get; init; } = new();

    /// <summary>Threads of one job on the CPU; a part of what determines its result to the last bit.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>The accelerator that a job needs: <c>cpu</c> or <c>cuda</c>.</summary>
    public string Device { get; init; } = "cpu";
}
