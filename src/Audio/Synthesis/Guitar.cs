using OrleansTagging.Labels;

namespace OrleansTagging.Audio.Synthesis;

/// <summary>A plucked string (Karplus and Strong, 1983; tuned and plucked at a place as by Jaffe and Smith, 1983).</summary>
internal static class Guitar
{
    public static void Sound(ref SeededRandom random, Span<float> clip)
    {
        var register = Draw.Log(ref random, 75, 500);
        var tempo = Draw.Log(ref random, 0.18, 1.4);
        var brightness = random.NextDouble(0.15, 0.95);
        var sustain = Draw.Log(ref random, 0.25, 4);
        var pick = random.NextDouble(0.06, 0.5);
        for (var start = 0; start < clip.Length; start += Draw.Samples(tempo * random.NextDouble(0.6, 1.5)))
        {
            var semitones = random.NextInt(13);
            Pluck(ref random, clip[start..], register * Math.Pow(2, semitones / 12.0), sustain, brightness, pick);
        }
    }

    private static void Pluck(ref SeededRandom random, Span<float> clip, double frequency, double sustain, double brightness, double pick)
    {
        // The average of two neighbours delays by half a sample.
        var period = SyntheticDataset.Rate / frequency - 0.5;
        var whole = (int)period;
        var part = period - whole;
        var loop = new double[whole + 1];
        var smooth = 0.0;
        for (var at = 0; at < loop.Length; at++)
        {
            smooth += brightness * (Draw.Noise(ref random) - smooth);
            loop[at] = smooth;
        }
        var offset = (int)(pick * whole);
        for (var at = loop.Length - 1; at >= offset; at--)
        {
            loop[at] -= loop[at - offset];
        }
        var loss = Math.Exp(-Math.Log(1000) / (sustain * frequency));
        var (position, before) = (0, 0.0);
        var level = random.NextDouble(0.5, 1);
        for (var at = 0; at < clip.Length; at++)
        {
            var next = position + 1 == loop.Length ? 0 : position + 1;
            var now = (1 - part) * loop[next] + part * loop[position];
            var damped = loss * (0.5 * now + 0.5 * before);
            before = now;
            clip[at] += (float)(level * loop[position]);
            loop[position] = damped;
            position = next;
        }
    }
}
