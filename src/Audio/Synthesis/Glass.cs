using OrleansTagging.Labels;

namespace OrleansTagging.Audio.Synthesis;

/// <summary>
/// Glasses and small bars that are struck: the modes of a free bar (1 : 2.76 : 5.40 : 8.93), short, with the click of the touch.
/// </summary>
internal static class Glass
{
    private static readonly double[] _ratios = [1, 2.756, 5.404, 8.933];

    public static void Sound(ref SeededRandom random, Span<float> clip)
    {
        var register = Draw.Log(ref random, 500, 3_500);
        var sustain = Draw.Log(ref random, 0.06, 1.2);
        var tempo = Draw.Log(ref random, 0.08, 1);
        var click = random.NextDouble(0, 0.6);
        var tilt = random.NextDouble(0.2, 1.2);
        for (var start = Draw.Samples(0.1 * random.NextDouble()); start < clip.Length; start += Draw.Wait(ref random, 1 / tempo))
        {
            var fundamental = register * random.NextDouble(0.9, 1.3);
            var force = random.NextDouble(0.3, 1);
            foreach (var ratio in _ratios)
            {
                var detuned = fundamental * ratio * (1 + 0.02 * random.NextGaussian());
                var level = force * random.NextDouble(0.3, 1) * Math.Pow(ratio, -tilt);
                Mode.Ring(clip[start..], detuned, sustain * Math.Pow(ratio, -0.6), level);
            }
            var length = Math.Min(clip.Length - start, Draw.Samples(0.003));
            for (var at = 0; at < length; at++)
            {
                clip[start + at] += (float)(click * force * (1 - (double)at / length) * Draw.Noise(ref random));
            }
        }
    }
}
