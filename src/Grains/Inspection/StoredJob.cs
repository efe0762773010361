using OrleansTagging.Abstractions;
using OrleansTagging.Grains.Planning;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>A job as it lies in a store, for whoever cannot ask its grain: that lives on silos with the job's device alone.</summary>
public static class StoredJob
{
    /// <summary>Reads a job; <c>null</c> where nobody asked for it. Whether it runs just now is not stored.</summary>
    public static async Task<JobRecord?> ReadAsync(Store store, string job, CancellationToken cancellationToken) =>
        await new StoredGrains(store).JobAsync(job, cancellationToken) is { Request: not null } state ? Of(job, state) : null;

    /// <summary>What a job's state says of it.</summary>
    internal static JobRecord Of(string job, TrainingState state) => new()
    {
        Job = job,
        What = state.Request?.What ?? "",
        Document = state.Request?.Document ?? "",
        Status = state.Result is not null ? JobStatus.Done
            : state.Problem is not null ? JobStatus.Failed
            : state.Waiting.Count > 0 ? JobStatus.Queued
            : JobStatus.None,
        Attempts = state.Attempts,
        Problem = state.Problem,
        Result = state.Result,
        ExitCode = state.ExitCode,
        LastOutput = state.LastOutput,
        Seconds = state.Seconds,
        PeakMemory = state.PeakMemory,
        Host = state.Host,
        End = state.End,
        Crashes = state.Crashes,
        NextTry = state.NextTry,
        Log = state.Log,
    };
}
