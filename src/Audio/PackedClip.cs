namespace OrleansTagging.Audio;

/// <summary>The three parts of a dataset in FSDKaggle2019's layout.</summary>
public enum ClipSubset
{
    /// <summary>Clips whose labels are trusted.</summary>
    Curated,

    /// <summary>Clips whose labels are doubtful.</summary>
    Noisy,

    /// <summary>Clips to be predicted; they have no labels.</summary>
    Test,
}

/// <summary>A clip of a <see cref="PackedDataset"/>.</summary>
/// <param name="Index">Position in <see cref="PackedDataset.Clips"/>.</param>
/// <param name="FileName">The clip's file name, as in the column <c>fname</c>; no two clips share one.</param>
/// <param name="Subset">The part that it belongs to.</param>
/// <param name="Offset">Where its samples begin in <c>audio.npy</c>, in samples.</param>
/// <param name="Samples">How many samples it has; at least one.</param>
/// <param name="Labels">Positions in <see cref="PackedDataset.Classes"/>; empty for a test clip.</param>
public sealed record PackedClip(int Index, string FileName, ClipSubset Subset, long Offset, int Samples, int[] Labels);
