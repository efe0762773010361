using OrleansTagging.Labels;

namespace OrleansTagging.Audio.Synthesis;

/// <summary>A siren: a bright tone that wails between two pitches, as a sine, a triangle, a sawtooth or in two steps.</summary>
internal static class Siren
{
    public static void Sound(ref SeededRandom random, Span<float> clip)
    {
        var low = Draw.Log(ref random, 300, 900);
        var high = low * random.NextDouble(1.3, 2.6);
        var period = Draw.Log(ref random, 0.25, 4);
        var shape = random.NextInt(4);
        var drive = Draw.Log(ref random, 1, 6);
        var position = random.NextDouble();
        var (phase, glide) = (0.0, -1.0);
        for (var at = 0; at < clip.Length; at++)
        {
            position += 1 / (period * SyntheticDataset.Rate);
            position -= Math.Floor(position);
            var target = shape switch
            {
                0 => 0.5 - 0.5 * Math.Cos(2 * Math.PI * position),
                1 => 1 - Math.Abs(2 * position - 1),
                2 => position < 0.85 ? position / 0.85 : (1 - position) / 0.15,
                _ => position < 0.5 ? 0 : 1,
            };
            glide = glide < 0 ? target : glide + 0.003 * (target - glide);
            phase += 2 * Math.PI * low * Math.Pow(high / low, glide) / SyntheticDataset.Rate;
            clip[at] += (float)Math.Tanh(drive * Math.Sin(phase));
        }
    }
}
