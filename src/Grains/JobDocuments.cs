using OrleansTagging.Abstractions;
using OrleansTagging.Recipe;

namespace OrleansTagging.Grains;

/// <summary>Writes the documents of an experiment's jobs.</summary>
internal static class JobDocuments
{
    /// <summary>Training of one fold, up to the first of <see cref="TrainingSettings.MoreEpochs"/>.</summary>
    public static JobDocument Training(TrainedModel model, DatasetRecord dataset, int fold, string train, string validation) =>
        Of(model, dataset) with
        {
            Train = new TrainingTask
            {
                Seed = model.Seed,
                Fold = fold,
                // Were they here, an experiment that is extended would train all of it again.
                Settings = model.Training with { MoreEpochs = [] },
                TrainClips = train,
                ValidationClips = validation,
            },
        };

    /// <summary>The same training for so many epochs more.</summary>
    /// <param name="begun">The training that ended, itself a continuation or not.</param>
    /// <param name="checkpoint">The checkpoint that it left (<see cref="JobResult.Checkpoint"/>).</param>
    /// <param name="epochs">The epochs.</param>
    public static JobDocument Continuation(JobDocument begun, string checkpoint, int epochs) => begun with
    {
        Train = begun.Train! with { Settings = begun.Train.Settings with { Epochs = epochs }, Continues = checkpoint },
    };

    /// <summary>Prediction of a list of clips.</summary>
    public static JobDocument Prediction(TrainedModel model, DatasetRecord dataset, string weights, string clips) =>
        Of(model, dataset) with { Predict = new PredictionTask { Weights = weights, Clips = clips } };

    private static JobDocument Of(TrainedModel model, DatasetRecord dataset) => new()
    {
        CodeVersion = CodeVersion.Learning,
        // Never the truth: what a job cannot name it cannot read.
        Dataset = new DatasetReference { Version = dataset.Version, Audio = dataset.Audio, Clips = dataset.Clips, Facts = dataset.Facts },
        Model = model.Settings,
        Device = model.Training.Device,
        Threads = model.Training.Threads,
    };
}
