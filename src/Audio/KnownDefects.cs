namespace OrleansTagging.Audio;

/// <summary>
/// The clips of FSDKaggle2019's curated set that its publishers named as faulty: five have another clip's labels, from a bug in the
/// renaming of files; one lost its signal in the conversion. Source: the description of the dataset, https://zenodo.org/record/3612637,
/// and that of the competition, https://www.kaggle.com/c/freesound-audio-tagging-2019/data.
/// </summary>
internal static class KnownDefects
{
    private const string Source = "FSDKaggle2019's publishers, zenodo.org/record/3612637";
    private static readonly ClipDefect WrongLabels = new(ClipDefectKind.KnownBad, $"known to be wrongly labelled ({Source})");
    private static readonly ClipDefect NoSignal = new(ClipDefectKind.KnownBad, $"known to hold no signal ({Source})");

    private static readonly Dictionary<string, ClipDefect> Curated = new(StringComparer.Ordinal)
    {
        ["f76181c4.wav"] = WrongLabels,
        ["77b925c2.wav"] = WrongLabels,
        ["6a1f682a.wav"] = WrongLabels,
        ["c7db12aa.wav"] = WrongLabels,
        ["7752cc8a.wav"] = WrongLabels,
        ["1d44b0bd.wav"] = NoSignal,
    };

    /// <summary>What its publishers said of a clip; <c>null</c> where they said nothing.</summary>
    public static ClipDefect? Of(string fileName, ClipSubset subset) =>
        subset == ClipSubset.Curated ? Curated.GetValueOrDefault(fileName) : null;
}
