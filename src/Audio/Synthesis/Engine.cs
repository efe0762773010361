using OrleansTagging.Labels;

namespace OrleansTagging.Audio.Synthesis;

/// <summary>
/// An engine: firings of uneven cylinders at a speed that wanders, through the resonances of exhaust and body, with the fan's noise.
/// </summary>
internal static class Engine
{
    public static void Sound(ref SeededRandom random, Span<float> clip)
    {
        var firings = Draw.Log(ref random, 12, 140);
        var cylinders = 1 + random.NextInt(6);
        Span<double> strengths = stackalloc double[cylinders];
        foreach (ref var strength in strengths)
        {
            strength = random.NextDouble(0.5, 1);
        }
        Span<Mode> body = stackalloc Mode[4];
        Span<double> levels = stackalloc double[body.Length];
        for (var mode = 0; mode < body.Length; mode++)
        {
            body[mode] = new Mode(Draw.Log(ref random, 60, 1_800), Draw.Log(ref random, 0.01, 0.12));
            levels[mode] = random.NextDouble(0.2, 1);
        }
        var acceleration = 0.25 * random.NextGaussian();
        var roughness = random.NextDouble(0, 0.12);
        var hiss = random.NextDouble(0, 0.25);
        var air = new Filter(Draw.Log(ref random, 300, 3_000), 0.6);
        var (next, cylinder, left) = (0.0, 0, 0);
        var pulse = Draw.Samples(0.004);
        for (var at = 0; at < clip.Length; at++)
        {
            if (at >= next)
            {
                var speed = firings * Math.Exp(acceleration * at / SyntheticDataset.Rate) * (1 + roughness * random.NextGaussian());
                next += SyntheticDataset.Rate / Math.Clamp(speed, 8, 400);
                cylinder = (cylinder + 1) % cylinders;
                left = pulse;
            }
            var blast = left > 0 ? strengths[cylinder] * left-- / pulse * (0.5 + 0.5 * Draw.Noise(ref random)) : 0;
            var sum = 0.3 * blast;
            for (var mode = 0; mode < body.Length; mode++)
            {
                sum += levels[mode] * body[mode].Step(blast);
            }
            air.Step(Draw.Noise(ref random));
            clip[at] += (float)(sum + hiss * air.Band);
        }
    }
}
