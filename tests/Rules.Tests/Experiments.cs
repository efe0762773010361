using OrleansTagging.Abstractions;

namespace OrleansTagging.Rules.Tests;

/// <summary>Experiments on a small dataset.</summary>
internal static class Experiments
{
    public const string Curriculum = "main: {scorer: mel, rounds: [4, 8]}";

    public static DatasetRecord Dataset { get; } = new()
    {
        Name = "tones",
        Version = "1",
        Rate = 8000,
        Classes = ["low", "high"],
        Audio = "audio.npy",
        Clips = "clips.csv",
        Facts = "dataset.json",
        Subsets = [Clips("curated", 14), Clips("noisy", 20), Clips("test", 4)],
    };

    public static ExperimentContext Context(string curriculum, string assignments, string attempt, string name = "demo") => new()
    {
        Experiment = name,
        Yaml = Yaml(curriculum, name),
        Dataset = Dataset,
        Folds = new FoldsAnswer { Assignments = assignments },
        Attempt = attempt,
    };

    public static string Yaml(string curriculum, string name = "demo", string more = "") => $$"""
        name: {{name}}
        dataset: tones
        seed: 3
        folds: {{CurriculumWorld.Folds}}
        models:
          mel:
            features: mel_1024_512_64
        training:
          epochs: 2
          threads: 1
        curricula:
          {{curriculum}}
        members:
          plain: {model: mel, selection: curated}
        ensemble: [plain]
        {{more}}
        """;

    private static SubsetCounts Clips(string subset, int clips) =>
        new() { Subset = subset, Clips = clips, Hours = 0.1, LabelsPerClip = 1 };
}
