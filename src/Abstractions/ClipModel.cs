using Orleans;

namespace OrleansTagging.Abstractions;

/// <summary>
/// What one model of a round's scorer says about a noisy clip, and where that is kept. The clip's agreement in a round is the label ranking
/// average precision of its given labels in the mean of <see cref="Row"/> of <see cref="Predictions"/> over the models that count.
/// </summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.ClipModel")]
public sealed record ClipModel
{
    /// <summary>The model's fold, counted from 0.</summary>
    [Id(0)] public required int Fold { get; init; }

    /// <summary>Id of the job that trained it.</summary>
    [Id(1)] public string? TrainingJob { get; init; }

    /// <summary>Id of the job in which it predicted the noisy clips.</summary>
    [Id(2)] public string? PredictionJob { get; init; }

    /// <summary>Address of its predictions, <c>.npy</c> float32 [noisy clips, classes].</summary>
    [Id(3)] public required string Predictions { get; init; }

    /// <summary>The clip's row there, counted from 0.</summary>
    [Id(4)] public required int Row { get; init; }

    /// <summary>Whether it was trained on the clip.</summary>
    [Id(5)] public required bool TrainedOnIt { get; init; }

    /// <summary>Whether it had a say in the clip's agreement.</summary>
    [Id(6)] public required bool Counts { get; init; }

    /// <summary>The labels it predicts with the highest probability, highest first.</summary>
    [Id(7)] public required PredictedLabel[] Predicted { get; init; }
}

/// <summary>Who was trained on a noisy clip.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.ClipUse")]
public sealed record ClipUse
{
    /// <summary>The member, or <c>&lt;curriculum&gt;.scorer</c>.</summary>
    [Id(0)] public required string Owner { get; init; }

    /// <summary>The selection that holds the clip: <c>main@2</c>.</summary>
    [Id(1)] public required string Selection { get; init; }

    /// <summary>The labels that the clip has there.</summary>
    [Id(2)] public required string[] Labels { get; init; }

    /// <summary>The folds that were trained on it.</summary>
    [Id(3)] public required int[] Folds { get; init; }

    /// <summary>The training job of each of them; empty before they have begun.</summary>
    [Id(4)] public string[] Jobs { get; init; } = [];
}
