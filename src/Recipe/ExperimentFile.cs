using System.Text.Json;
using System.Text.Json.Serialization;
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

    /// <summary>Seed of all random numbers; of a list the first deals the folds, and curricula and members vary over all.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>
    /// Priority with which it is submitted, 0 where neither this nor its user says otherwise: the jobs of the experiment with the highest
    /// go first. It changes no result, and so neither a job's id nor whether two files are the same.
    /// </summary>
    [JsonIgnore]
    public int? Priority { get; init; }

    /// <summary>Number of cross-validation folds of the curated set.</summary>
    public int Folds { get; init; } = 5;

    /// <summary>
    /// Share of the curated clips, stratified like the folds, that no model is trained or validated on; every member is measured on them in the end.
    /// 0 where none are held out.
    /// </summary>
    public double Holdout { get; init; }

    /// <summary>The models by name.</summary>
    public SortedDictionary<string, ModelSettings> Models { get; init; } = new(StringComparer.Ordinal);

    /// <summary>How every fold is trained.</summary>
    public TrainingSettings Training { get; init; } = new();

    /// <summary>The curricula by name; none where nothing is promoted.</summary>
    public SortedDictionary<string, CurriculumSettings> Curricula { get; init; } = new(StringComparer.Ordinal);

    /// <summary>The members by name.</summary>
    public SortedDictionary<string, MemberSettings> Members { get; init; } = new(StringComparer.Ordinal);

    /// <summary>The ensemble whose predictions are the submission.</summary>
    public EnsembleSettings Ensemble { get; init; } = new();

    /// <summary>Further ensembles by name, measured beside it.</summary>
    public SortedDictionary<string, EnsembleSettings> Ensembles { get; init; } = new(StringComparer.Ordinal);

    /// <summary>What is to be compared in the end, by name.</summary>
    public SortedDictionary<string, ContrastSettings> Contrasts { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Reads an experiment file and checks all that can be checked without its dataset.</summary>
    /// <param name="yaml">The file's text.</param>
    /// <param name="fileName">What the message of an error calls it.</param>
    /// <exception cref="InputException">It is no YAML, has an unknown key, a value of the wrong type or out of range, or names what it does not define.</exception>
    public static ExperimentFile Parse(string yaml, string fileName) => ExperimentFileReader.Read(yaml, fileName);

    /// <summary>The canonical JSON, alike for two files that differ in comments, order of keys or white space alone; only the order
    /// of what varies counts, since it orders the words of a name.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, RecipeJson.Default.ExperimentFile);
}
