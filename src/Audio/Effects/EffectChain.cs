using OrleansTagging.Labels;

namespace OrleansTagging.Audio.Effects;

/// <summary>
/// Applies a clip's effects: reversal, chunks, cut-out; another clip mixed in; then reverb, pitch with tempo and speed, overdrive. The
/// effects come after the mix as in the third-place solution's code: both sounds are in one room and before one amplifier.
/// </summary>
/// <remarks>
/// Owns all buffers and makes none anew for a clip that is no longer than those before it; one thread at a time. The result depends on the
/// clips and what was drawn alone.
/// </remarks>
/// <param name="rate">Samples a second.</param>
public sealed class EffectChain(int rate)
{
    private readonly ChunkShuffle _shuffle = new();
    private readonly Reverb _reverb = new(rate);
    private readonly Pitch _pitch = new(rate);
    private float[] _clip = [];
    private float[] _mix = [];
    private float[] _retimed = [];

    /// <summary>Applies effects.</summary>
    /// <param name="clip">A clip of at least one sample.</param>
    /// <param name="effects">What was drawn for it.</param>
    /// <returns>The clip with its effects, <see cref="ClipEffects.Length"/> samples; good until the next call.</returns>
    public ReadOnlySpan<float> Apply(ReadOnlySpan<float> clip, in ClipEffects effects) =>
        effects.None ? clip : Effects(Arranged(clip, effects), effects);

    /// <summary>Mixes another clip in and applies effects.</summary>
    /// <param name="clip">A clip of at least one sample.</param>
    /// <param name="partner">The other one; it is mixed in as it is.</param>
    /// <param name="mix">How they are mixed.</param>
    /// <param name="effects">What was drawn for the clip.</param>
    /// <returns>The mix with its effects, <see cref="ClipEffects.Length"/> of the longer clip's samples; good until the next
    /// call.</returns>
    public ReadOnlySpan<float> Apply(ReadOnlySpan<float> clip, ReadOnlySpan<float> partner, Mix mix, in ClipEffects effects)
    {
        var mixed = Of(ref _mix, MixUp.Length(clip.Length, partner.Length));
        MixUp.Apply(Arranged(clip, effects), partner, mix, mixed);
        return Effects(mixed, effects);
    }

    private static Span<float> Of(ref float[] buffer, int samples)
    {
        if (buffer.Length < samples)
        {
            buffer = new float[samples + samples / 4];
        }
        return buffer.AsSpan(0, samples);
    }

    private Span<float> Arranged(ReadOnlySpan<float> clip, in ClipEffects effects)
    {
        var samples = Of(ref _clip, clip.Length);
        clip.CopyTo(samples);
        if (effects.Reversed)
        {
            samples.Reverse();
        }
        if (effects.ChunkSeconds is { } seconds)
        {
            var random = SeededRandom.Of(effects.Key, SeededRandom.Key("chunks"));
            _shuffle.Apply(samples, (int)(seconds * rate), ref random);
        }
        if (effects.CutOut is { } share)
        {
            var random = SeededRandom.Of(effects.Key, SeededRandom.Key("cut-out"));
            CutOut.Apply(samples, share, ref random);
        }
        return samples;
    }

    private Span<float> Effects(Span<float> samples, in ClipEffects effects)
    {
        if (effects.Reverberance is { } reverberance)
        {
            _reverb.Apply(samples, reverberance, effects.RoomScale);
        }
        if (effects.Cents != 0 || effects.Tempo != 1 || effects.Speed != 1)
        {
            // Pitch, tempo and speed in one stretch and one sampling.
            var retimed = Of(ref _retimed, effects.Length(samples.Length));
            _pitch.Apply(samples, retimed, Pitch.Ratio(effects.Cents) * effects.Speed);
            samples = retimed;
        }
        if (effects.Overdrive is { } gain)
        {
            Overdrive.Apply(samples, gain);
        }
        return samples;
    }
}
