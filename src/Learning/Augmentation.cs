using OrleansTagging.Audio.Effects;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;

namespace OrleansTagging.Learning;

/// <summary>What was drawn for a stretch of an epoch.</summary>
/// <param name="Partner">Position of the clip that is mixed in; <c>null</c> for none.</param>
/// <param name="Mixed">The stretch of it.</param>
/// <param name="Mix">How it is mixed in.</param>
/// <param name="Effects">The effects.</param>
/// <param name="Length">Samples of the result.</param>
public readonly record struct AugmentationDraw(int? Partner, ClipCrop Mixed, Mix Mix, ClipEffects Effects, int Length);

/// <summary>The augmentation of training clips, as the recipe names it.</summary>
public sealed class Augmentation
{
    private readonly AugmentationSettings _settings;
    private readonly EffectSettings _effects;

    /// <summary>Reads the settings.</summary>
    /// <exception cref="InputException">They name an effect or a rule that is unknown.</exception>
    public Augmentation(AugmentationSettings settings)
    {
        _settings = settings;
        foreach (var effect in settings.EffectKinds)
        {
            Known(effect, AugmentationSettings.AllEffects, "effect");
        }
        Known(settings.MixupLabels, AugmentationSettings.MixupRules, "rule of MixUp");
        Rule = settings.MixupLabels == "weighted" ? MixUpRule.Weighted : MixUpRule.Or;
        _effects = new EffectSettings
        {
            Chance = settings.PAug,
            Together = settings.EffectsTogether,
            Reverberance = Range("reverb", settings.Reverberance),
            RoomScale = new(settings.RoomScale[0], settings.RoomScale[1]),
            Pitch = Range("pitch", settings.Pitch),
            Tempo = Range("tempo", settings.Tempo),
            Speed = Range("speed", settings.Speed),
            Overdrive = Range("overdrive", settings.Overdrive),
            Shuffle = settings.ShuffleChunks ?? 0,
            CutOut = settings.CutOut,
            Reversal = settings.Reverse,
        };

        Interval? Range(string effect, double[] range) => settings.EffectKinds.Contains(effect) ? new(range[0], range[1]) : null;
    }

    /// <summary>What labels a mix has.</summary>
    public MixUpRule Rule { get; }

    /// <summary>Whether an epoch's clips are changed at all.</summary>
    /// <param name="epoch">The epoch, counted from 0.</param>
    public bool ChangesEpoch(int epoch) => epoch < _settings.SwitchOffAugmentationsOn
        && (_settings.PAug > 0 || _settings.ShuffleChunks > 0 || _settings.CutOut > 0 || _settings.Reverse > 0 || _settings.PMixup > 0);

    /// <summary>Draws an epoch's changes, each from (seed, epoch, clip) alone.</summary>
    /// <param name="crops">The stretches that the epoch trains on.</param>
    /// <param name="lengths">Samples of each whole clip; another stretch of a clip is mixed into others than the epoch trains on.</param>
    /// <param name="longest">Most samples of a stretch.</param>
    /// <param name="seed">Seed of the experiment and job, mixed into one.</param>
    /// <param name="epoch">The epoch, counted from 0.</param>
    public AugmentationDraw[] Draw(ReadOnlySpan<ClipCrop> crops, ReadOnlySpan<int> lengths, int longest, ulong seed, int epoch)
    {
        var draws = new AugmentationDraw[crops.Length];
        for (var position = 0; position < crops.Length; position++)
        {
            var random = SeededRandom.Of(seed, SeededRandom.Key("augmentation"), (ulong)epoch, (ulong)crops[position].Clip);
            var effects = ClipEffects.Draw(_effects, ref random);
            var length = crops[position].Length;
            int? partner = null;
            var (mixed, mix) = (default(ClipCrop), default(Mix));
            if (crops.Length > 1 && random.NextDouble() < _settings.PMixup)
            {
                // Any other one.
                var other = random.NextInt(crops.Length - 1);
                other = other < position ? other : other + 1;
                partner = other;
                mixed = ClipCrop.Sampled(crops[other].Clip, lengths[other], longest, ref random);
                mix = Rule == MixUpRule.Or ? Or(length, mixed.Length, ref random) : Mix.Beta(_settings.MixupAlpha, ref random);
                mix = mix with { Overwrites = _settings.MixupOverwrites };
                length = MixUp.Length(length, mixed.Length);
            }
            draws[position] = new(partner, mixed, mix, effects, effects.Length(length));
        }
        return draws;
    }

    // The drawn level is the longer clip's; clips of one length are averaged.
    private Mix Or(int own, int other, ref SeededRandom random)
    {
        var mix = Mix.Uniform(_settings.MixupLevels[0], _settings.MixupLevels[1], ref random);
        return mix with { Level = own == other ? 0.5 : own > other ? mix.Level : 1 - mix.Level };
    }

    private static void Known(string name, IReadOnlyList<string> known, string what)
    {
        if (!known.Contains(name))
        {
            throw new InputException($"'{name}' is no {what}; known: {string.Join(", ", known)}.");
        }
    }
}
