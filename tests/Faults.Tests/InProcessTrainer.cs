using System.Diagnostics;
using OrleansTagging.Grains;
using OrleansTagging.Recipe;
using OrleansTagging.ScriptedTrainer;
using OrleansTagging.Storage;

namespace OrleansTagging.Faults.Tests;

/// <summary>The scripted Trainer without a process of its own; it lives and dies with its silo.</summary>
internal sealed class InProcessTrainer(Store store) : ITrainer
{
    public async Task<TrainerOutcome> RunAsync(
        JobDocument document, string device, Action<TrainerMessage> heard, CancellationToken stop)
    {
        var watch = Stopwatch.StartNew();
        var result = document.Train is { } train
            ? await ScriptedModel.TrainAsync(store, document, train, heard)
            : await ScriptedModel.PredictAsync(store, document, document.Predict!);
        return new TrainerOutcome { ExitCode = 0, Result = result, LastOutput = [], Seconds = watch.Elapsed.TotalSeconds };
    }
}
