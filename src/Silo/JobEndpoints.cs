using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Orleans;
using OrleansTagging.Abstractions;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;

namespace OrleansTagging.Silo;

/// <summary>A learning curve: an entry of each list for every epoch.</summary>
/// <param name="Job">Id of the training job.</param>
/// <param name="Columns">The columns by name, as in the job's curve: <c>epoch</c>, <c>loss</c>, <c>lwlrap</c>, …</param>
public sealed record LearningCurve(string Job, IReadOnlyDictionary<string, double?[]> Columns);

/// <summary>Jobs and their learning curves.</summary>
internal static class JobEndpoints
{
    /// <summary>Maps <c>/jobs</c>.</summary>
    public static void MapJobs(this IEndpointRouteBuilder api)
    {
        api.MapGet("/jobs/{job}", Get).WithSummary("One job: its state, its Trainer and its result");
        api.MapGet("/jobs/{job}/curve", Curve).WithSummary("The learning curve of a training that is done");
    }

    private static async Task<Results<Ok<JobRecord>, ProblemHttpResult>> Get(string job, IGrainFactory grains) =>
        await FindAsync(job, grains) is { } record ? TypedResults.Ok(record) : NoJob(job);

    private static async Task<Results<Ok<LearningCurve>, ProblemHttpResult>> Curve(string job, IGrainFactory grains, Store store)
    {
        if (await FindAsync(job, grains) is not { } record)
        {
            return NoJob(job);
        }
        if (record.Result is not { } json || JsonSerializer.Deserialize(json, RecipeJson.Default.JobResult)?.Curve is not { } address)
        {
            return ExperimentEndpoints.Missing($"The job '{job}' has left no learning curve.");
        }
        using var reader = new StreamReader(await store.Artifacts.OpenReadAsync(address));
        var rows = (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.TrimEnd('\r').Split(',')).ToArray();
        return TypedResults.Ok(new LearningCurve(job, rows[0].Select((name, column) => (name, column)).ToDictionary(
            heading => heading.name,
            heading => rows.Skip(1).Select(row => double.TryParse(
                row.ElementAtOrDefault(heading.column), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                && double.IsFinite(number) ? (double?)number : null).ToArray())));
    }

    // The id says which device the job needs; any other text would be asked of silos in vain.
    private static async Task<JobRecord?> FindAsync(string job, IGrainFactory grains) =>
        job.StartsWith("cpu-", StringComparison.Ordinal) || job.StartsWith("cuda-", StringComparison.Ordinal)
            ? await grains.GetGrain<ITrainingGrain>(job).Describe()
            : null;

    private static ProblemHttpResult NoJob(string job) => ExperimentEndpoints.Missing($"Nobody asked for a job '{job}'.");
}
