namespace OrleansTagging.Audio.Synthesis;

/// <summary>How loud a note is over its length.</summary>
internal static class Envelope
{
    /// <summary>Rises over the attack, falls over the release, both along half a cosine; 1 between.</summary>
    /// <param name="at">The sample within the note.</param>
    /// <param name="length">The note's length in samples.</param>
    /// <param name="attack">Seconds of the rise.</param>
    /// <param name="release">Seconds of the fall.</param>
    public static double Note(int at, int length, double attack, double release)
    {
        var rise = at / (attack * SyntheticDataset.Rate);
        var fall = (length - at) / (release * SyntheticDataset.Rate);
        return Smooth(rise) * Smooth(fall);
    }

    private static double Smooth(double x) => x >= 1 ? 1 : 0.5 - 0.5 * Math.Cos(Math.PI * x);
}
