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

    /// <summary>Writes the lists.</summary>
    /// <param name="artifacts">Where they go.</param>
    /// <param name="clips">The curated and noisy clips with their folds.</param>
    /// <param name="promoted">The promoted clips of the selection with their folds.</param>
    /// <param name="fold">The fold.</param>
    /// <param name="share">Which folds are trained on a promoted clip (<see cref="Recipe.CurriculumSettings.Share"/>).</param>
    public static async Task<FoldLists> WriteAsync(
        IArtifactStore artifacts, IReadOnlyList<ListedClip> clips, IReadOnlyList<ListedClip> promoted, int fold, string share)
    {
        var curated = clips.Where(clip => clip.Subset == "curated").ToArray();
        var train = curated.Where(clip => clip.Fold != fold)
            .Concat(promoted.Where(clip => FoldShare.Trains(share, fold, clip.Fold))).ToArray();
        var validation = curated.Where(clip => clip.Fold == fold).ToArray();
        return new FoldLists
        {
            Validation = await ClipList.PutLabelsAsync(artifacts, validation),
            ValidationClips = validation.Length,
            Train = await ClipList.PutLabelsAsync(artifacts, train),
            TrainClips = train.Length,
        };
    }
}
