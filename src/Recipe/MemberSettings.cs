using YamlDotNet.Serialization;

namespace OrleansTagging.Recipe;

/// <summary>
/// A member: one model trained on one selection of clips. In the file an entry may say <c>with</c> (settings by path, such as
/// <c>training.loss</c>, that go before those of the file), <c>grid</c> (lists of values by path) and <c>zip</c> (the same in parallel); each
/// combination becomes a member of its own.
/// </summary>
public sealed record MemberSettings
{
    /// <summary>Name of the model.</summary>
    public string Model { get; init; } = "";

    /// <summary>
    /// The clips it is trained on (<see cref="Recipe.Selection"/>): <c>curated</c>, <c>&lt;curriculum&gt;@&lt;round&gt;</c> for those and the
    /// noisy clips that the round promoted, or <c>&lt;curriculum&gt;@relabelled</c> for the rest of them, too.
    /// </summary>
    public string Selection { get; init; } = "curated";

    /// <summary>Name of the entry in the file that it came of; its own where nothing varies.</summary>
    [YamlIgnore]
    public string Entry { get; init; } = "";

    /// <summary>What sets it apart from the others of its entry: the value of each setting that varies, by the setting's path.</summary>
    [YamlIgnore]
    public SortedDictionary<string, string> Axes { get; init; } = new(StringComparer.Ordinal);

    /// <summary>The model with all its settings.</summary>
    [YamlIgnore]
    public TrainedModel Trained { get; init; } = null!;
}
