namespace OrleansTagging.Audio.Tests;

/// <summary>Levels at single frequencies.</summary>
internal static class Spectrum
{
    public static double Decibels(double amplitude) => 20 * Math.Log10(amplitude);

    /// <summary>The amplitude of a frequency in dB, under a Blackman-Harris window (side lobes at -92 dB) over the clip's middle.</summary>
    public static double Decibels(ReadOnlySpan<float> samples, double frequency, int rate)
    {
        var skipped = samples.Length / 8;
        var part = samples[skipped..^skipped];
        var (real, imaginary, weight) = (0.0, 0.0, 0.0);
        for (var at = 0; at < part.Length; at++)
        {
            var x = 2 * Math.PI * (at + 0.5) / part.Length;
            var window = 0.35875 - 0.48829 * Math.Cos(x) + 0.14128 * Math.Cos(2 * x) - 0.01168 * Math.Cos(3 * x);
            real += part[at] * window * Math.Cos(2 * Math.PI * frequency * at / rate);
            imaginary += part[at] * window * Math.Sin(2 * Math.PI * frequency * at / rate);
            weight += window;
        }
        return Decibels(2 * Math.Sqrt(real * real + imaginary * imaginary) / weight + 1e-12);
    }

    /// <summary>The loudest level, as the root mean square over the clip's middle, in dB of a tone's amplitude.</summary>
    public static double ToneDecibels(ReadOnlySpan<float> samples)
    {
        var skipped = samples.Length / 8;
        var sum = 0.0;
        foreach (var sample in samples[skipped..^skipped])
        {
            sum += (double)sample * sample;
        }
        return Decibels(Math.Sqrt(2 * sum / (samples.Length - 2 * skipped)) + 1e-12);
    }
}
