using OrleansTagging.Labels;

namespace OrleansTagging.Audio.Synthesis;

/// <summary>A bell as a sum of modes: hum, prime, tierce, quint, nominal and above, each a slightly split pair that beats.</summary>
internal static class Bell
{
    private static readonly double[] _ratios = [0.5, 1, 1.2, 1.5, 2, 2.51, 2.66, 3.01, 4.17];

    public static void Sound(ref SeededRandom random, Span<float> clip)
    {
        var prime = Draw.Log(ref random, 160, 1_600);
        var sustain = Draw.Log(ref random, 0.5, 6);
        var tilt = random.NextDouble(0.2, 1.4);
        Span<double> tuning = stackalloc double[_ratios.Length];
        Span<double> levels = stackalloc double[_ratios.Length];
        for (var at = 0; at < _ratios.Length; at++)
        {
            tuning[at] = prime * _ratios[at] * (1 + 0.03 * random.NextGaussian());
            levels[at] = random.NextDouble(0.15, 1) * Math.Pow(_ratios[at] + 0.5, -tilt);
        }
        var tempo = Draw.Log(ref random, 0.3, 3);
        for (var start = Draw.Samples(0.1 * random.NextDouble()); start < clip.Length;
            start += Draw.Samples(tempo * random.NextDouble(0.9, 1.1)))
        {
            var force = random.NextDouble(0.6, 1);
            for (var at = 0; at < _ratios.Length; at++)
            {
                var decay = sustain * Math.Pow(_ratios[at], -0.8);
                Mode.Ring(clip[start..], tuning[at], decay, force * levels[at]);
                Mode.Ring(clip[start..], tuning[at] * (1 + 0.004 * random.NextDouble()), decay, 0.5 * force * levels[at]);
            }
        }
    }
}
