using System.Globalization;

namespace OrleansTagging.Recipe;

/// <summary>The clips that a model is trained on: the curated ones, and after a curriculum's round the noisy ones it promoted.</summary>
/// <param name="Curriculum">Name of the curriculum; <c>null</c> where only curated clips are used.</param>
/// <param name="Round">Round of that curriculum, counted from 1; 0 where only curated clips are used or the rest is relabelled.</param>
/// <param name="Relabelled">Whether the noisy clips that the last round did not promote are used, too, as the curriculum relabels them.</param>
public sealed record Selection(string? Curriculum, int Round, bool Relabelled = false)
{
    private const string Rest = "relabelled";

    /// <summary>The curated clips alone.</summary>
    public static Selection Curated { get; } = new(null, 0);

    /// <summary>The curated clips and those that <paramref name="round"/> of <paramref name="curriculum"/> promoted; round 0 promoted none.</summary>
    public static Selection After(string curriculum, int round) => round == 0 ? Curated : new(curriculum, round);

    /// <summary>Reads <c>curated</c>, <c>&lt;curriculum&gt;@&lt;round&gt;</c> or <c>&lt;curriculum&gt;@relabelled</c>; <c>false</c> for anything else.</summary>
    public static bool TryParse(string text, out Selection selection)
    {
        selection = Curated;
        if (text == "curated")
        {
            return true;
        }
        var at = text.LastIndexOf('@');
        if (at > 0 && text.AsSpan(at + 1) is Rest)
        {
            selection = new Selection(text[..at], 0, Relabelled: true);
            return true;
        }
        if (at <= 0 || !int.TryParse(text.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var round) || round == 0)
        {
            return false;
        }
        selection = new Selection(text[..at], round);
        return true;
    }

    /// <summary>The text that <see cref="TryParse"/> reads.</summary>
    public override string ToString() => Relabelled ? $"{Curriculum}@{Rest}" : Curriculum is null ? "curated" : string.Create(CultureInfo.InvariantCulture, $"{Curriculum}@{Round}");
}
