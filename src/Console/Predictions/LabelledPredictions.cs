using OrleansTagging.Labels;

namespace OrleansTagging.Commands.Predictions;

/// <summary>A label file and a predictions file that belong together; the classes are the columns of the latter.</summary>
internal sealed record LabelledPredictions
{
    private LabelledPredictions(LabelTable labels, PredictionTable scores, string path) => (Labels, Scores, Path) = (labels, scores, path);

    public LabelTable Labels { get; }

    public PredictionTable Scores { get; }

    /// <summary>Path of the predictions.</summary>
    private string Path { get; }

    /// <summary>Reads both files.</summary>
    /// <exception cref="InputException">A file is wrong, or a label has no column in the predictions.</exception>
    public static LabelledPredictions Read(string labels, string predictions)
    {
        var scores = PredictionTable.Read(predictions, expected: null);
        return new LabelledPredictions(ReadLabels(labels, scores.Classes, predictions), scores, predictions);
    }

    /// <summary>Reads a label file whose classes are the columns of a predictions file.</summary>
    /// <exception cref="InputException">The file is wrong, or a label has no column there.</exception>
    public static LabelTable ReadLabels(string labels, ClassMap classes, string predictions) =>
        WithClassesOf(predictions, () => LabelTable.Read(labels, classes));

    /// <summary>Reads another label file of the same classes.</summary>
    /// <exception cref="InputException">The file is wrong, or a label has no column in the predictions.</exception>
    public LabelTable ReadLabels(string labels) => ReadLabels(labels, Scores.Classes, Path);

    /// <summary>The same predictions with the labels of some of the clips.</summary>
    public LabelledPredictions With(LabelTable labels) => new(labels, Scores, Path);

    /// <summary>The measure over all clips with labels, with an interval where resamples are asked for.</summary>
    public ScoreCard ScoreCard(int resamples, ulong seed) =>
        Explained(() => OrleansTagging.Labels.ScoreCard.Of(Labels, Scores, resamples, seed));

    /// <summary>The clips of a label file that says which leaderboard each counted for; <c>null</c> of one that does not.</summary>
    /// <exception cref="InputException">A clip counted for neither, or the file is wrong.</exception>
    public TestTruth? ReadTestTruth(string labels) =>
        TestTruth.IsIn(labels) ? WithClassesOf(Path, () => TestTruth.Read(labels, Scores.Classes)) : null;

    /// <summary>The clips whose labels agree best, no class with more than its share of them.</summary>
    public IReadOnlyList<RankedClip> Top(int count, double classCap) =>
        Explained(() => TopAgreement.Select(Labels, Scores, count, classCap));

    /// <summary>The clips with the labels that a strategy gives them.</summary>
    public Relabelling Relabel(RelabelStrategy strategy, double labelsPerClip) =>
        Explained(() => Relabelling.Of(Labels, Scores, strategy, labelsPerClip));

    private static T WithClassesOf<T>(string predictions, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InputException fault) when (fault.Message.Contains("unknown label", StringComparison.Ordinal))
        {
            throw new InputException(
                $"{fault.Message} The classes are the columns of {predictions}: correct the label, or add its column there.", fault);
        }
    }

    private T Explained<T>(Func<T> compare)
    {
        try
        {
            return compare();
        }
        catch (InputException fault)
        {
            throw new InputException($"{Path}: {fault.Message}", fault);
        }
    }
}
