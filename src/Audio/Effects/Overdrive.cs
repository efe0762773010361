using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OrleansTagging.Audio.Effects;

/// <summary>
/// Overdrive as an amplifier's: the amplified signal is bent by x - x³ / 3 between -1 and 1 and flat beyond, which gives odd harmonics; an
/// offset before it gives even ones. A high-pass takes the offset out again, and half of the clean signal is added. Gain and colour mean
/// what those of sox's effect <c>overdrive</c> mean. Unlike there the filter begins at rest, so that silence stays silence, and what goes
/// beyond full scale is kept.
/// </summary>
public static class Overdrive
{
    private const float Pole = 0.995f;
    private const float Clean = 0.5f;
    private const float Driven = 0.75f;

    /// <summary>Overdrives in place.</summary>
    /// <param name="samples">The clip, full scale at -1 and 1.</param>
    /// <param name="gain">Amplification in decibels, 0 to 100.</param>
    /// <param name="colour">Even harmonics, 0 to 100.</param>
    public static void Apply(Span<float> samples, double gain, double colour = 20)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(gain);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(gain, 100);
        ArgumentOutOfRangeException.ThrowIfNegative(colour);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(colour, 100);
        var amplified = Vector256.Create((float)Math.Pow(10, gain / 20));
        var offset = Vector256.Create((float)(colour / 200));
        var highPass = new OnePole(Pole);
        var past = Vector256<float>.Zero;
        var before = Bent(offset);
        ref var first = ref MemoryMarshal.GetReference(samples);
        var whole = samples.Length / Vector256<float>.Count * Vector256<float>.Count;
        for (var at = 0; at < whole; at += Vector256<float>.Count)
        {
            var clean = Vector256.LoadUnsafe(ref first, (nuint)at);
            Next(clean, amplified, offset, highPass, ref before, ref past).StoreUnsafe(ref first, (nuint)at);
        }
        if (whole < samples.Length)
        {
            Span<float> rest = stackalloc float[Vector256<float>.Count];
            samples[whole..].CopyTo(rest);
            Next(Vector256.Create<float>(rest), amplified, offset, highPass, ref before, ref past).CopyTo(rest);
            rest[..(samples.Length - whole)].CopyTo(samples[whole..]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Next(
        Vector256<float> clean, Vector256<float> amplified, Vector256<float> offset, OnePole highPass,
        ref Vector256<float> before, ref Vector256<float> past)
    {
        var bent = Bent(amplified * clean + offset);
        // Each sample's predecessor: the vector moved on by one, with the last one of the vector before.
        var predecessors = Vector256.Shuffle(bent, Vector256.Create(0, 0, 1, 2, 3, 4, 5, 6)).WithElement(0, before[7]);
        before = bent;
        var driven = highPass.WithoutPast(bent - predecessors) + highPass.Carry * past;
        past = OnePole.Last(driven);
        // Long before it would become denormal.
        past = Vector256.ConditionalSelect(
            Vector256.GreaterThan(Vector256.Abs(past), Vector256.Create(1e-20f)), past, Vector256<float>.Zero);
        return Vector256.Create(Clean) * clean + Vector256.Create(Driven) * driven;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Bent(Vector256<float> x)
    {
        x = Vector256.Min(Vector256.Max(x, Vector256.Create(-1f)), Vector256<float>.One);
        return x - x * x * x * Vector256.Create(1 / 3f);
    }
}
