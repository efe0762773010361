using OrleansTagging.Labels;

namespace OrleansTagging.Audio.Synthesis;

/// <summary>A pipe organ: chords of notes that do not decay, harmonics by the stops that are drawn, breath noise and tremulant.</summary>
internal static class Organ
{
    private static readonly int[] _stops = [1, 2, 3, 4, 5, 6, 8];

    public static void Sound(ref SeededRandom random, Span<float> clip)
    {
        var register = Draw.Log(ref random, 65, 500);
        Span<double> levels = stackalloc double[_stops.Length];
        for (var stop = 0; stop < levels.Length; stop++)
        {
            levels[stop] = stop == 0 || Draw.Chance(ref random, 0.6) ? random.NextDouble(0.2, 1) / Math.Sqrt(_stops[stop]) : 0;
        }
        var attack = Draw.Log(ref random, 0.02, 0.2);
        var tempo = Draw.Log(ref random, 0.25, 3);
        var tremulant = Draw.Chance(ref random, 0.4) ? random.NextDouble(0.002, 0.012) : 0;
        var breath = random.NextDouble(0, 0.12);
        var pace = random.NextDouble(4, 7);
        for (var start = 0; start < clip.Length;)
        {
            var length = Draw.Samples(tempo * random.NextDouble(0.6, 1.6));
            var voices = 1 + random.NextInt(3);
            for (var voice = 0; voice < voices; voice++)
            {
                var frequency = register * Math.Pow(2, random.NextInt(18) / 12.0);
                Pipe(ref random, clip[start..], length, frequency, levels, attack, tremulant, pace, breath);
            }
            start += length;
        }
    }

    private static void Pipe(
        ref SeededRandom random, Span<float> clip, int length, double frequency, ReadOnlySpan<double> levels, double attack,
        double tremulant, double pace, double breath)
    {
        var air = new Filter(frequency * 2, 1.5);
        var phase = random.NextDouble(0, 2 * Math.PI);
        for (var at = 0; at < length && at < clip.Length; at++)
        {
            var waver = 1 + tremulant * Math.Sin(2 * Math.PI * pace * at / SyntheticDataset.Rate);
            phase += 2 * Math.PI * frequency * waver / SyntheticDataset.Rate;
            var sum = 0.0;
            for (var stop = 0; stop < levels.Length; stop++)
            {
                sum += levels[stop] == 0 || frequency * _stops[stop] > 10_000 ? 0 : levels[stop] * Math.Sin(_stops[stop] * phase);
            }
            air.Step(Draw.Noise(ref random));
            clip[at] += (float)(Envelope.Note(at, length, attack, 0.06) * (sum + breath * air.Band));
        }
    }
}
