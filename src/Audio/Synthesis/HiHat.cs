using OrleansTagging.Labels;

namespace OrleansTagging.Audio.Synthesis;

/// <summary>A cymbal pair, as drum machines make it: six square waves out of tune and noise, high-passed, open or closed.</summary>
internal static class HiHat
{
    private static readonly double[] _ratios = [2, 3, 4.16, 5.43, 6.79, 8.21];

    public static void Sound(ref SeededRandom random, Span<float> clip)
    {
        var tuning = Draw.Log(ref random, 150, 500);
        var metal = random.NextDouble(0, 1);
        var edge = Draw.Log(ref random, 2_500, 7_500);
        var closed = Draw.Log(ref random, 0.03, 0.2);
        var open = Draw.Log(ref random, 0.2, 1);
        var tempo = Draw.Log(ref random, 0.1, 0.7);
        var openShare = random.NextDouble(0, 0.6);
        Span<double> phases = stackalloc double[_ratios.Length];
        var filter = new Filter(edge, random.NextDouble(0.7, 2));
        var next = Draw.Samples(0.1 * random.NextDouble());
        var (level, fall) = (0.0, 0.0);
        for (var at = 0; at < clip.Length; at++)
        {
            if (at == next)
            {
                level = random.NextDouble(0.4, 1);
                fall = Math.Exp(-6.9 / Draw.Samples(Draw.Chance(ref random, openShare) ? open : closed));
                next += Draw.Samples(tempo * random.NextDouble(0.95, 1.05));
            }
            var squares = 0.0;
            for (var wave = 0; wave < phases.Length; wave++)
            {
                phases[wave] += tuning * _ratios[wave] / SyntheticDataset.Rate;
                phases[wave] -= Math.Floor(phases[wave]);
                squares += phases[wave] < 0.5 ? 1 : -1;
            }
            filter.Step(level * (metal * squares / 6 + (1 - 0.7 * metal) * Draw.Noise(ref random)));
            clip[at] += (float)filter.High;
            level *= fall;
        }
    }
}
