using OrleansTagging.Abstractions;
using OrleansTagging.Labels;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>What each model of a round's scorer says about one clip.</summary>
internal static class ClipModels
{
    private const int Kept = 3;

    /// <summary>Reads the clip's row of every model's predictions; the jobs are left to whoever knows them.</summary>
    /// <param name="artifacts">The store.</param>
    /// <param name="request">What the shard was asked in the round.</param>
    /// <param name="at">The clip's place in the shard.</param>
    /// <param name="clipFold">The clip's fold.</param>
    /// <param name="heard">Whether the models' selection holds the clip.</param>
    public static async Task<ClipModel[]> OfAsync(IArtifactStore artifacts, ShardRequest request, int at, int clipFold, bool heard)
    {
        var models = new ClipModel[request.Predictions.Length];
        for (var fold = 0; fold < models.Length; fold++)
        {
            var trained = heard && FoldShare.Trains(request.Share, fold, clipFold);
            using var predictions = MappedNpy<float>.Open(await artifacts.GetLocalPathAsync(request.Predictions[fold]));
            models[fold] = new ClipModel
            {
                Fold = fold,
                Predictions = request.Predictions[fold],
                Row = request.FirstRow + at,
                TrainedOnIt = trained,
                Counts = request.Scoring == "all_folds" || !trained,
                Predicted = Top(predictions.Row(request.FirstRow + at).ToArray(), request.Classes),
            };
        }
        return models;
    }

    private static PredictedLabel[] Top(float[] scores, string[] classes) =>
        [.. Enumerable.Range(0, scores.Length).OrderByDescending(label => scores[label]).ThenBy(label => label).Take(Kept)
            .Select(label => new PredictedLabel { Label = classes[label], Probability = scores[label] })];
}
