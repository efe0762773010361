using OrleansTagging.Labels;

namespace OrleansTagging.Audio.Synthesis;

/// <summary>Rain: drops in a Poisson process, each a short ring or splash, over the hiss of those far away.</summary>
internal static class Rain
{
    public static void Sound(ref SeededRandom random, Span<float> clip)
    {
        var density = Draw.Log(ref random, 15, 700);
        var register = Draw.Log(ref random, 700, 5_000);
        var ring = Draw.Log(ref random, 0.003, 0.03);
        var hiss = Draw.Log(ref random, 0.01, 0.5);
        var far = new Filter(Draw.Log(ref random, 1_500, 8_000), 0.5);
        for (var start = Draw.Wait(ref random, density); start < clip.Length; start += Draw.Wait(ref random, density))
        {
            // Most drops are small or far: their levels fall off as a power.
            var level = 0.08 / (0.08 + random.NextDouble());
            var pitch = Math.Min(9_000, register * Math.Exp(0.5 * random.NextGaussian()));
            Mode.Ring(clip[start..], pitch, ring * random.NextDouble(0.5, 1.5), level);
            var length = Math.Min(clip.Length - start, Draw.Samples(0.002));
            for (var at = 0; at < length; at++)
            {
                clip[start + at] += (float)(0.5 * level * (1 - (double)at / length) * Draw.Noise(ref random));
            }
        }
        foreach (ref var sample in clip)
        {
            far.Step(Draw.Noise(ref random));
            sample += (float)(hiss * far.Band);
        }
    }
}
