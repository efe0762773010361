namespace OrleansTagging.Audio.Effects;

/// <summary>
/// Another pitch, the length kept: the clip is stretched by <see cref="Tempo"/> as much as <see cref="Speed"/> then shortens it while it
/// raises the pitch, or the other way round.
/// </summary>
/// <remarks>Owns the stretched clip; one thread at a time.</remarks>
/// <param name="rate">Samples a second.</param>
public sealed class Pitch(int rate)
{
    private readonly Tempo _tempo = new(rate);
    private float[] _stretched = [];

    /// <summary>The ratio of frequencies that a number of cents, hundredths of a semitone, stands for.</summary>
    public static double Ratio(double cents) => Math.Pow(2, cents / 1200);

    /// <summary>Changes the pitch, and the tempo where the output is not as long as the input.</summary>
    /// <param name="input">The clip.</param>
    /// <param name="output">As many samples as are wanted: those of the input for its own tempo; no part of <paramref
    /// name="input"/>.</param>
    /// <param name="ratio">The new frequencies over the old ones.</param>
    public void Apply(ReadOnlySpan<float> input, Span<float> output, double ratio)
    {
        var samples = (int)Math.Round(output.Length * ratio, MidpointRounding.AwayFromZero);
        if (Math.Abs(samples - input.Length) <= 1)
        {
            // The speed alone does it.
            Speed.Apply(input, output, ratio);
            return;
        }
        if (ratio == 1)
        {
            _tempo.Apply(input, output);
            return;
        }
        if (_stretched.Length < samples)
        {
            _stretched = new float[samples + samples / 4];
        }
        var stretched = _stretched.AsSpan(0, samples);
        _tempo.Apply(input, stretched);
        Speed.Apply(stretched, output, ratio);
    }
}
