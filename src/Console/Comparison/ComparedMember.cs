using System.Text.Json;
using OrleansTagging.Grains;
using OrleansTagging.Recipe;

namespace OrleansTagging.Commands.Comparison;

/// <summary>A member of a finished experiment, with what is compared of it.</summary>
internal sealed class ComparedMember
{
    private readonly JsonElement _reported;
    private readonly FinishedExperiment _experiment;

    public ComparedMember(FinishedExperiment experiment, string name)
    {
        (_experiment, Name, Settings) = (experiment, name, experiment.File.Members[name]);
        _reported = experiment.Member(name);
    }

    /// <summary>Name of the member.</summary>
    public string Name { get; }

    /// <summary>Name of its experiment.</summary>
    public string Experiment => _experiment.Name;

    /// <summary>Its settings.</summary>
    public MemberSettings Settings { get; }

    /// <summary>lwlrap of its out-of-fold predictions.</summary>
    public double? CrossValidated => Number("cross_validated_lwlrap");

    /// <summary>The same as an honest estimate, where the other chose something.</summary>
    public double? Honest => Number("honest_lwlrap");

    /// <summary>lwlrap of its predictions of the test clips.</summary>
    public double? Test => Number("test_lwlrap");

    /// <summary>lwlrap of each fold.</summary>
    public double?[] Folds => [.. _reported.GetProperty("folds").EnumerateArray().Select(fold => Number(fold, "lwlrap"))];

    /// <summary>Cross-validated lwlrap of a class; <c>null</c> where no clip has it.</summary>
    public double? Class(string name) => Number(_reported.GetProperty("cross_validated_lwlrap_per_class"), name);

    /// <summary>The classes.</summary>
    public IReadOnlyList<string> Classes => _experiment.Classes;

    /// <summary>
    /// Mean difference of the folds' lwlrap from another member's; <c>null</c> where the two were not validated on the same clips.
    /// </summary>
    public PairedDifference? Beside(ComparedMember other)
    {
        var same = _experiment.Dataset.Version == other._experiment.Dataset.Version
            && (_experiment.File.Folds, _experiment.File.Seed, _experiment.File.Holdout)
                == (other._experiment.File.Folds, other._experiment.File.Seed, other._experiment.File.Holdout);
        var differences = Folds.Zip(other.Folds, (one, another) => one - another).OfType<double>();
        return same ? PairedDifference.Of([.. differences]) : null;
    }

    private double? Number(string name) => Number(_reported, name);

    private static double? Number(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var number) && number.ValueKind == JsonValueKind.Number ? number.GetDouble() : null;
}
