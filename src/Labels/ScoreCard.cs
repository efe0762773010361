namespace OrleansTagging.Labels;

/// <summary>A class on a score card.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Lwlrap">The mean precision at its labels, over (0, 1]; <c>null</c> where no clip has it.</param>
/// <param name="Clips">How many clips have it.</param>
/// <param name="Weight">Its share of all labels, and so of the overall figure.</param>
public sealed record ClassScore(string Name, double? Lwlrap, int Clips, double Weight);

/// <summary>How good predictions are: overall, how sure that is, and class by class.</summary>
public sealed record ScoreCard
{
    /// <summary>lwlrap over all labels.</summary>
    public required double Lwlrap { get; init; }

    /// <summary>How many clips have labels and so count.</summary>
    public required int Clips { get; init; }

    /// <summary>How far it would move with other clips; <c>null</c> where that was not asked for.</summary>
    public required BootstrapInterval? Interval { get; init; }

    /// <summary>Every class, in the order of the class map.</summary>
    public required IReadOnlyList<ClassScore> Classes { get; init; }

    /// <summary>Compares predictions with labels, clip by clip by file name.</summary>
    /// <param name="labels">The labels; clips without any do not count.</param>
    /// <param name="predictions">Predictions of at least the clips with labels.</param>
    /// <param name="resamples">How many bootstrap resamples the interval is of; 0 for none.</param>
    /// <param name="seed">The seed of the resamples.</param>
    /// <exception cref="InputException">The classes differ, a clip that has labels is not predicted, or no clip has a label.</exception>
    public static ScoreCard Of(LabelTable labels, PredictionTable predictions, int resamples = 0, ulong seed = 0)
    {
        var lwlrap = Labels.Lwlrap.Of(labels, predictions);
        return new ScoreCard
        {
            Lwlrap = lwlrap.Overall,
            Clips = lwlrap.Clips,
            Interval = resamples == 0 ? null : Bootstrap.Interval(ClipPrecisions.Of(labels, predictions), seed, resamples),
            Classes = [.. labels.Classes.Names.Select((name, at) => new ClassScore(
                name, lwlrap.LabelCounts[at] == 0 ? null : lwlrap.PerClass[at], lwlrap.LabelCounts[at], lwlrap.Weights[at]))],
        };
    }
}
