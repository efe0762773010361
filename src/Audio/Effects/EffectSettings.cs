namespace OrleansTagging.Audio.Effects;

/// <summary>A range that a value is drawn from, uniformly.</summary>
/// <param name="Low">The lowest value.</param>
/// <param name="High">The highest value.</param>
public readonly record struct Interval(double Low, double High);

/// <summary>
/// Which effects clips get, how often and how strong. An effect without its range is off. The ranges and chances are those of the
/// third-place solution's code (github.com/ex4sperans/freesound-classification, ops/transforms.py and README at 71b9920): with a chance of
/// 0.75 reverberance and room scale below 50, pitch by up to 300 cents, overdrive's gain from 2 to 10 dB and speed from 0.9 to 1.1, all at
/// once; chunks of half a second shuffled for every other clip; cut-out over a quarter and reversal written, but not used in the end. Its
/// text names tempo where the code has speed.
/// </summary>
public sealed record EffectSettings
{
    /// <summary>Chance of the effects from reverb to overdrive.</summary>
    public double Chance { get; init; } = 0.75;

    /// <summary>Whether a clip gets all effects or none; otherwise <see cref="Chance"/> is each one's own.</summary>
    public bool Together { get; init; } = true;

    /// <summary>Reverberance, 0 to 100 (<see cref="Reverb"/>).</summary>
    public Interval? Reverberance { get; init; } = new(0, 50);

    /// <summary>Scale of the reverberating room, 0 to 100.</summary>
    public Interval RoomScale { get; init; } = new(0, 50);

    /// <summary>Change of pitch in cents.</summary>
    public Interval? Pitch { get; init; } = new(-300, 300);

    /// <summary>New tempo over the old one; the pitch stays.</summary>
    public Interval? Tempo { get; init; }

    /// <summary>New speed over the old one; the pitch goes with it.</summary>
    public Interval? Speed { get; init; } = new(0.9, 1.1);

    /// <summary>Gain of the overdrive in decibels.</summary>
    public Interval? Overdrive { get; init; } = new(2, 10);

    /// <summary>Chance that chunks are shuffled.</summary>
    public double Shuffle { get; init; }

    /// <summary>Length of a shuffled chunk in seconds.</summary>
    public double ChunkSeconds { get; init; } = 0.5;

    /// <summary>Chance that a stretch is silenced.</summary>
    public double CutOut { get; init; }

    /// <summary>The silenced stretch's share of the clip.</summary>
    public double CutOutShare { get; init; } = 0.25;

    /// <summary>Chance that a clip is played backwards.</summary>
    public double Reversal { get; init; }
}
