using System.Collections.Concurrent;
using System.Numerics;
using System.Runtime.Intrinsics;

namespace OrleansTagging.Audio;

/// <summary>
/// Band-limited change of rate: a windowed sinc, evaluated phase by phase (Crochiere and Rabiner, Multirate Digital Signal Processing,
/// 1983; window of Kaiser, 1974). Flat to 0.92 of the lower Nyquist frequency, 100 dB down from that frequency on, linear phase and no
/// delay: output sample m stands for the time m / out. Outside of a clip there is silence.
/// </summary>
public sealed class Resampler
{
    private const double StopBandDecibels = 100;

    // The transition band as a share of the lower Nyquist frequency.
    private const double Transition = 0.08;

    // Rates in a ratio of large numbers would need a table of as many phases. Between this many, straight lines are 140 dB exact.
    private const int MostPhases = 4096;

    private static readonly ConcurrentDictionary<(int From, int To), Lazy<Resampler>> _byRates = new();

    private readonly long _up;
    private readonly long _down;
    private readonly int _phases;
    private readonly int _half;
    private readonly int _taps;

    // [phases + 1][taps]: the last phase is the first one of the next sample, for the straight lines.
    private readonly float[] _table;

    private Resampler(int from, int to)
    {
        var divisor = (long)BigInteger.GreatestCommonDivisor(from, to);
        (From, To) = (from, to);
        (_up, _down) = (to / divisor, from / divisor);
        _phases = (int)Math.Min(_up, MostPhases);
        var cutoff = 0.5 * Math.Min(1.0, (double)to / from);
        var width = Transition * cutoff * 2 * Math.PI;
        _half = (int)Math.Ceiling((StopBandDecibels - 8) / (2.285 * width) / 2);
        // Two halves, rounded up to whole vectors; the surplus taps are zero.
        _taps = (2 * _half + Vector256<float>.Count - 1) / Vector256<float>.Count * Vector256<float>.Count;
        _table = Table(cutoff * (1 - Transition / 2));
    }

    /// <summary>The rate of the input in Hz.</summary>
    public int From { get; }

    /// <summary>The rate of the output in Hz.</summary>
    public int To { get; }

    /// <summary>The resampler of a pair of rates in Hz; made once, safe on any number of threads.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A rate is not positive.</exception>
    public static Resampler Of(int from, int to)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(from);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(to);
        return _byRates.GetOrAdd((from, to), static rates => new(() => new Resampler(rates.From, rates.To))).Value;
    }

    /// <summary>
    /// How many samples a clip of <paramref name="samples"/> samples becomes: round(samples · out / in), a half away from zero.
    /// </summary>
    public int Length(int samples) => checked((int)(((Int128)samples * _up * 2 + _down) / (2 * _down)));

    /// <summary>Resamples a clip.</summary>
    /// <param name="input">Mono samples at <see cref="From"/> Hz.</param>
    /// <returns>Mono samples at <see cref="To"/> Hz, <see cref="Length"/> of them.</returns>
    public float[] Resample(ReadOnlySpan<float> input)
    {
        if (_up == _down)
        {
            return input.ToArray();
        }
        var output = new float[Length(input.Length)];
        // With silence around the clip no tap needs a check of its bounds.
        var padded = new float[input.Length + 2 * (_taps + 1)];
        var origin = _taps + 1;
        input.CopyTo(padded.AsSpan(origin));
        for (var m = 0; m < output.Length; m++)
        {
            var position = m * _down;
            var whole = (int)(position / _up);
            var remainder = position % _up;
            var window = padded.AsSpan(origin + whole - _half + 1, _taps);
            if (_up == _phases)
            {
                output[m] = Dot(window, Phase((int)remainder));
            }
            else
            {
                var exact = (double)remainder * _phases / _up;
                var phase = (int)exact;
                var share = (float)(exact - phase);
                output[m] = (1 - share) * Dot(window, Phase(phase)) + share * Dot(window, Phase(phase + 1));
            }
        }
        return output;
    }

    /// <summary>
    /// The taps of every phase. Tap j of phase p weighs input sample whole - half + 1 + j for the output at whole + p / phases.
    /// </summary>
    private float[] Table(double cutoff)
    {
        const double Beta = 0.1102 * (StopBandDecibels - 8.7);
        var table = new float[(_phases + 1) * _taps];
        var taps = new double[2 * _half];
        for (var phase = 0; phase <= _phases; phase++)
        {
            var sum = 0.0;
            for (var j = 0; j < taps.Length; j++)
            {
                var x = (double)phase / _phases + _half - 1 - j;
                taps[j] = KaiserWindow.Sinc(2 * cutoff * x) * KaiserWindow.At(x / _half, Beta);
                sum += taps[j];
            }
            // Every phase passes a constant unchanged, so that an offset gets no ripple.
            for (var j = 0; j < taps.Length; j++)
            {
                table[phase * _taps + j] = (float)(taps[j] / sum);
            }
        }
        return table;
    }

    private ReadOnlySpan<float> Phase(int phase) => _table.AsSpan(phase * _taps, _taps);

    /// <summary>
    /// The dot product in one fixed order on every machine, so that a dataset's content hash does not depend on the processor.
    /// </summary>
    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var sum = Vector256<float>.Zero;
        for (var at = 0; at < a.Length; at += Vector256<float>.Count)
        {
            sum += Vector256.Create(a[at..]) * Vector256.Create(b[at..]);
        }
        return Vector256.Sum(sum);
    }
}
