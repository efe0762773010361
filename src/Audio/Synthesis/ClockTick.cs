using OrleansTagging.Labels;

namespace OrleansTagging.Audio.Synthesis;

/// <summary>
/// A clock: the escapement's short knocks at an even pace, tick and tock of different timbre, through the case's resonances.
/// </summary>
internal static class ClockTick
{
    private const int Modes = 4;

    public static void Sound(ref SeededRandom random, Span<float> clip)
    {
        var period = Draw.Log(ref random, 0.12, 1);
        var lameness = random.NextDouble(-0.12, 0.12);
        var register = Draw.Log(ref random, 600, 5_000);
        var ring = Draw.Log(ref random, 0.006, 0.09);
        var difference = random.NextDouble(0.75, 1);
        Span<double> ratios = stackalloc double[Modes];
        Span<double> levels = stackalloc double[Modes];
        for (var mode = 0; mode < Modes; mode++)
        {
            ratios[mode] = random.NextDouble(0.5, 2.2);
            levels[mode] = random.NextDouble(0.2, 1);
        }
        var tock = Draw.Chance(ref random, 0.5);
        for (var start = Draw.Samples(0.2 * random.NextDouble()); start < clip.Length;)
        {
            var pitch = register * (tock ? difference : 1);
            var force = (tock ? difference : 1) * random.NextDouble(0.85, 1);
            // An escapement knocks twice in quick succession.
            foreach (var (delay, share) in new[] { (0.0, 1.0), (0.012, 0.4) })
            {
                var at = start + (int)(delay * SyntheticDataset.Rate);
                for (var mode = 0; mode < Modes && at < clip.Length; mode++)
                {
                    Mode.Ring(clip[at..], Math.Min(9_500, pitch * ratios[mode]), ring, force * share * levels[mode]);
                }
            }
            start += Draw.Samples(period * (tock ? 1 + lameness : 1 - lameness));
            tock = !tock;
        }
    }
}
