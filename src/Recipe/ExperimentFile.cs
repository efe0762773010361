using System.Text.Json;
using OrleansTagging.Labels;

namespace OrleansTagging.Recipe;

/// <summary>
/// An experiment as its user writes it in YAML: the dataset, the folds, the models, the curricula that promote noisy clips, the members
/// and the ensemble. Keys in the file are these names in snake_case.
/// </summary>
public sealed record ExperimentFile
{
    /// <summary>Name of the experiment; letters, digits, <c>_</c> and <c>-</c>.</summary>
    public string Name { get; init; } = "";

    /// <summary>Name under which the dataset was imported.</summary>
    public string Dataset { get; init; } = "";

    /// <summary>Seed of all random numbers.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Number of cross-validation folds of the curated set.</summary>
    public int Folds { get; init; } = 5;

    /// <summary>The models by name.</summary>
    public SortedDictionary<string, ModelSettings> Models { get; init; } = new(StringComparer.Ordinal);

    /// <summary>How every fold is trained.</summary>
    public TrainingSettings Training { get; init; } = new();

    /// <summary>The curricula by name; none where nothing is promoted.</summary>
    public SortedDictionary<string, CurriculumSettings> Curricula { get; init; } = new(StringComparer.Ordinal);

    /// <summary>The members by name.</summary>
    public SortedDictionary<string, MemberSettings> Members { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Names of the members whose test predictions are averaged.</summary>
    public string[] Ensemble { get; init; } = [];

    /// <summary>Reads an experiment file and checks all that can be checked without its dataset.</summary>
    /// <param name="yaml">The file's text.</param>
    /// <param name="fileName">What the message of an error calls it.</param>
    /// <exception cref="InputException">It is no YAML, has an unknown key, a value of the wrong type or out of range, or names what it does not define.</exception>
    public static ExperimentFile Parse(string yaml, string fileName) => ExperimentFileReader.Read(yaml, fileName);

    /// <summary>The canonical JSON, alike for two files that differ in comments, order of keys or white space alone.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, RecipeJson.Default.ExperimentFile);
}

/// <summary>A curriculum: round after round the noisy clips whose given labels agree best with the scorer's predictions join the curated ones.</summary>
public sealed record CurriculumSettings
{
    /// <summary>Name of the model that scores the noisy clips.</summary>
    public string Scorer { get; init; } = "";

    /// <summary>Number of clips promoted in each round; every round selects anew.</summary>
    public int[] Rounds { get; init; } = [];
}

/// <summary>A member: one model trained on one selection of clips.</summary>
public sealed record MemberSettings
{
    /// <summary>Name of the model.</summary>
    public string Model { get; init; } = "";

    /// <summary>
    /// The clips it is trained on (<see cref="Selection"/>): <c>curated</c>, or <c>&lt;curriculum&gt;@&lt;round&gt;</c> for those and the
    /// noisy clips that the round promoted.
    /// </summary>
    public string Selection { get; init; } = "curated";
}
