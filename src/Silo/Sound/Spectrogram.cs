using System.Numerics;

namespace OrleansTagging.Silo.Sound;

/// <summary>
/// A log-mel spectrogram to look at: magnitudes of a short-time Fourier transform with a Hann window in Slaney's triangular mel bands, in
/// levels of 0 to 255 that span the 80 dB below the loudest. It is for the eye; the models have their own (Learning's LogSpectrogram).
/// </summary>
/// <param name="Levels">[bands, frames] row-major, the highest band first.</param>
/// <param name="Frames">Frames: columns of the picture.</param>
/// <param name="Bands">Bands: rows of the picture.</param>
internal sealed record Spectrogram(byte[] Levels, int Frames, int Bands)
{
    private const int Fft = 1024;
    private const int Height = 96;
    private const int Widest = 640;
    private const double Range = 80;
    private const double Lowest = 20;

    private static readonly double[] Nearest = [1];

    /// <summary>The spectrogram of samples at a rate in Hz.</summary>
    public static Spectrogram Of(ReadOnlySpan<float> samples, int rate)
    {
        var hop = Math.Max(rate / 100, (samples.Length + Widest - 1) / Widest);
        var frames = 1 + (samples.Length - 1) / hop;
        var bands = Bank(rate);
        var powers = new double[Height * frames];
        var window = new Complex[Fft];
        for (var frame = 0; frame < frames; frame++)
        {
            for (var at = 0; at < Fft; at++)
            {
                var sample = frame * hop + at - Fft / 2;
                var shape = 0.5 - 0.5 * Math.Cos(2 * Math.PI * at / Fft);
                window[at] = sample >= 0 && sample < samples.Length ? shape * samples[sample] : 0;
            }
            Transform(window);
            for (var band = 0; band < Height; band++)
            {
                var (first, weights) = bands[band];
                var power = 0.0;
                for (var bin = 0; bin < weights.Length; bin++)
                {
                    power += weights[bin] * window[first + bin].Magnitude;
                }
                powers[(Height - 1 - band) * frames + frame] = 20 * Math.Log10(power + 1e-9);
            }
        }
        var loudest = powers.Max();
        return new Spectrogram(
            Array.ConvertAll(powers, power => (byte)Math.Clamp(255 * (power - loudest + Range) / Range, 0, 255)), frames, Height);
    }

    /// <summary>First bin and weights of each band.</summary>
    private static (int First, double[] Weights)[] Bank(int rate)
    {
        var (low, high) = (Mel(Lowest), Mel(rate / 2.0));
        var edges = Enumerable.Range(0, Height + 2).Select(edge => Hertz(low + (high - low) * edge / (Height + 1)) * Fft / rate).ToArray();
        return [.. Enumerable.Range(0, Height).Select(band =>
        {
            var (left, centre, right) = (edges[band], edges[band + 1], edges[band + 2]);
            // A band narrower than a bin takes the nearest one, so that no row of the picture is empty.
            if (Math.Ceiling(left) > Math.Floor(right))
            {
                return ((int)Math.Round(centre), Nearest);
            }
            var first = (int)Math.Ceiling(left);
            var weights = Enumerable.Range(first, Math.Min((int)Math.Floor(right), Fft / 2) - first + 1)
                .Select(bin => Math.Max(0, Math.Min((bin - left) / (centre - left), (right - bin) / (right - centre)))).ToArray();
            return weights.Sum() > 0 ? (first, weights) : ((int)Math.Round(centre), Nearest);
        })];
    }

    // Slaney's scale: linear below 1 kHz, logarithmic above.
    private static double Mel(double hertz) => hertz < 1000 ? hertz / (200.0 / 3) : 15 + Math.Log(hertz / 1000) / (Math.Log(6.4) / 27);

    private static double Hertz(double mel) => mel < 15 ? mel * (200.0 / 3) : 1000 * Math.Exp((mel - 15) * (Math.Log(6.4) / 27));

    /// <summary>The Fourier transform in place (Cooley and Tukey, radix 2).</summary>
    internal static void Transform(Span<Complex> values)
    {
        for (int at = 1, reversed = 0; at < values.Length; at++)
        {
            var bit = values.Length >> 1;
            for (; (reversed & bit) != 0; bit >>= 1)
            {
                reversed ^= bit;
            }
            reversed ^= bit;
            if (at < reversed)
            {
                (values[at], values[reversed]) = (values[reversed], values[at]);
            }
        }
        for (var length = 2; length <= values.Length; length <<= 1)
        {
            var turn = Complex.FromPolarCoordinates(1, -2 * Math.PI / length);
            for (var start = 0; start < values.Length; start += length)
            {
                var factor = Complex.One;
                for (var at = start; at < start + length / 2; at++)
                {
                    var (even, odd) = (values[at], values[at + length / 2] * factor);
                    (values[at], values[at + length / 2]) = (even + odd, even - odd);
                    factor *= turn;
                }
            }
        }
    }
}
