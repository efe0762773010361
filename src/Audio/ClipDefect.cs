namespace OrleansTagging.Audio;

/// <summary>Why a clip cannot be used.</summary>
public enum ClipDefectKind
{
    /// <summary>There is no such file.</summary>
    Missing,

    /// <summary>The file may not be, or cannot be, read.</summary>
    Unreadable,

    /// <summary>The file has no bytes.</summary>
    Empty,

    /// <summary>The file holds text where audio should be.</summary>
    Text,

    /// <summary>The format is none that libsndfile decodes.</summary>
    Unsupported,

    /// <summary>The file ends before its header says it does.</summary>
    Truncated,

    /// <summary>The file is complete, yet its contents break its format.</summary>
    Damaged,

    /// <summary>The header is sound and announces no sample.</summary>
    ZeroLength,

    /// <summary>A sample is infinite or no number.</summary>
    NotFinite,

    /// <summary>No sample is louder than <see cref="AudioClip.SilentPeak"/>.</summary>
    Silent,

    /// <summary>Those who published the dataset named the clip as wrongly labelled or without signal.</summary>
    KnownBad,
}

/// <summary>A clip that cannot be used, and why.</summary>
/// <param name="Kind">The category.</param>
/// <param name="Reason">A phrase for a person, without the file's name, for instance <c>truncated: 512 of 22050 frames are
/// there</c>.</param>
public sealed record ClipDefect(ClipDefectKind Kind, string Reason);
