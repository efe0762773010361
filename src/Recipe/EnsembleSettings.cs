namespace OrleansTagging.Recipe;

/// <summary>An ensemble: members whose predictions become one. In the file a plain list of members is their mean.</summary>
public sealed record EnsembleSettings
{
    /// <summary>The ways to blend.</summary>
    public static IReadOnlyList<string> Methods { get; } = ["mean", "rank_mean", "fitted", "greedy"];

    /// <summary>Names of the members; a name with <c>*</c> stands for all members it fits.</summary>
    public string[] Members { get; init; } = [];

    /// <summary>
    /// How they are blended: <c>mean</c> of their probabilities, <c>rank_mean</c> of the classes' ranks within a clip, <c>fitted</c> weights on the
    /// simplex or <c>greedy</c> forward selection, both chosen on the out-of-fold predictions.
    /// </summary>
    public string Method { get; init; } = "mean";
}
