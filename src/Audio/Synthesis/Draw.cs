using OrleansTagging.Labels;

namespace OrleansTagging.Audio.Synthesis;

/// <summary>Draws that the sound models share.</summary>
internal static class Draw
{
    /// <summary>A frequency or a time whose logarithm is uniform: what the ear takes for evenly spread.</summary>
    public static double Log(ref SeededRandom random, double low, double high) => low * Math.Pow(high / low, random.NextDouble());

    public static bool Chance(ref SeededRandom random, double probability) => random.NextDouble() < probability;

    /// <summary>White noise over [-1, 1).</summary>
    public static float Noise(ref SeededRandom random) => (float)(2 * random.NextDouble() - 1);

    /// <summary>A time from a Poisson process's one event to the next, in samples; at least one.</summary>
    public static int Wait(ref SeededRandom random, double perSecond) =>
        1 + (int)(-Math.Log(1 - random.NextDouble()) / perSecond * SyntheticDataset.Rate);

    /// <summary>Seconds as samples; at least one.</summary>
    public static int Samples(double seconds) => Math.Max(1, (int)(seconds * SyntheticDataset.Rate));
}
