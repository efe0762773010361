using YamlDotNet.Serialization;

namespace OrleansTagging.Recipe;

/// <summary>A member: one model trained on one selection of clips.</summary>
public sealed record MemberSettings
{
    /// <summary>Name of the model.</summary>
    public string Model { get; init; } = "";

    /// <summary>
    /// The clips it is trained on (<see cref="Recipe.Selection"/>): <c>curated</c>, <c>&lt;curriculum&gt;@&lt;round&gt;</c> for those and the
    /// noisy clips that the round promoted, or <c>&lt;curriculum&gt;@relabelled</c> for the rest of them, too.
    /// </summary>
    public string Selection { get; init; } = "curated";

    /// <summary>The model with all its settings.</summary>
    [YamlIgnore]
    public TrainedModel Trained { get; init; } = null!;
}
