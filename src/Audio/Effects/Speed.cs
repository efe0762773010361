using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OrleansTagging.Audio.Effects;

/// <summary>
/// Another speed, tempo and pitch together: the clip is sampled anew at every <c>factor</c>-th place by a windowed sinc (window of Kaiser,
/// 1974; between its phases straight lines, J. O. Smith, "Digital Audio Resampling", 2002). Flat to 0.85 of the lower Nyquist frequency, 60
/// dB down from it on. Outside of the clip there is silence.
/// </summary>
/// <remarks>
/// <see cref="Resampler"/> is sharper, but has a table for each pair of rates; here the factor is any number, so that a table serves all
/// factors of a cut-off.
/// </remarks>
public static class Speed
{
    /// <summary>The least factor, two octaves down.</summary>
    public const double Slowest = 0.25;

    /// <summary>The greatest factor, two octaves up.</summary>
    public const double Fastest = 4;

    private const int Taps = 64;
    private const int Half = Taps / 2;
    private const int Phases = 256;
    private const double StopBandDecibels = 72;
    private const double Transition = 0.15;

    // Cut-offs are a quarter-tone apart.
    private const int TablesInOctave = 24;

    // [cut-off][phases + 1][taps]: the last phase is the first one of the next sample, for the straight lines.
    private static readonly Lazy<float[]>[] _tables =
        [.. Enumerable.Range(0, 2 * TablesInOctave + 1).Select(step => new Lazy<float[]>(() => Table(step)))];

    /// <summary>How many samples a clip of <paramref name="samples"/> samples has at another speed: samples / factor, rounded.</summary>
    public static int Length(int samples, double factor) => (int)Math.Round(samples / Checked(factor), MidpointRounding.AwayFromZero);

    /// <summary>Samples a clip anew.</summary>
    /// <param name="input">The clip.</param>
    /// <param name="output">As many samples as are wanted, <see cref="Length"/> for the whole clip; no part of <paramref
    /// name="input"/>.</param>
    /// <param name="factor">The new speed over the old one.</param>
    public static void Apply(ReadOnlySpan<float> input, Span<float> output, double factor)
    {
        if (factor == 1)
        {
            var shared = Math.Min(input.Length, output.Length);
            input[..shared].CopyTo(output);
            output[shared..].Clear();
            return;
        }
        var table = _tables[(int)Math.Ceiling(Math.Max(0, Math.Log2(Checked(factor))) * TablesInOctave - 1e-9)].Value;
        ref var samples = ref MemoryMarshal.GetReference(input);
        ref var phases = ref MemoryMarshal.GetArrayDataReference(table);
        Span<float> edge = stackalloc float[Taps];
        for (var m = 0; m < output.Length; m++)
        {
            var place = m * factor;
            var whole = (int)place;
            var exact = (place - whole) * Phases;
            var phase = (int)exact;
            var first = whole - Half + 1;
            ref var window = ref edge[0];
            if (first >= 0 && first <= input.Length - Taps)
            {
                window = ref Unsafe.Add(ref samples, first);
            }
            else
            {
                edge.Clear();
                var (from, to) = (Math.Clamp(first, 0, input.Length), Math.Clamp(first + Taps, 0, input.Length));
                input[from..to].CopyTo(edge[(from - first)..]);
            }
            output[m] = Weighted(ref window, ref Unsafe.Add(ref phases, phase * Taps), (float)(exact - phase));
        }
    }

    // The sum over two neighbouring phases at once, in one fixed order whatever the processor.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Weighted(ref float samples, ref float taps, float share)
    {
        var (near, far) = (Vector256<float>.Zero, Vector256<float>.Zero);
        var (nearOdd, farOdd) = (Vector256<float>.Zero, Vector256<float>.Zero);
        for (nuint at = 0; at < Taps; at += 16)
        {
            var even = Vector256.LoadUnsafe(ref samples, at);
            var odd = Vector256.LoadUnsafe(ref samples, at + 8);
            near += even * Vector256.LoadUnsafe(ref taps, at);
            far += even * Vector256.LoadUnsafe(ref taps, at + Taps);
            nearOdd += odd * Vector256.LoadUnsafe(ref taps, at + 8);
            farOdd += odd * Vector256.LoadUnsafe(ref taps, at + Taps + 8);
        }
        near += nearOdd;
        far += farOdd;
        near += Vector256.Create(share) * (far - near);
        var sum = near.GetLower() + near.GetUpper();
        return sum[0] + sum[1] + (sum[2] + sum[3]);
    }

    private static double Checked(double factor) => factor is >= Slowest and <= Fastest
        ? factor
        : throw new ArgumentOutOfRangeException(nameof(factor), factor, $"A speed from {Slowest} to {Fastest} is wanted.");

    /// <summary>Tap j of phase p weighs input sample whole - half + 1 + j for the output at whole + p / phases.</summary>
    private static float[] Table(int step)
    {
        const double Beta = 0.1102 * (StopBandDecibels - 8.7);
        var cutoff = 0.5 * Math.Pow(2, -(double)step / TablesInOctave) * (1 - Transition / 2);
        var table = new float[(Phases + 1) * Taps];
        Span<double> taps = stackalloc double[Taps];
        for (var phase = 0; phase <= Phases; phase++)
        {
            var sum = 0.0;
            for (var j = 0; j < Taps; j++)
            {
                var x = (double)phase / Phases + Half - 1 - j;
                taps[j] = KaiserWindow.Sinc(2 * cutoff * x) * KaiserWindow.At(x / Half, Beta);
                sum += taps[j];
            }
            // Every phase passes a constant unchanged, so that an offset gets no ripple.
            for (var j = 0; j < Taps; j++)
            {
                table[phase * Taps + j] = (float)(taps[j] / sum);
            }
        }
        return table;
    }
}
