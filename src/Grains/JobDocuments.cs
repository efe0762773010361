using OrleansTagging.Abstractions;
using OrleansTagging.Recipe;

namespace OrleansTagging.Grains;

/// <summary>Writes the documents of an experiment's jobs.</summary>
internal static class JobDocuments
{
    /// <summary>Training of one fold.</summary>
    public static JobDocument Training(TrainedModel model, DatasetRecord dataset, int fold, string train, string validation) =>
        Of(model, dataset) with
        {
            Train = new TrainingTask
            {
                Seed = model.Seed,
                Fold = fold,
                Settings = model.Training,
                TrainClips = train,
                ValidationClips = validation,
            },
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
