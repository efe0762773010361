namespace OrleansTagging.Grains;

/// <summary>Which folds are trained on a promoted clip (<see cref="Recipe.CurriculumSettings.Share"/>).</summary>
internal static class FoldShare
{
    /// <summary>Whether <paramref name="fold"/> is trained on a promoted clip of the fold <paramref name="clipFold"/>.</summary>
    public static bool Trains(string share, int fold, int clipFold) => share switch
    {
        "other_folds" => fold != clipFold,
        "own_fold" => fold == clipFold,
        "all_folds" => true,
        _ => throw new ArgumentOutOfRangeException(nameof(share), share, "There is no such share."),
    };
}
