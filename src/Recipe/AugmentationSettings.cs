namespace OrleansTagging.Recipe;

/// <summary>
/// How a clip's samples are changed, anew in each epoch, before it is trained on. Names, ranges and defaults are those of the third-place
/// solution's code (github.com/ex4sperans/freesound-classification, train_2d_cnn.py and ops/transforms.py at 71b9920); its commands give a
/// clip effects with a chance of 0.75 and mix it with another one with a chance of 0.5.
/// </summary>
/// <remarks>
/// The order: reversal, shuffled chunks, cut-out; then the other clip is mixed in; then the effects, so that both sounds are in one room.
/// </remarks>
public sealed record AugmentationSettings
{
    private const double ShuffledByDefault = 0.5;

    /// <summary>The audio effects.</summary>
    public static IReadOnlyList<string> AllEffects { get; } = ["reverb", "pitch", "tempo", "speed", "overdrive"];

    /// <summary>The labels that a mix may have.</summary>
    public static IReadOnlyList<string> MixupRules { get; } = ["or", "weighted"];

    /// <summary>Chance that a clip gets effects.</summary>
    public double PAug { get; init; }

    /// <summary>Whether a clip gets all of <see cref="EffectKinds"/> or none; otherwise each has its chance by itself.</summary>
    public bool EffectsTogether { get; init; } = true;

    /// <summary>
    /// The effects that are drawn from; of <see cref="AllEffects"/>. The default is the third-place solution's code; its text has
    /// <c>tempo</c> in the place of <c>speed</c>.
    /// </summary>
    public string[] EffectKinds { get; init; } = ["reverb", "pitch", "overdrive", "speed"];

    /// <summary>Least and most reverberance, in percent, as in sox.</summary>
    public double[] Reverberance { get; init; } = [0, 50];

    /// <summary>Smallest and largest room that reverberates, in percent, as in sox.</summary>
    public double[] RoomScale { get; init; } = [0, 50];

    /// <summary>Lowest and highest change of pitch, in cents.</summary>
    public double[] Pitch { get; init; } = [-300, 300];

    /// <summary>Slowest and fastest tempo; the pitch stays.</summary>
    public double[] Tempo { get; init; } = [0.9, 1.1];

    /// <summary>Slowest and fastest speed; the pitch goes with it.</summary>
    public double[] Speed { get; init; } = [0.9, 1.1];

    /// <summary>Least and most gain of the overdrive, in decibels.</summary>
    public double[] Overdrive { get; init; } = [2, 10];

    /// <summary>Chance that a clip is mixed with another one.</summary>
    public double PMixup { get; init; }

    /// <summary>
    /// The labels of a mix: <c>or</c>, those of both clips (the third-place solution's); <c>weighted</c>, each label counts by its clip's
    /// level (Zhang et al., "mixup: Beyond Empirical Risk Minimization", 2018).
    /// </summary>
    public string MixupLabels { get; init; } = "or";

    /// <summary>
    /// Lowest and highest level of the longer clip in a mix by the rule <c>or</c>; the other has what is missing to 1. Clips of the same
    /// length have half each.
    /// </summary>
    public double[] MixupLevels { get; init; } = [0.4, 0.6];

    /// <summary>Both parameters of the beta distribution from which <c>weighted</c> draws the first clip's level.</summary>
    public double MixupAlpha { get; init; } = 0.4;

    /// <summary>
    /// Whether the shorter clip of a mix takes the place of a stretch of the longer one instead of being added to it: what the
    /// third-place solution's code does by a slip of its operator.
    /// </summary>
    public bool MixupOverwrites { get; init; }

    /// <summary>
    /// Chance that a clip's half-second chunks are shuffled; where the file does not say, 0.5, and 0 for a network that is recurrent.
    /// </summary>
    public double? ShuffleChunks { get; init; }

    /// <summary>Chance that a stretch of a clip is silenced.</summary>
    public double CutOut { get; init; }

    /// <summary>Chance that a clip is played backwards.</summary>
    public double Reverse { get; init; }

    /// <summary>
    /// The epoch, counted from 0, from which on clips are left as they are: 0 changes none at all, the number of epochs or more all.
    /// </summary>
    public int SwitchOffAugmentationsOn { get; init; } = 20;

    /// <summary>The settings with what the file leaves to the network.</summary>
    public AugmentationSettings Of(NetworkSettings network) =>
        this with { ShuffleChunks = ShuffleChunks ?? (network.IsRecurrent() ? 0 : ShuffledByDefault) };
}
