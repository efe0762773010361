namespace OrleansTagging.Audio.Tests;

/// <summary>Levels at single frequencies.</summary>
internal static class Spectrum
{
    public static double Decibels(double amplitude) => 20 * Math.Log10(amplitude);

    /// <summary>The amplitude of a frequency in dB, under a Blackman-Harris window (side lobes at -92 dB) over the clip's middle.</summary>
    public static double Decibels(ReadOnlySpan<float> samples, double frequency, int rate) => Decibels(Windowed(samples), frequency, rate);

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

    /// <summary>How far the loudest frequency near <paramref name="frequency"/> is from it, in cents, to a twentieth of a cent; within 100
    /// cents.</summary>
    public static double CentsOff(ReadOnlySpan<float> samples, double frequency, int rate)
    {
        var windowed = Windowed(samples);
        var (best, loudest) = (0.0, double.NegativeInfinity);
        foreach (var (reach, step) in new[] { (100.0, 5.0), (5.0, 0.5), (0.5, 0.05) })
        {
            var middle = best;
            for (var cents = middle - reach; cents <= middle + reach; cents += step)
            {
                var level = Decibels(windowed, frequency * Math.Pow(2, cents / 1200), rate);
                if (level > loudest)
                {
                    (best, loudest) = (cents, level);
                }
            }
        }
        return best;
    }

    /// <summary>The power of what differs between two clips, in dB of the second one's.</summary>
    public static double Difference(ReadOnlySpan<float> samples, ReadOnlySpan<float> reference)
    {
        Assert.Equal(reference.Length, samples.Length);
        var (error, power) = (0.0, 0.0);
        for (var at = 0; at < samples.Length; at++)
        {
            error += Math.Pow(samples[at] - reference[at], 2);
            power += Math.Pow(reference[at], 2);
        }
        return 10 * Math.Log10(error / power + 1e-20);
    }

    // Of a sum of one, so that a tone's level is its amplitude's.
    private static double[] Windowed(ReadOnlySpan<float> samples)
    {
        var skipped = samples.Length / 8;
        var part = samples[skipped..^skipped];
        var (windowed, weight) = (new double[part.Length], 0.0);
        for (var at = 0; at < part.Length; at++)
        {
            var x = 2 * Math.PI * (at + 0.5) / part.Length;
            var window = 0.35875 - 0.48829 * Math.Cos(x) + 0.14128 * Math.Cos(2 * x) - 0.01168 * Math.Cos(3 * x);
            windowed[at] = window * part[at];
            weight += window;
        }
        return Array.ConvertAll(windowed, sample => sample / weight);
    }

    private static double Decibels(double[] windowed, double frequency, int rate)
    {
        // A phasor that is turned on from sample to sample; in double precision it stays on its circle.
        var turn = System.Numerics.Complex.FromPolarCoordinates(1, 2 * Math.PI * frequency / rate);
        var (phasor, sum) = (System.Numerics.Complex.One, System.Numerics.Complex.Zero);
        foreach (var sample in windowed)
        {
            sum += sample * phasor;
            phasor *= turn;
        }
        return Decibels(2 * sum.Magnitude + 1e-12);
    }
}
