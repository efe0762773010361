using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OrleansTagging.Audio.Effects;

/// <summary>
/// The recursive filter y[n] = x[n] + pole · y[n - 1], eight samples at a time: each vector is summed up by doubling strides (Hillis and
/// Steele, "Data parallel algorithms", 1986), and only the carry from vector to vector is in sequence. The order of the additions is fixed,
/// whatever the processor.
/// </summary>
/// <param name="pole">The pole, from 0 to 1.</param>
internal readonly struct OnePole(float pole)
{
    // A lane without a predecessor takes another lane's value times zero.
    private readonly Vector256<float> _one = Powers(pole, 1);
    private readonly Vector256<float> _two = Powers(pole, 2);
    private readonly Vector256<float> _four = Powers(pole, 4);

    /// <summary>pole, pole², … pole⁸: what the last output before this vector adds to each sample.</summary>
    public Vector256<float> Carry { get; } = Vector256.Create(
        pole, pole * pole, Power(pole, 3), Power(pole, 4), Power(pole, 5), Power(pole, 6), Power(pole, 7), Power(pole, 8));

    /// <summary>The outputs for eight inputs as if there were silence before; the caller adds <see cref="Carry"/> times the last
    /// output.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<float> WithoutPast(Vector256<float> x)
    {
        x += _one * Vector256.Shuffle(x, Vector256.Create(0, 0, 1, 2, 3, 4, 5, 6));
        x += _two * Vector256.Shuffle(x, Vector256.Create(0, 0, 0, 1, 2, 3, 4, 5));
        return x + _four * Vector256.Shuffle(x, Vector256.Create(0, 0, 0, 0, 0, 1, 2, 3));
    }

    /// <summary>The last of eight samples, in every place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Last(Vector256<float> y) => Vector256.Shuffle(y, Vector256.Create(7));

    private static Vector256<float> Powers(float pole, int stride)
    {
        Span<float> powers = stackalloc float[Vector256<float>.Count];
        powers[stride..].Fill(Power(pole, stride));
        return Vector256.Create(powers);
    }

    private static float Power(float pole, int exponent)
    {
        var power = pole;
        for (var factor = 1; factor < exponent; factor++)
        {
            power *= pole;
        }
        return power;
    }
}
