using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OrleansTagging.Audio.Effects;

/// <summary>
/// Reverberation of a mono signal, added to it: eight parallel combs with damped feedback, then four all-passes in a row (M. R. Schroeder,
/// "Natural sounding artificial reverberation", 1962; J. A. Moorer, 1979; the delays are those of Jezar's Freeverb, which is in the public
/// domain). Its percentages mean what those of sox's effect <c>reverb</c> mean without stereo depth. The clip keeps its length.
/// </summary>
/// <remarks>
/// Owns its delay lines; one thread at a time. A line is kept straight: a block of input is written behind the last D samples and read D
/// samples later, so that eight samples are taken at once.
/// </remarks>
/// <param name="rate">Samples a second.</param>
public sealed class Reverb(int rate)
{
    /// <summary>Longest pre-delay, in seconds.</summary>
    public const double LongestPreDelay = 0.5;

    private const int Block = 2048;

    // Of all combs together: what keeps the sum near the input's level.
    private const float WetGain = 0.015f;

    private const float AllPassGain = 0.5f;

    // Far below what a float file can hold beside a signal; from here on a tail is cut, before it becomes denormal and slow.
    private const float Inaudible = 1e-15f;

    // Delays in samples at 44.1 kHz and full room scale.
    private static readonly int[] _combDelays = [1116, 1188, 1277, 1356, 1422, 1491, 1557, 1617];
    private static readonly int[] _allPassDelays = [225, 341, 441, 556];

    private readonly float[][] _combs = Lines(_combDelays, rate);
    private readonly float[][] _allPasses = Lines(_allPassDelays, rate);
    private readonly float[] _delayed = new float[(int)(LongestPreDelay * rate) + Block + Vector256<float>.Count];
    private readonly float[] _wet = new float[Block + Vector256<float>.Count];

    /// <summary>Adds reverberation in place.</summary>
    /// <param name="samples">The clip.</param>
    /// <param name="reverberance">How long it goes on, 0 to 100: the combs' feedback is 0.3 at 0 and 0.98 at 100.</param>
    /// <param name="roomScale">Size of the room, 0 to 100: the combs' delays are a tenth of the full ones at 0.</param>
    /// <param name="damping">How much faster high frequencies fade, 0 to 100.</param>
    /// <param name="preDelay">Time until the first reflection, in seconds.</param>
    public void Apply(Span<float> samples, double reverberance, double roomScale, double damping = 50, double preDelay = 0.02)
    {
        var feedback = Feedback(reverberance);
        var damped = (float)(0.2 + 0.3 * Share(damping));
        ArgumentOutOfRangeException.ThrowIfNegative(preDelay);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(preDelay, LongestPreDelay);
        var wait = (int)Math.Round(preDelay * rate);
        Span<float> lasts = stackalloc float[_combs.Length];
        Clear(roomScale, wait);
        for (var begin = 0; begin < samples.Length; begin += Block)
        {
            var block = samples[begin..Math.Min(begin + Block, samples.Length)];
            // Whole vectors; what the last block has too many comes after its end.
            var count = (block.Length + Vector256<float>.Count - 1) / Vector256<float>.Count * Vector256<float>.Count;
            block.CopyTo(_delayed.AsSpan(wait));
            _delayed.AsSpan(wait + block.Length, count - block.Length).Clear();
            _wet.AsSpan(0, count).Clear();
            for (var comb = 0; comb < _combs.Length; comb++)
            {
                var delay = Delay(_combDelays[comb], roomScale);
                Comb(_combs[comb], delay, count, feedback, damped, ref lasts[comb]);
                Advance(_combs[comb], delay, count, ref lasts[comb]);
            }
            for (var filter = 0; filter < _allPasses.Length; filter++)
            {
                var delay = Delay(_allPassDelays[filter], 100);
                AllPass(_allPasses[filter], delay, count);
                var none = 0f;
                Advance(_allPasses[filter], delay, count, ref none);
            }
            Signal.Add(block, _wet, WetGain);
            _delayed.AsSpan(count, wait).CopyTo(_delayed);
        }
    }

