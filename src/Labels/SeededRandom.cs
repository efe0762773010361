namespace OrleansTagging.Labels;

/// <summary>
/// A stream of random numbers that depends on its key alone, never on what was drawn elsewhere: (seed, job, epoch, clip) always
/// gives the same numbers, in any order and on any number of threads. SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
/// </summary>
/// <remarks>A value type: pass it by <c>ref</c> where the callee is to advance it.</remarks>
public struct SeededRandom
{
    private const ulong GoldenGamma = 0x9E3779B97F4A7C15;

    private ulong _state;

    private SeededRandom(ulong state) => _state = state;

    /// <summary>The stream of a key, for instance (seed, epoch, clip).</summary>
    public static SeededRandom Of(params ReadOnlySpan<ulong> key)
    {
        var state = GoldenGamma;
        foreach (var part in key)
        {
            state = Mix(state ^ Mix(part + GoldenGamma)) + GoldenGamma;
        }
        return new SeededRandom(state);
    }

    /// <summary>A number for a name (a file name, a job id), to be used as a part of a key: FNV-1a over its UTF-16 units.</summary>
    public static ulong Key(string name)
    {
        var hash = 14695981039346656037UL;
        foreach (var unit in name)
        {
            hash = (hash ^ unit) * 1099511628211UL;
        }
        return hash;
    }

    /// <summary>The next 64 random bits.</summary>
    public ulong NextUInt64()
    {
        _state += GoldenGamma;
        return Mix(_state);
    }

    /// <summary>A number uniform over [0, 1), with 53 random bits.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A number uniform over [low, high).</summary>
    public double NextDouble(double low, double high) => low + (high - low) * NextDouble();

    /// <summary>A whole number uniform over [0, <paramref name="below"/>).</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="below"/> is not positive.</exception>
    public int NextInt(int below)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(below);
        // Lemire's multiply-shift; the bias of at most below / 2^64 is of no account here.
        return (int)Math.BigMul(NextUInt64(), (ulong)below, out _);
    }

    /// <summary>A number of the standard normal distribution (Box and Muller).</summary>
    public double NextGaussian()
    {
        var radius = Math.Sqrt(-2 * Math.Log(1 - NextDouble()));
        return radius * Math.Cos(2 * Math.PI * NextDouble());
    }

    /// <summary>Shuffles in place (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var last = items.Length - 1; last > 0; last--)
        {
            var other = NextInt(last + 1);
            (items[last], items[other]) = (items[other], items[last]);
        }
    }

    private static ulong Mix(ulong bits)
    {
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
        return bits ^ (bits >> 31);
    }
}
