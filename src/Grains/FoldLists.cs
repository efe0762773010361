using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>The clips of one fold as label files: addresses and counts.</summary>
internal sealed record FoldLists
{
    /// <summary>Address of the clips to train on.</summary>
    public required string Train { get; init; }

    /// <summary>Their number.</summary>
    public required int TrainClips { get; init; }

    /// <summary>Address of the clips to validate on.</summary>
    public required string Validation { get; init; }

    /// <summary>Their number.</summary>
    public required int ValidationClips { get; init; }

    /// <summary>Address of the noisy clips that are not trained on.</summary>
    public required string Noisy { get; init; }

    /// <summary>Their number.</summary>
    public required int NoisyClips { get; init; }

    /// <summary>Writes the lists.</summary>
    /// <param name="artifacts">Where they go.</param>
    /// <param name="clips">The curated and noisy clips with their folds.</param>
    /// <param name="promoted">The promoted clips of the selection with their folds.</param>
    /// <param name="fold">The fold.</param>
    public static async Task<FoldLists> WriteAsync(
        IArtifactStore artifacts, IReadOnlyList<ListedClip> clips, IReadOnlyList<ListedClip> promoted, int fold)
    {
        // A promoted clip is trained on by all folds but its own, so that its own fold's model can judge it in the next round.
        var trained = promoted.Where(clip => clip.Fold != fold).ToList();
        var names = trained.Select(clip => clip.Fname).ToHashSet(StringComparer.Ordinal);
        var curated = clips.Where(clip => clip.Subset == "curated").ToArray();
        var train = curated.Where(clip => clip.Fold != fold).Concat(trained).ToArray();
        var validation = curated.Where(clip => clip.Fold == fold).ToArray();
        var noisy = clips.Where(clip => clip.Subset == "noisy" && !names.Contains(clip.Fname)).Select(clip => clip with { Labels = "" })
            .ToArray();
        return new FoldLists
        {
            Validation = await ClipList.PutLabelsAsync(artifacts, validation),
            ValidationClips = validation.Length,
            Noisy = await ClipList.PutLabelsAsync(artifacts, noisy),
            NoisyClips = noisy.Length,
            Train = await ClipList.PutLabelsAsync(artifacts, train),
            TrainClips = train.Length,
        };
    }
}
