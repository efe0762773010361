using OrleansTagging.Labels;

namespace OrleansTagging.Audio.Synthesis;

/// <summary>Birdsong: phrases of short notes, each a tone under frequency modulation, whistled, trilled or buzzed.</summary>
internal static class Bird
{
    public static void Sound(ref SeededRandom random, Span<float> clip)
    {
        var register = Draw.Log(ref random, 1_300, 5_500);
        var range = random.NextDouble(0.05, 0.5);
        var note = Draw.Log(ref random, 0.03, 0.3);
        var pause = Draw.Log(ref random, 0.02, 0.4);
        var trill = Draw.Chance(ref random, 0.5) ? Draw.Log(ref random, 15, 120) : 0;
        var depth = trill > 0 ? random.NextDouble(0.02, 0.25) : 0;
        for (var start = Draw.Samples(0.1 * random.NextDouble()); start < clip.Length;)
        {
            var notes = 1 + random.NextInt(6);
            var from = register * (1 + range * random.NextGaussian() * 0.5);
            var to = from * Math.Pow(2, 1.5 * range * random.NextGaussian());
            for (; notes > 0 && start < clip.Length; notes--)
            {
                var length = Draw.Samples(note * random.NextDouble(0.7, 1.4));
                var phase = 0.0;
                for (var at = 0; at < length && start + at < clip.Length; at++)
                {
                    var share = (double)at / length;
                    var warble = 1 + depth * Math.Sin(2 * Math.PI * trill * at / SyntheticDataset.Rate);
                    var pitch = from * Math.Pow(to / from, share) * warble;
                    phase += 2 * Math.PI * Math.Clamp(pitch, 600, 9_500) / SyntheticDataset.Rate;
                    var level = Envelope.Note(at, length, 0.3 * note, 0.4 * note);
                    clip[start + at] += (float)(level * Math.Sin(phase + 0.4 * Math.Sin(phase)));
                }
                start += length + Draw.Samples(pause * random.NextDouble(0.4, 1));
            }
            start += Draw.Samples(random.NextDouble(0, 4) * pause);
        }
    }
}