    /// <summary>
    /// The time in which low frequencies fade by 60 dB, in seconds: that of the slowest comb, by its delay and feedback.
    /// </summary>
    public double DecaySeconds(double reverberance, double roomScale) =>
        -3.0 * Delay(_combDelays[^1], roomScale) / rate / Math.Log10(Feedback(reverberance));

    private static float Feedback(double reverberance) => (float)(1 - 0.7 * Math.Pow(0.02 / 0.7, Share(reverberance)));

    private static double Share(double percent) => percent is >= 0 and <= 100
        ? percent / 100
        : throw new ArgumentOutOfRangeException(nameof(percent), percent, "A percentage from 0 to 100 is wanted.");

    // A line shorter than a vector would be read where it is being written.
    private static int Delay(int full, int rate, double roomScale) =>
        Math.Max(Vector256<float>.Count, (int)(full * (rate / 44_100.0) * (0.1 + 0.9 * Share(roomScale)) + 0.5));

    private int Delay(int full, double roomScale) => Delay(full, rate, roomScale);

    private static float[][] Lines(int[] delays, int rate) =>
        Array.ConvertAll(delays, full => new float[Delay(full, rate, 100) + Block + Vector256<float>.Count]);

    private void Clear(double roomScale, int wait)
    {
        for (var comb = 0; comb < _combs.Length; comb++)
        {
            _combs[comb].AsSpan(0, Delay(_combDelays[comb], roomScale)).Clear();
        }
        for (var filter = 0; filter < _allPasses.Length; filter++)
        {
            _allPasses[filter].AsSpan(0, Delay(_allPassDelays[filter], 100)).Clear();
        }
        _delayed.AsSpan(0, wait).Clear();
    }

    private void Comb(float[] samples, int delay, int count, float feedback, float damped, ref float last)
    {
        ref var line = ref MemoryMarshal.GetArrayDataReference(samples);
        ref var input = ref MemoryMarshal.GetArrayDataReference(_delayed);
        ref var wet = ref MemoryMarshal.GetArrayDataReference(_wet);
        var low = new OnePole(damped);
        var past = Vector256.Create(last);
        var passed = Vector256.Create(1 - damped);
        var kept = Vector256.Create(feedback);
        for (var at = 0; at < count; at += Vector256<float>.Count)
        {
            var old = Vector256.LoadUnsafe(ref line, (nuint)at);
            (Vector256.LoadUnsafe(ref wet, (nuint)at) + old).StoreUnsafe(ref wet, (nuint)at);
            var smooth = low.WithoutPast(passed * old) + low.Carry * past;
            past = OnePole.Last(smooth);
            (Vector256.LoadUnsafe(ref input, (nuint)at) + kept * smooth).StoreUnsafe(ref line, (nuint)(delay + at));
        }
        last = past[0];
    }

    private void AllPass(float[] samples, int delay, int count)
    {
        ref var line = ref MemoryMarshal.GetArrayDataReference(samples);
        ref var wet = ref MemoryMarshal.GetArrayDataReference(_wet);
        var kept = Vector256.Create(AllPassGain);
        for (var at = 0; at < count; at += Vector256<float>.Count)
        {
            var old = Vector256.LoadUnsafe(ref line, (nuint)at);
            var input = Vector256.LoadUnsafe(ref wet, (nuint)at);
            (old - input).StoreUnsafe(ref wet, (nuint)at);
            (input + kept * old).StoreUnsafe(ref line, (nuint)(delay + at));
        }
    }

    // The next block begins with the last samples of this one; where they have died away, with silence.
    private static void Advance(float[] line, int delay, int count, ref float last)
    {
        var rest = line.AsSpan(count, delay);
        if (Math.Abs(last) < Inaudible && !rest.ContainsAnyExceptInRange(-Inaudible, Inaudible))
        {
            line.AsSpan(0, delay).Clear();
            last = 0;
            return;
        }
        rest.CopyTo(line);
    }
}
