using OrleansTagging.Labels;

namespace OrleansTagging.Audio.Synthesis;

/// <summary>Wind: noise through a resonance whose place, sharpness and level follow the gusts; at times it howls.</summary>
internal static class Wind
{
    public static void Sound(ref SeededRandom random, Span<float> clip)
    {
        var centre = Draw.Log(ref random, 120, 1_200);
        var sharpness = Draw.Log(ref random, 0.5, 9);
        var pace = Draw.Log(ref random, 0.2, 2.5);
        var depth = random.NextDouble(0.2, 0.9);
        var rumble = random.NextDouble(0, 0.6);
        var band = new Filter(centre, sharpness);
        var low = new Filter(Draw.Log(ref random, 60, 250), 0.7);
        var (gust, aim, next) = (random.NextDouble(), random.NextDouble(), 0);
        for (var at = 0; at < clip.Length; at++)
        {
            if (at == next)
            {
                aim = random.NextDouble();
                next += Draw.Wait(ref random, pace);
            }
            gust += (aim - gust) * pace * 3 / SyntheticDataset.Rate;
            if (at % 32 == 0)
            {
                band.Tune(centre * Math.Pow(2, 1.6 * (gust - 0.5)), sharpness);
            }
            var noise = Draw.Noise(ref random);
            band.Step(noise);
            low.Step(noise);
            clip[at] += (float)((1 - depth + depth * gust) * (band.Band * Math.Sqrt(sharpness) + rumble * low.Low));
        }
    }
}
