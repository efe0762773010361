using OrleansTagging.Abstractions;
using OrleansTagging.Recipe;

namespace OrleansTagging.Grains;

/// <summary>Writes the documents of an experiment's jobs.</summary>
internal static class JobDocuments
{
    /// <summary>Training of one fold.</summary>
    public static JobDocument Training(ExperimentFile file, DatasetRecord dataset, string model, int fold, string train,
        string validation) =>
        Of(file, dataset, model) with
        {
            Train = new TrainingTask
            {
                Seed = file.Seed,
                Fold = fold,
                Settings = file.Training,
                TrainClips = train,
                ValidationClips = validation,
            },
        };

    /// <summary>Prediction of a list of clips.</summary>
    public static JobDocument Prediction(ExperimentFile file, DatasetRecord dataset, string model, string weights, string clips) =>
        Of(file, dataset, model) with { Predict = new PredictionTask { Weights = weights, Clips = clips } };

    private static JobDocument Of(ExperimentFile file, DatasetRecord dataset, string model) => new()
    {
        CodeVersion = CodeVersion.Learning,
        // Never the truth: what a job cannot name it cannot read.
        Dataset = new DatasetReference { Version = dataset.Version, Audio = dataset.Audio, Clips = dataset.Clips, Facts = dataset.Facts },
        Model = file.Models[model],
        Device = file.Training.Device,
        Threads = file.Training.Threads,
    };
}
