namespace OrleansTagging.Audio;

/// <summary>A decoded clip: mono samples, full scale at -1 and 1.</summary>
public sealed record AudioClip
{
    /// <summary>The peak, relative to full scale, up to which a clip counts as silent: -100 dB, a third of a 16-bit step.</summary>
    public const float SilentPeak = 1e-5f;

    /// <summary>The samples, mono: the mean of the file's channels. Float files may go beyond -1 and 1.</summary>
    public required float[] Samples { get; init; }

    /// <summary>Samples a second, in Hz.</summary>
    public required int Rate { get; init; }

    /// <summary>Samples a second of the file, in Hz.</summary>
    public required int FileRate { get; init; }

    /// <summary>Channels of the file.</summary>
    public required int FileChannels { get; init; }

    /// <summary>The length in seconds.</summary>
    public double Seconds => (double)Samples.Length / Rate;

    /// <summary>Whether no sample is louder than <see cref="SilentPeak"/>.</summary>
    public bool IsSilent => !Samples.AsSpan().ContainsAnyExceptInRange(-SilentPeak, SilentPeak);
}
