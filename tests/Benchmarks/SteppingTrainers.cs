using System.Collections.Concurrent;
using OrleansTagging.Grains;
using OrleansTagging.Recipe;
using OrleansTagging.ScriptedTrainer;
using OrleansTagging.Storage;

namespace OrleansTagging.Benchmarks;

/// <summary>Trainers that tell of a step each second until one of them is to end; they note when they told.</summary>
internal sealed class SteppingTrainers(Store store) : ITrainer
{
    private const int Steps = 1_000;

    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, TaskCompletionSource> _training = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Job, int Step), DateTime> _told = new();
    private readonly ConcurrentDictionary<string, string> _ids = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public async Task<TrainerOutcome> RunAsync(
        JobDocument document, string device, Action<TrainerMessage> heard, CancellationToken stop)
    {
        if (document.Train is not { } train)
        {
            return Done(await ScriptedModel.PredictAsync(store, document, document.Predict!));
        }
        var end = _training.GetOrAdd(document.Id, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        // Not all at the same moment.
        await Task.Delay(Pace * Random.Shared.NextDouble(), stop);
        for (var step = 1; !end.Task.IsCompleted; step++)
        {
            _told[(document.Id, step)] = DateTime.UtcNow;
            heard(new TrainerMessage { Kind = "progress", Epoch = 1, Epochs = 2, Step = step, Steps = Steps, Loss = 1.0 / step });
            await Task.WhenAny(end.Task, Task.Delay(Pace, stop));
            stop.ThrowIfCancellationRequested();
        }
        return Done(await ScriptedModel.TrainAsync(store, document, train, _ => { }));
    }

    /// <summary>Waits until so many trainings run.</summary>
    public async Task AllRunAsync(int trainings)
    {
        while (_training.Count < trainings)
        {
            await Task.Delay(100);
        }
    }

    /// <summary>Lets one training end.</summary>
    public void EndOne() => _training.FirstOrDefault(training => !training.Value.Task.IsCompleted).Value?.TrySetResult();

    /// <summary>When a step was told; <c>null</c> where it never was.</summary>
    public DateTime? Told(string job, int step) => _told.TryGetValue((job, step), out var at) ? at : null;

    /// <summary>Notes under which name a job is shown.</summary>
    public void Name(string job, string what) => _ids[what] = job;

    /// <summary>The job that is shown under a name; <c>null</c> where none is known.</summary>
    public string? IdOf(string what) => _ids.GetValueOrDefault(what);

    private static TrainerOutcome Done(JobResult result) => new() { ExitCode = 0, Result = result, LastOutput = [], Seconds = 1 };
}
