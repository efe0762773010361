using OrleansTagging.Labels;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>
/// What the models of all folds say about the noisy clips: from each a float32 array [clips, classes], rows in the order of file names.
/// </summary>
internal sealed class NoisyPredictions : IDisposable
{
    private readonly MappedNpy<float>[] _models;

    private NoisyPredictions(MappedNpy<float>[] models) => _models = models;

    /// <summary>Opens the predictions of each fold's model, in the order of the folds.</summary>
    /// <exception cref="InputException">One is no array, or not as long as the others.</exception>
    public static async Task<NoisyPredictions> OpenAsync(IArtifactStore artifacts, IReadOnlyList<string> addresses)
    {
        var models = new List<MappedNpy<float>>();
        try
        {
            foreach (var address in addresses)
            {
                models.Add(MappedNpy<float>.Open(await artifacts.GetLocalPathAsync(address)));
                if (models[^1].Rows != models[0].Rows || models[^1].RowLength != models[0].RowLength)
                {
                    throw new InputException($"{address}: predictions of another shape than those of the first fold.");
                }
            }
            return new NoisyPredictions([.. models]);
        }
        catch
        {
            models.ForEach(model => model.Dispose());
            throw;
        }
    }

    /// <summary>The plain average over all folds.</summary>
    /// <param name="row">The clip's row.</param>
    /// <param name="mean">Takes the probabilities [classes].</param>
    public void OfAllFolds(int row, Span<double> mean) => Average(row, mean, _ => true);

    /// <summary>The mean of the models that were never trained on the clip; <c>false</c> where there is none.</summary>
    /// <param name="row">The clip's row.</param>
    /// <param name="mean">Takes the probabilities [classes].</param>
    /// <param name="promoted">Whether the models' selection holds the clip.</param>
    /// <param name="share">Who was trained on it, if so.</param>
    /// <param name="clipFold">The clip's fold.</param>
    public bool CrossFitted(int row, Span<double> mean, bool promoted, string share, int clipFold) =>
        Average(row, mean, fold => !promoted || !FoldShare.Trains(share, fold, clipFold));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var model in _models)
        {
            model.Dispose();
        }
    }

    private bool Average(int row, Span<double> mean, Func<int, bool> asks)
    {
        mean.Clear();
        var asked = 0;
        for (var fold = 0; fold < _models.Length; fold++)
        {
            if (!asks(fold))
            {
                continue;
            }
            asked++;
            var scores = _models[fold].Row(row);
            for (var label = 0; label < mean.Length; label++)
            {
                mean[label] += scores[label];
            }
        }
        for (var label = 0; label < mean.Length; label++)
        {
            mean[label] /= asked;
        }
        return asked > 0;
    }
}
