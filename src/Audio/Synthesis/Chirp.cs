using OrleansTagging.Labels;

namespace OrleansTagging.Audio.Synthesis;

/// <summary>Sweeps of a tone, up or down, along a line or a power, once or again and again.</summary>
internal static class Chirp
{
    public static void Sound(ref SeededRandom random, Span<float> clip)
    {
        var low = Draw.Log(ref random, 150, 2_000);
        var high = Math.Min(9_500, low * Draw.Log(ref random, 1.6, 8));
        var rising = Draw.Chance(ref random, 0.5);
        var linear = Draw.Chance(ref random, 0.5);
        var duration = Draw.Log(ref random, 0.08, 2);
        var gap = Draw.Chance(ref random, 0.5) ? 0 : Draw.Log(ref random, 0.05, 0.6);
        var overtone = random.NextDouble(0, 0.5);
        for (var start = 0; start < clip.Length; start += Draw.Samples(duration + gap * random.NextDouble(0.7, 1.3)))
        {
            var phase = 0.0;
            var length = Draw.Samples(duration);
            for (var at = 0; at < length && start + at < clip.Length; at++)
            {
                var share = (double)at / length;
                share = rising ? share : 1 - share;
                phase += 2 * Math.PI * (linear ? low + (high - low) * share : low * Math.Pow(high / low, share)) / SyntheticDataset.Rate;
                clip[start + at] += (float)(Envelope.Note(at, length, 0.01, 0.02) * (Math.Sin(phase) + overtone * Math.Sin(2 * phase)));
            }
        }
    }
}
