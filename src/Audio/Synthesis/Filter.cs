namespace OrleansTagging.Audio.Synthesis;

/// <summary>A state variable filter in Zavalishin's topology-preserving form, which stays stable while its frequency moves.</summary>
internal struct Filter
{
    private double _g;
    private double _k;
    private double _first;
    private double _second;

    /// <param name="frequency">In Hz.</param>
    /// <param name="quality">Sharpness; 0.707 is flat.</param>
    public Filter(double frequency, double quality) => Tune(frequency, quality);

    public double Low { get; private set; }

    public double Band { get; private set; }

    public double High { get; private set; }

    public void Tune(double frequency, double quality)
    {
        _g = Math.Tan(Math.PI * Math.Clamp(frequency / SyntheticDataset.Rate, 1e-4, 0.48));
        _k = 1 / quality;
    }

    public void Step(double input)
    {
        var high = (input - (_g + _k) * _first - _second) / (1 + _g * (_g + _k));
        var band = _g * high + _first;
        var low = _g * band + _second;
        _first = _g * high + band;
        _second = _g * band + low;
        // The band output is scaled to one at its centre.
        (Low, Band, High) = (low, _k * band, high);
    }

    public static void LowPass(Span<float> clip, double frequency, double quality = 0.707)
    {
        var filter = new Filter(frequency, quality);
        foreach (ref var sample in clip)
        {
            filter.Step(sample);
            sample = (float)filter.Low;
        }
    }

    public static void HighPass(Span<float> clip, double frequency, double quality = 0.707)
    {
        var filter = new Filter(frequency, quality);
        foreach (ref var sample in clip)
        {
            filter.Step(sample);
            sample = (float)filter.High;
        }
    }
}
