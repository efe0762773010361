using OrleansTagging.Labels;

namespace OrleansTagging.Audio.Synthesis;

/// <summary>
/// What a recording does to a sound. Trusted clips come from good microphones in quiet rooms; doubtful ones have the echo of rooms,
/// the band of telephones, noise, clipping and the grain of a poor codec.
/// </summary>
internal static class Recording
{
    // Delays of the comb and all-pass filters in seconds, without a common divisor (Schroeder, Natural Sounding Artificial
    // Reverberation, 1962).
    private static readonly double[] _combs = [0.0297, 0.0371, 0.0411, 0.0437];
    private static readonly double[] _allPasses = [0.005, 0.0017];

    /// <summary>Records as the curated set was: little noise, little room, any gain.</summary>
    public static void Good(ref SeededRandom random, Span<float> clip)
    {
        Tilt(clip, random.NextDouble(-0.35, 0.35));
        if (Draw.Chance(ref random, 0.3))
        {
            Reverberate(ref random, clip, Draw.Log(ref random, 0.1, 0.5), random.NextDouble(0.03, 0.2));
        }
        Normalise(clip, 1);
        AddNoise(ref random, clip, random.NextDouble(20, 50));
        Normalise(clip, Math.Pow(10, -random.NextDouble(0, 14) / 20));
    }

    /// <summary>Records as the noisy set was.</summary>
    public static void Poor(ref SeededRandom random, Span<float> clip)
    {
        Tilt(clip, random.NextDouble(-0.6, 0.6));
        if (Draw.Chance(ref random, 0.55))
        {
            Reverberate(ref random, clip, Draw.Log(ref random, 0.3, 1.6), random.NextDouble(0.15, 0.6));
        }
        if (Draw.Chance(ref random, 0.5))
        {
            Filter.LowPass(clip, Draw.Log(ref random, 2_500, 7_000));
        }
        if (Draw.Chance(ref random, 0.35))
        {
            Filter.HighPass(clip, Draw.Log(ref random, 90, 400));
        }
        Normalise(clip, 1);
        AddNoise(ref random, clip, random.NextDouble(6, 32));
        if (Draw.Chance(ref random, 0.25))
        {
            Hum(ref random, clip, Math.Pow(10, -random.NextDouble(18, 40) / 20));
        }
        if (Draw.Chance(ref random, 0.3))
        {
            Normalise(clip, Draw.Log(ref random, 1.2, 4));
            foreach (ref var sample in clip)
            {
                sample = Math.Clamp(sample, -1, 1);
            }
        }
        Normalise(clip, Math.Pow(10, -random.NextDouble(0, 24) / 20));
        if (Draw.Chance(ref random, 0.35))
        {
            Quantise(clip, 16 << random.NextInt(4));
        }
    }

    /// <summary>Brings the peak to a level; a silent clip stays silent.</summary>
    public static void Normalise(Span<float> clip, double peak)
    {
        var loudest = 0f;
        foreach (var sample in clip)
        {
            loudest = Math.Max(loudest, Math.Abs(sample));
        }
        if (loudest > 0)
        {
            var gain = (float)(peak / loudest);
            foreach (ref var sample in clip)
            {
                sample *= gain;
            }
        }
    }

    /// <summary>Darkens (below 0) or brightens (above 0) by a zero of first order.</summary>
    private static void Tilt(Span<float> clip, double amount)
    {
        var before = 0f;
        foreach (ref var sample in clip)
        {
            (sample, before) = ((float)(sample - amount * before), sample);
        }
    }

    private static void Reverberate(ref SeededRandom random, Span<float> clip, double decay, double share)
    {
        var wet = new float[clip.Length];
        foreach (var seconds in _combs)
        {
            var delay = Draw.Samples(seconds * random.NextDouble(0.8, 1.25));
            var feedback = Math.Pow(10, -3.0 * delay / SyntheticDataset.Rate / decay);
            var line = new double[delay];
            var damped = 0.0;
            for (var at = 0; at < clip.Length; at++)
            {
                var echo = line[at % delay];
                // Walls take the high notes first.
                damped += 0.6 * (echo - damped);
                line[at % delay] = clip[at] + feedback * damped;
                wet[at] += (float)(0.25 * echo);
            }
        }
        foreach (var seconds in _allPasses)
        {
            var delay = Draw.Samples(seconds);
            var line = new double[delay];
            for (var at = 0; at < wet.Length; at++)
            {
                var echo = line[at % delay];
                var inward = wet[at] + 0.7 * echo;
                line[at % delay] = inward;
                wet[at] = (float)(echo - 0.7 * inward);
            }
        }
        for (var at = 0; at < clip.Length; at++)
        {
            clip[at] = (float)((1 - share) * clip[at] + 2 * share * wet[at]);
        }
    }

    /// <summary>Adds noise between white and brown, so many decibels below the clip's power.</summary>
    private static void AddNoise(ref SeededRandom random, Span<float> clip, double decibels)
    {
        var colour = random.NextDouble(0, 0.97);
        var noise = new float[clip.Length];
        var (state, noisePower, power) = (0.0, 1e-12, 0.0);
        for (var at = 0; at < clip.Length; at++)
        {
            state = colour * state + Draw.Noise(ref random);
            noise[at] = (float)state;
            noisePower += state * state;
            power += (double)clip[at] * clip[at];
        }
        var gain = Math.Sqrt(power / noisePower) * Math.Pow(10, -decibels / 20);
        for (var at = 0; at < clip.Length; at++)
        {
            clip[at] += (float)(gain * noise[at]);
        }
    }

    private static void Hum(ref SeededRandom random, Span<float> clip, double level)
    {
        var step = 2 * Math.PI * (Draw.Chance(ref random, 0.5) ? 50 : 60) / SyntheticDataset.Rate;
        for (var at = 0; at < clip.Length; at++)
        {
            clip[at] += (float)(level * (Math.Sin(step * at) + 0.5 * Math.Sin(3 * step * at)));
        }
    }

    /// <summary>Rounds to a few steps on a logarithmic scale, as telephone codecs do (µ-law, ITU-T G.711).</summary>
    private static void Quantise(Span<float> clip, int steps)
    {
        const double Mu = 255;
        foreach (ref var sample in clip)
        {
            var squeezed = Math.Log(1 + Mu * Math.Abs(sample)) / Math.Log(1 + Mu);
            var rounded = Math.Round(squeezed * steps) / steps;
            sample = (float)(Math.Sign(sample) * (Math.Pow(1 + Mu, rounded) - 1) / Mu);
        }
    }
}
