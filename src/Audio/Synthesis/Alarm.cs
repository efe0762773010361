using OrleansTagging.Labels;

namespace OrleansTagging.Audio.Synthesis;

/// <summary>An alarm: beeps of one pitch or two in turn, in groups or without end, from a sine to nearly a square wave.</summary>
internal static class Alarm
{
    public static void Sound(ref SeededRandom random, Span<float> clip)
    {
        var pitch = Draw.Log(ref random, 450, 4_200);
        var other = Draw.Chance(ref random, 0.4) ? pitch * random.NextDouble(1.08, 1.5) : pitch;
        var beep = Draw.Log(ref random, 0.04, 0.5);
        var gap = Draw.Chance(ref random, 0.8) ? beep * random.NextDouble(0.2, 1.5) : 0.005;
        var group = 1 + random.NextInt(5);
        var rest = Draw.Chance(ref random, 0.5) ? Draw.Log(ref random, 0.15, 1) : 0;
        var drive = Draw.Log(ref random, 0.3, 8);
        var beeps = 0;
        for (var start = Draw.Samples(0.15 * random.NextDouble()); start < clip.Length; beeps++)
        {
            var length = Draw.Samples(beep);
            var step = 2 * Math.PI * (beeps % 2 == 0 ? pitch : other) / SyntheticDataset.Rate;
            for (var at = 0; at < length && start + at < clip.Length; at++)
            {
                clip[start + at] += (float)(Envelope.Note(at, length, 0.004, 0.006) * Math.Tanh(drive * Math.Sin(step * at)));
            }
            start += length + Draw.Samples(gap + ((beeps + 1) % group == 0 ? rest : 0));
        }
    }
}
