using OrleansTagging.Labels;

namespace OrleansTagging.Audio.Effects;

/// <summary>What labels a mix of two clips has.</summary>
public enum MixUpRule
{
    /// <summary>Those of both clips, in full: both can be heard.</summary>
    Or,

    /// <summary>Each by its clip's level (H. Zhang et al., "mixup: Beyond Empirical Risk Minimization", ICLR 2018).</summary>
    Weighted,
}

/// <summary>A drawn mix of two clips.</summary>
/// <param name="Level">Level of the first clip, 0 to 1; the second one has the rest.</param>
/// <param name="Place">Where the shorter clip begins in the longer one, 0 to 1 of the places at which it fits.</param>
/// <param name="Overwrites">Whether the shorter clip takes the place of what it would be added to.</param>
public readonly record struct Mix(double Level, double Place, bool Overwrites = false)
{
    /// <summary>Draws a mix whose level is uniform over a range.</summary>
    public static Mix Uniform(double lowest, double highest, ref SeededRandom random) =>
        new(random.NextDouble(lowest, highest), random.NextDouble());

    /// <summary>
    /// Draws a mix whose level is Beta(<paramref name="alpha"/>, <paramref name="alpha"/>), as Zhang et al. have it: near 0 and 1 for small
    /// values.
    /// </summary>
    public static Mix Beta(double alpha, ref SeededRandom random)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(alpha);
        // Of two gamma variates; by their logarithms, since those of small shapes are too small for a double.
        var difference = LogGamma(alpha, ref random) - LogGamma(alpha, ref random);
        return new(1 / (1 + Math.Exp(-difference)), random.NextDouble());
    }

    /// <summary>The logarithm of a gamma variate (Marsaglia and Tsang, "A simple method for generating gamma variables", 2000).</summary>
    private static double LogGamma(double shape, ref SeededRandom random)
    {
        // A shape below one comes from the next greater one.
        var boost = shape < 1 ? Math.Log(1 - random.NextDouble()) / shape : 0;
        var d = (shape < 1 ? shape + 1 : shape) - 1 / 3.0;
        var c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            var x = random.NextGaussian();
            var v = 1 + c * x;
            if (v > 0)
            {
                v = v * v * v;
                if (Math.Log(1 - random.NextDouble()) < 0.5 * x * x + d * (1 - v + Math.Log(v)))
                {
                    return Math.Log(d * v) + boost;
                }
            }
        }
    }
}

/// <summary>
/// Two clips in one: both at their levels, the shorter one at a place in the longer one and added to it. The third-place solution's code
/// overwrites that stretch of the longer clip by a slip of its operator, <c>=+</c> (<see cref="Mix.Overwrites"/>).
/// </summary>
public static class MixUp
{
    /// <summary>Samples of a mix: those of the longer clip.</summary>
    public static int Length(int first, int second) => Math.Max(first, second);

    /// <summary>Where the shorter of two clips begins in the longer one, in samples.</summary>
    public static int Start(int first, int second, Mix mix) => (int)(mix.Place * (Math.Abs(first - second) + 1));

    /// <summary>Mixes.</summary>
    /// <param name="first">A clip.</param>
    /// <param name="second">Another one.</param>
    /// <param name="mix">How.</param>
    /// <param name="output">Takes <see cref="Length"/> samples; no part of a clip.</param>
    public static void Apply(ReadOnlySpan<float> first, ReadOnlySpan<float> second, Mix mix, Span<float> output)
    {
        var start = Start(first.Length, second.Length, mix);
        var (level, other) = ((float)mix.Level, (float)(1 - mix.Level));
        var firstIsLonger = first.Length >= second.Length;
        var longer = firstIsLonger ? first : second;
        var shorter = firstIsLonger ? second : first;
        Signal.Scale(longer, output, firstIsLonger ? level : other);
        var stretch = output.Slice(start, shorter.Length);
        // Clips of one length have no such stretch: they are averaged in that code, too.
        if (mix.Overwrites && longer.Length > shorter.Length)
        {
            stretch.Clear();
        }
        Signal.Add(stretch, shorter, firstIsLonger ? other : level);
    }

    /// <summary>Adds the targets of a mix to a row of zeros, one for each class.</summary>
    public static void Targets(ReadOnlySpan<int> first, ReadOnlySpan<int> second, Mix mix, MixUpRule rule, Span<float> row)
    {
        foreach (var label in first)
        {
            row[label] = rule == MixUpRule.Or ? 1 : row[label] + (float)mix.Level;
        }
        foreach (var label in second)
        {
            // In whole where both clips have it, whatever the rounding.
            row[label] = rule == MixUpRule.Or || row[label] > 0 ? 1 : (float)(1 - mix.Level);
        }
    }
}
