using OrleansTagging.Labels;

namespace OrleansTagging.Audio.Effects;

/// <summary>A stretch of a clip replaced by silence, at a random place (DeVries and Taylor, "Improved regularization … with cutout",
/// 2017).</summary>
public static class CutOut
{
    /// <summary>Silences in place.</summary>
    /// <param name="samples">The clip.</param>
    /// <param name="share">The stretch's share of the clip, 0 to 1.</param>
    /// <param name="random">Draws the place.</param>
    /// <returns>The stretch.</returns>
    public static Range Apply(Span<float> samples, double share, ref SeededRandom random)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, 1);
        var length = (int)(share * samples.Length);
        var start = random.NextInt(samples.Length - length + 1);
        samples.Slice(start, length).Clear();
        return start..(start + length);
    }
}
