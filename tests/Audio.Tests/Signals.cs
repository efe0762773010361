using FsCheck;
using FsCheck.Fluent;
using OrleansTagging.Labels;

namespace OrleansTagging.Audio.Tests;

/// <summary>Clips to be measured.</summary>
internal static class Signals
{
    public static float[] Tone(double frequency, int rate, double seconds, double level = 0.5) =>
        [.. Enumerable.Range(0, (int)(seconds * rate)).Select(at => (float)(level * Math.Sin(2 * Math.PI * frequency * at / rate)))];

    public static float[] Noise(int samples, ulong seed = 1)
    {
        var random = SeededRandom.Of(seed);
        var noise = new float[samples];
        foreach (ref var sample in noise.AsSpan())
        {
            sample = (float)(0.1 * random.NextGaussian());
        }
        return noise;
    }

    /// <summary>Noise of 1 to 20,000 samples.</summary>
    public static Arbitrary<float[]> Clip() => (
        from samples in Gen.Frequency((1, Gen.Choose(1, 40)), (3, Gen.Choose(41, 20_000)))
        from seed in Gen.Choose(0, int.MaxValue)
        select Noise(samples, (ulong)seed)).ToArbitrary();

    /// <summary>A seed.</summary>
    public static Arbitrary<ulong> Seed() => Gen.Choose(0, int.MaxValue).Select(seed => (ulong)seed).ToArbitrary();
}
