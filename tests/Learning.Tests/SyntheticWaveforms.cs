using OrleansTagging.Labels;

namespace OrleansTagging.Learning.Tests;

/// <summary>Clips in memory: each a tone, a falling tone or noise, under a little noise; its class is its kind.</summary>
internal sealed class SyntheticWaveforms : IWaveforms
{
    public const int Kinds = 4;

    private readonly float[][] _clips;

    private SyntheticWaveforms(float[][] clips) => _clips = clips;

    public int Rate => 8000;

    public int Count => _clips.Length;

    public static SyntheticWaveforms Of(params int[] lengths)
    {
        var clips = new float[lengths.Length][];
        for (var clip = 0; clip < clips.Length; clip++)
        {
            var random = SeededRandom.Of(17, (ulong)clip);
            clips[clip] = new float[lengths[clip]];
            var pitch = random.NextDouble(0.9, 1.1);
            for (var sample = 0; sample < clips[clip].Length; sample++)
            {
                var time = sample / 8000.0;
                var noise = random.NextGaussian();
                clips[clip][sample] = (float)(0.02 * noise + (clip % Kinds) switch
                {
                    0 => 0.3 * Math.Sin(2 * Math.PI * 440 * pitch * time),
                    1 => 0.3 * Math.Sin(2 * Math.PI * 2000 * pitch * time),
                    2 => 0.3 * Math.Sin(2 * Math.PI * 1500 * pitch * time * (1 - 0.1 * time)) * Math.Exp(-6 * (time % 0.25)),
                    _ => 0.2 * noise,
                });
            }
        }
        return new SyntheticWaveforms(clips);
    }

    /// <summary>As many clips as asked for, of 0.15 to 1.2 seconds.</summary>
    public static SyntheticWaveforms OfMixedLengths(int count)
    {
        var random = SeededRandom.Of(23);
        var lengths = new int[count];
        foreach (ref var length in lengths.AsSpan())
        {
            length = 1200 + random.NextInt(8400);
        }
        return Of(lengths);
    }

    public int Length(int clip) => _clips[clip].Length;

    public ReadOnlySpan<float> Samples(int clip) => _clips[clip];

    public LabelledExample[] Examples(int first, int count) =>
        [.. Enumerable.Range(first, count).Select(clip => new LabelledExample(clip, [clip % Kinds]))];
}
