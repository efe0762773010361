using System.Globalization;

namespace OrleansTagging.Grains;

/// <summary>The keys of an experiment's grains.</summary>
public static class GrainKeys
{
    private const string ScorerEnd = ".scorer";

    /// <summary>Key of a curriculum.</summary>
    public static string Curriculum(string experiment, string curriculum) => $"{experiment}/{curriculum}";

    /// <summary>Key of a shard of a curriculum's noisy scores.</summary>
    public static string Shard(string experiment, string curriculum, int shard) =>
        string.Create(CultureInfo.InvariantCulture, $"{experiment}/{curriculum}/{shard}");

    /// <summary>Key of a member.</summary>
    public static string Member(string experiment, string member) => $"{experiment}/{member}";

    /// <summary>Key of a fold; <paramref name="owner"/> is a member or <see cref="Scorer"/>.</summary>
    public static string Fold(string experiment, string owner, string selection, int fold) =>
        string.Create(CultureInfo.InvariantCulture, $"{experiment}/{owner}/{selection}/{fold}");

    /// <summary>What stands in a member's place for the folds of a curriculum's scorer. No member has a dot in its name.</summary>
    public static string Scorer(string curriculum) => curriculum + ScorerEnd;

    /// <summary>The curriculum whose scorer stands in a member's place; <c>null</c> for a member.</summary>
    public static string? CurriculumOfScorer(string owner) =>
        owner.EndsWith(ScorerEnd, StringComparison.Ordinal) ? owner[..^ScorerEnd.Length] : null;
}
