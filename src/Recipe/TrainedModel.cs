namespace OrleansTagging.Recipe;

/// <summary>A model and how it is trained, all settings resolved: the file's, and what a member or a scorer says otherwise.</summary>
public sealed record TrainedModel
{
    /// <summary>Name of the model in the file.</summary>
    public required string Model { get; init; }

    /// <summary>What it hears and the network that judges it.</summary>
    public required ModelSettings Settings { get; init; }

    /// <summary>How each of its folds is trained.</summary>
    public required TrainingSettings Training { get; init; }

    /// <summary>Seed of its trainings.</summary>
    public required ulong Seed { get; init; }
}
