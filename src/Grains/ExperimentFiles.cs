using System.Collections.Concurrent;
using OrleansTagging.Abstractions;
using OrleansTagging.Recipe;

namespace OrleansTagging.Grains;

/// <summary>The experiment files that grains work by, read once for each text and not on every turn.</summary>
internal static class ExperimentFiles
{
    // More experiments than a silo drives at a time; beyond it the texts are read again.
    private const int Kept = 64;

    private static readonly ConcurrentDictionary<string, ExperimentFile> Known = new(StringComparer.Ordinal);

    /// <summary>The experiment's file with all settings.</summary>
    public static ExperimentFile File(this ExperimentContext context)
    {
        if (Known.TryGetValue(context.Yaml, out var file))
        {
            return file;
        }
        if (Known.Count >= Kept)
        {
            Known.Clear();
        }
        return Known.GetOrAdd(context.Yaml, text => ExperimentFile.Parse(text, context.Experiment));
    }

    /// <summary>The model of a member, or of a curriculum's scorer (<see cref="GrainKeys.Scorer"/>).</summary>
    public static TrainedModel TrainedOf(this ExperimentFile file, string owner) => GrainKeys.CurriculumOfScorer(owner) is { } curriculum
        ? file.Curricula[curriculum].Trained
        : file.Members[owner].Trained;
}
