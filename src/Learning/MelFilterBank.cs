namespace OrleansTagging.Learning;

/// <summary>
/// Triangular filters on Slaney's mel scale (Auditory Toolbox, 1998: linear below 1 kHz, logarithmic above), each of unit area
/// (Slaney normalisation), as librosa and torchaudio compute them.
/// </summary>
public static class MelFilterBank
{
    /// <summary>Frequency of the lowest filter's lower edge, in Hz: what lies below is no sound.</summary>
    public const double LowestFrequency = 5;

    private const double LinearStep = 200.0 / 3;
    private const double BreakFrequency = 1000;
    private const double BreakMel = BreakFrequency / LinearStep;

    private static readonly double _logStep = Math.Log(6.4) / 27;

    /// <summary>The filters' weights, <c>[bands, bins]</c>, row by row.</summary>
    /// <param name="sampleRate">Samples a second.</param>
    /// <param name="fftSize">FFT length in samples; there are fftSize / 2 + 1 bins.</param>
    /// <param name="bands">Number of filters, from <see cref="LowestFrequency"/> to half the sample rate.</param>
    public static float[] Of(int sampleRate, int fftSize, int bands)
    {
        var bins = fftSize / 2 + 1;
        var (lowest, highest) = (ToMel(LowestFrequency), ToMel(sampleRate / 2.0));
        var edges = new double[bands + 2];
        for (var edge = 0; edge < edges.Length; edge++)
        {
            edges[edge] = ToHertz(lowest + (highest - lowest) * edge / (bands + 1));
        }
        var weights = new float[bands * bins];
        for (var band = 0; band < bands; band++)
        {
            var (left, centre, right) = (edges[band], edges[band + 1], edges[band + 2]);
            for (var bin = 0; bin < bins; bin++)
            {
                var frequency = (double)bin * sampleRate / fftSize;
                var weight = Math.Min((frequency - left) / (centre - left), (right - frequency) / (right - centre));
                weights[band * bins + bin] = (float)(Math.Max(0, weight) * 2 / (right - left));
            }
        }
        return weights;
    }

    private static double ToMel(double hertz) =>
        hertz < BreakFrequency ? hertz / LinearStep : BreakMel + Math.Log(hertz / BreakFrequency) / _logStep;

    private static double ToHertz(double mel) =>
        mel < BreakMel ? mel * LinearStep : BreakFrequency * Math.Exp(_logStep * (mel - BreakMel));
}
