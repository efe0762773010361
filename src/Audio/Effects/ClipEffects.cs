using OrleansTagging.Labels;

namespace OrleansTagging.Audio.Effects;

/// <summary>The effects that were drawn for one clip; by default none.</summary>
public readonly record struct ClipEffects
{
    /// <summary>No effect.</summary>
    public ClipEffects()
    {
    }

    /// <summary>Whether it is played backwards.</summary>
    public bool Reversed { get; init; }

    /// <summary>Length of the shuffled chunks in seconds; <c>null</c> where they stay.</summary>
    public double? ChunkSeconds { get; init; }

    /// <summary>The silenced stretch's share; <c>null</c> for none.</summary>
    public double? CutOut { get; init; }

    /// <summary>Reverberance, 0 to 100; <c>null</c> for no reverb.</summary>
    public double? Reverberance { get; init; }

    /// <summary>Scale of the room, 0 to 100.</summary>
    public double RoomScale { get; init; }

    /// <summary>Change of pitch in cents.</summary>
    public double Cents { get; init; }

    /// <summary>New tempo over the old one.</summary>
    public double Tempo { get; init; } = 1;

    /// <summary>New speed over the old one.</summary>
    public double Speed { get; init; } = 1;

    /// <summary>Gain of the overdrive in decibels; <c>null</c> for none.</summary>
    public double? Overdrive { get; init; }

    /// <summary>Key of what is drawn over the samples: the order of chunks, the place of the silence.</summary>
    public ulong Key { get; init; }

    /// <summary>Whether the clip stays as it is.</summary>
    public bool None => !Reversed && ChunkSeconds is null && CutOut is null && Reverberance is null && Overdrive is null
        && Cents == 0 && Tempo == 1 && Speed == 1;

    /// <summary>
    /// Draws a clip's effects. Every number is drawn whether it is used or not, so that an effect that is switched off changes no other.
    /// </summary>
    public static ClipEffects Draw(EffectSettings settings, ref SeededRandom random)
    {
        var key = random.NextUInt64();
        var reversed = random.NextDouble() < settings.Reversal;
        var shuffled = random.NextDouble() < settings.Shuffle;
        var cut = random.NextDouble() < settings.CutOut;
        var together = random.NextDouble() < settings.Chance;
        var reverberance = One(settings.Reverberance, ref random);
        var roomScale = random.NextDouble(settings.RoomScale.Low, settings.RoomScale.High);
        return new ClipEffects
        {
            Key = key,
            Reversed = reversed,
            ChunkSeconds = shuffled ? settings.ChunkSeconds : null,
            CutOut = cut ? settings.CutOutShare : null,
            Reverberance = reverberance,
            RoomScale = roomScale,
            Cents = One(settings.Pitch, ref random) ?? 0,
            Tempo = One(settings.Tempo, ref random) ?? 1,
            Speed = One(settings.Speed, ref random) ?? 1,
            Overdrive = One(settings.Overdrive, ref random),
        };

        double? One(Interval? range, ref SeededRandom random)
        {
            var alone = random.NextDouble() < settings.Chance;
            var share = random.NextDouble();
            return range is { } wanted && (settings.Together ? together : alone) ? wanted.Low + (wanted.High - wanted.Low) * share : null;
        }
    }

    /// <summary>How many samples a clip of <paramref name="samples"/> samples has after them; at least one.</summary>
    public int Length(int samples) => Math.Max(1, (int)Math.Round(samples / (Tempo * Speed), MidpointRounding.AwayFromZero));
}
