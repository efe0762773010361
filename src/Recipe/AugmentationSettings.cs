namespace OrleansTagging.Recipe;

/// <summary>
/// How a clip's samples are changed, anew in each epoch, before it is trained on. Everything is off by default; the ranges are those of the
/// third-place solution's code (github.com/ex4sperans/freesound-classification, ops/transforms.py), which gives a clip all effects with a
/// chance of 0.75 and mixes it with another one with a chance of 0.5.
/// </summary>
/// <remarks>
/// The order: reversal, shuffled chunks, cut-out; then the other clip is mixed in; then the effects, so that both sounds are in one room.
/// </remarks>
public sealed record AugmentationSettings
{
    /// <summary>The audio effects, in the order in which they are applied.</summary>
    public static IReadOnlyList<string> AllEffects { get; } = ["reverb", "pitch", "tempo", "speed", "overdrive"];

    /// <summary>The rules of MixUp.</summary>
    public static IReadOnlyList<string> MixUpRules { get; } = ["none", "or", "weighted"];

    /// <summary>Chance that a clip gets effects.</summary>
    public double Effects { get; init; }

    /// <summary>
    /// Whether a clip gets all of <see cref="EffectKinds"/> or none, as in the third-place solution; otherwise each has its chance by
    /// itself.
    /// </summary>
    public bool EffectsTogether { get; init; } = true;

    /// <summary>
    /// The effects that are drawn from; of <see cref="AllEffects"/>. The default is the third-place solution's text; its code has
    /// <c>speed</c> in the place of <c>tempo</c>.
    /// </summary>
    public string[] EffectKinds { get; init; } = ["reverb", "pitch", "tempo", "overdrive"];

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

    /// <summary>
    /// How two clips are mixed: <c>none</c>; <c>or</c>, the mix has the labels of both (the third-place solution's); <c>weighted</c>, each
    /// label counts by its clip's level (Zhang et al., "mixup: Beyond Empirical Risk Minimization", 2018).
    /// </summary>
    public string MixUp { get; init; } = "none";

    /// <summary>Chance that a clip is mixed with another one.</summary>
    public double MixUpShare { get; init; } = 0.5;

    /// <summary>Lowest and highest level of the first clip in a mix by the rule <c>or</c>; the other has what is missing to 1.</summary>
    public double[] MixUpLevels { get; init; } = [0.4, 0.6];

    /// <summary>Both parameters of the beta distribution from which <c>weighted</c> draws the first clip's level.</summary>
    public double MixUpAlpha { get; init; } = 0.4;

    /// <summary>Chance that a clip's half-second chunks are shuffled.</summary>
    public double ShuffleChunks { get; init; }

    /// <summary>Chance that a stretch of a clip is silenced.</summary>
    public double CutOut { get; init; }

    /// <summary>Chance that a clip is played backwards.</summary>
    public double Reverse { get; init; }

    /// <summary>The epoch, counted from 1, from which on clips are left as they are; 0 where they never are.</summary>
    public int OffFrom { get; init; }
}
