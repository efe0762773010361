using OrleansTagging.Labels;

namespace OrleansTagging.Audio.Synthesis;

/// <summary>
/// Laughter: a glottal pulse train and breath through the formants of a vowel (Peterson and Barney, 1952), in bursts whose pitch and level
/// fall off until the laugher draws breath.
/// </summary>
internal static class Laughter
{
    // The first three formants of /a/, /ʌ/, /ɛ/, /i/, /ɔ/ and /u/ of a man, in Hz.
    private static readonly double[][] _vowels =
        [[730, 1_090, 2_440], [640, 1_190, 2_390], [530, 1_840, 2_480], [270, 2_290, 3_010], [570, 840, 2_410], [300, 870, 2_240]];

    public static void Sound(ref SeededRandom random, Span<float> clip)
    {
        var voice = Draw.Log(ref random, 95, 420);
        // Shorter vocal tracts go with higher voices.
        var tract = Math.Pow(voice / 130, 0.25) * random.NextDouble(0.92, 1.08);
        var vowel = _vowels[random.NextInt(_vowels.Length)];
        var pace = random.NextDouble(2.8, 7);
        var breath = random.NextDouble(0.05, 0.6);
        var voiced = random.NextDouble(0.35, 0.75);
        Span<Filter> formants = stackalloc Filter[3];
        for (var formant = 0; formant < 3; formant++)
        {
            formants[formant] = new Filter(vowel[formant] * tract, random.NextDouble(5, 11));
        }
        var (at, syllable) = (Draw.Samples(0.08 * random.NextDouble()), 0);
        var (phase, smooth) = (0.0, 0.0);
        var syllables = 3 + random.NextInt(7);
        while (at < clip.Length)
        {
            var length = Draw.Samples(random.NextDouble(0.85, 1.15) / pace);
            var sung = (int)(voiced * length);
            var level = Math.Pow(0.88, syllable);
            var pitch = voice * Math.Pow(0.965, syllable) * random.NextDouble(0.95, 1.08);
            for (var within = 0; within < length && at < clip.Length; within++, at++)
            {
                var share = (double)within / length;
                phase += pitch * (1.1 - 0.25 * share) / SyntheticDataset.Rate;
                phase -= Math.Floor(phase);
                // A pulse that opens slowly and shuts at once, less its mean.
                var glottis = within < sung ? (phase < 0.6 ? phase * phase * (3 - 2 * phase) : 0) - 0.2 : 0;
                smooth += 0.4 * (glottis - smooth);
                var loudness = level * Envelope.Note(within, length, 0.02, 0.06);
                var source = loudness * (3 * smooth + breath * (within < sung ? 0.15 : 0.35) * Draw.Noise(ref random));
                var sum = 0.0;
                for (var formant = 0; formant < 3; formant++)
                {
                    formants[formant].Step(source);
                    sum += formants[formant].Band / (1 + 0.6 * formant);
                }
                clip[at] += (float)sum;
            }
            if (++syllable >= syllables)
            {
                (syllable, syllables) = (0, 3 + random.NextInt(7));
                at += Draw.Samples(random.NextDouble(0.1, 0.6));
            }
        }
    }
}
