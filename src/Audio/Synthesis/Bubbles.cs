using OrleansTagging.Labels;

namespace OrleansTagging.Audio.Synthesis;

/// <summary>
/// Bubbles in water: each rings at Minnaert's frequency, which rises as the bubble nears the surface (van den Doel, Physically Based
/// Models for Liquid Sounds, 2005).
/// </summary>
internal static class Bubbles
{
    public static void Sound(ref SeededRandom random, Span<float> clip)
    {
        var density = Draw.Log(ref random, 3, 60);
        var register = Draw.Log(ref random, 250, 1_800);
        var spread = random.NextDouble(0.1, 0.6);
        var rise = random.NextDouble(0, 0.25);
        var stream = Draw.Chance(ref random, 0.4) ? random.NextDouble(0.02, 0.15) : 0;
        var flow = new Filter(Draw.Log(ref random, 300, 2_500), 0.7);
        for (var start = Draw.Samples(0.1 * random.NextDouble()); start < clip.Length; start += Draw.Wait(ref random, density))
        {
            var frequency = Math.Clamp(register * Math.Exp(spread * random.NextGaussian()), 120, 6_000);
            // Radius in metres from Minnaert's 3 m/s; small bubbles lose their energy faster.
            var radius = 3 / frequency;
            var damping = 0.13 / radius + 0.0072 * Math.Pow(radius, -1.5);
            var level = random.NextDouble(0.2, 1);
            var length = Math.Min(clip.Length - start, Draw.Samples(6 / damping));
            var phase = 0.0;
            for (var at = 0; at < length; at++)
            {
                var time = (double)at / SyntheticDataset.Rate;
                phase += 2 * Math.PI * Math.Min(9_000, frequency * (1 + rise * damping * time)) / SyntheticDataset.Rate;
                clip[start + at] += (float)(level * Math.Exp(-damping * time) * Math.Sin(phase));
            }
        }
        foreach (ref var sample in clip)
        {
            flow.Step(Draw.Noise(ref random));
            sample += (float)(stream * flow.Band);
        }
    }
}
