using OrleansTagging.Labels;

namespace OrleansTagging.Audio.Synthesis;

/// <summary>A drum: the modes of a circular membrane (zeros of Bessel functions), whose pitch falls as the blow's tension goes.</summary>
internal static class BassDrum
{
    private static readonly double[] _ratios = [1, 1.594, 2.136, 2.296, 2.653, 2.918];

    public static void Sound(ref SeededRandom random, Span<float> clip)
    {
        var tuning = Draw.Log(ref random, 42, 210);
        var decay = Draw.Log(ref random, 0.08, 0.7);
        var drop = Draw.Log(ref random, 0.05, 2.5);
        var skin = random.NextDouble(0, 0.7);
        var tempo = Draw.Log(ref random, 0.15, 1.1);
        Span<double> levels = stackalloc double[_ratios.Length];
        for (var mode = 0; mode < levels.Length; mode++)
        {
            levels[mode] = mode == 0 ? 1 : random.NextDouble(0, 0.6);
        }
        var swing = random.NextDouble(0, 0.4);
        for (var start = Draw.Samples(0.15 * random.NextDouble()); start < clip.Length;
            start += Draw.Samples(tempo * (1 + swing * (random.NextDouble() - 0.5))))
        {
            Strike(ref random, clip[start..], tuning, decay, drop, skin, levels, random.NextDouble(0.5, 1));
        }
    }

    private static void Strike(
        ref SeededRandom random, Span<float> clip, double tuning, double decay, double drop, double skin, ReadOnlySpan<double> levels,
        double force)
    {
        var length = Math.Min(clip.Length, Draw.Samples(decay * 1.2));
        Span<double> phases = stackalloc double[_ratios.Length];
        var noise = new Filter(Draw.Log(ref random, 300, 3_000), 0.8);
        for (var at = 0; at < length; at++)
        {
            var time = (double)at / SyntheticDataset.Rate;
            var bend = 1 + drop * Math.Exp(-time / 0.03);
            var fade = Math.Exp(-6.9 * time / decay);
            var sum = 0.0;
            for (var mode = 0; mode < phases.Length; mode++)
            {
                phases[mode] += 2 * Math.PI * tuning * _ratios[mode] * bend / SyntheticDataset.Rate;
                sum += levels[mode] * (mode == 0 ? fade : fade * fade) * Math.Sin(phases[mode]);
            }
            noise.Step(Draw.Noise(ref random));
            sum += skin * Math.Exp(-time / 0.02) * noise.Band;
            clip[at] += (float)(force * sum);
        }
    }
}
