using OrleansTagging.Labels;

namespace OrleansTagging.Learning;

/// <summary>A stretch of a clip.</summary>
/// <param name="Clip">Number of the clip.</param>
/// <param name="Start">First sample.</param>
/// <param name="Length">Number of samples.</param>
public readonly record struct ClipCrop(int Clip, int Start, int Length)
{
    /// <summary>The whole clip.</summary>
    public static ClipCrop Whole(int clip, int length) => new(clip, 0, length);

    /// <summary>
    /// The stretch of a clip that an epoch trains on: the whole clip where it is no longer than <paramref name="longest"/>, otherwise as
    /// many samples at a place that depends on (seed, epoch, clip) alone.
    /// </summary>
    public static ClipCrop Sampled(int clip, int length, int longest, ulong seed, int epoch)
    {
        var random = SeededRandom.Of(seed, SeededRandom.Key("crop"), (ulong)epoch, (ulong)clip);
        return Sampled(clip, length, longest, ref random);
    }

    /// <summary>The whole clip, or a stretch of <paramref name="longest"/> samples at a drawn place where it is longer.</summary>
    public static ClipCrop Sampled(int clip, int length, int longest, ref SeededRandom random) =>
        length <= longest ? Whole(clip, length) : new(clip, random.NextInt(length - longest + 1), longest);
}
