namespace OrleansTagging.Audio.Synthesis;

/// <summary>A mode of vibration: a sine that decays, made by a filter of two poles instead of a sine a sample.</summary>
internal struct Mode
{
    private readonly double _a;
    private readonly double _b;
    private readonly double _gain;
    private double _last;
    private double _before;

    /// <param name="frequency">In Hz; a mode at or above the Nyquist frequency stays silent.</param>
    /// <param name="decay">Seconds in which the mode falls by 60 dB.</param>
    public Mode(double frequency, double decay)
    {
        var angle = 2 * Math.PI * frequency / SyntheticDataset.Rate;
        var radius = Math.Exp(-Math.Log(1000) / (decay * SyntheticDataset.Rate));
        (_a, _b) = (2 * radius * Math.Cos(angle), -radius * radius);
        _gain = frequency >= 0.48 * SyntheticDataset.Rate ? 0 : Math.Sin(angle);
    }

    public double Step(double excitation)
    {
        var now = _gain * excitation + _a * _last + _b * _before;
        (_before, _last) = (_last, now);
        return now;
    }

    /// <summary>Strikes the mode once and adds its ringing to a clip, until it is 80 dB down.</summary>
    public static void Ring(Span<float> clip, double frequency, double decay, double level)
    {
        var mode = new Mode(frequency, decay);
        var length = Math.Min(clip.Length, Draw.Samples(decay * 80 / 60));
        for (var at = 0; at < length; at++)
        {
            clip[at] += (float)(level * mode.Step(at == 0 ? 1 : 0));
        }
    }
}
