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
        try
        {
            return new LabelledPredictions(LabelTable.Read(labels, scores.Classes), scores, predictions);
        }
        catch (InputException fault) when (fault.Message.Contains("unknown label", StringComparison.Ordinal))
        {
            throw new InputException(
                $"{fault.Message} The classes are the columns of {predictions}: correct the label, or add its column there.", fault);
        }
    }

    /// <summary>The measure over all clips with labels.</summary>
    public Lwlrap Lwlrap() => Explained(() => OrleansTagging.Labels.Lwlrap.Of(Labels, Scores));

    /// <summary>The clips whose labels agree best.</summary>
    public IReadOnlyList<RankedClip> Top(int count) => Explained(() => TopAgreement.Select(Labels, Scores, count));

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
