using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Orleans;
using OrleansTagging.Abstractions;
using OrleansTagging.Grains;
using OrleansTagging.Grains.Reading;
using OrleansTagging.Storage;

namespace OrleansTagging.Silo;

/// <summary>The text of an experiment file that is submitted.</summary>
/// <param name="Yaml">The text.</param>
/// <param name="FileName">What a message calls the file.</param>
public sealed record Submission(string Yaml, string FileName = "the file");

/// <summary>The priority that an experiment is given.</summary>
/// <param name="Priority">The priority; the jobs of the highest go first.</param>
public sealed record PriorityChange(int Priority);

/// <summary>Where an experiment stands after it was steered.</summary>
/// <param name="Status">Where it stands.</param>
public sealed record StatusAnswer(ExperimentStatus Status);

/// <summary>Experiments: what there is, how far they are, and what steers them.</summary>
internal static class ExperimentEndpoints
{
    /// <summary>Maps <c>/experiments</c> and what is below it.</summary>
    public static void MapExperiments(this IEndpointRouteBuilder api)
    {
        var all = api.MapGroup("/experiments");
        all.MapGet("/", List).WithSummary("All experiments");
        all.MapPost("/", Submit).RequireAuthorization(HttpProtection.Write)
            .WithSummary("Submits an experiment file, or goes on with one that was paused, stopped or failed");
        var one = all.MapGroup("/{name}");
        one.MapGet("/", Progress).WithSummary("How far an experiment is: rounds, members, running jobs, figures");
        one.MapGet("/record", Record).WithSummary("What the experiment's grain holds, its file among it");
        one.MapGet("/file", File).WithSummary("The experiment file");
        one.MapGet("/report", (string name, IGrainFactory grains, Store store, CancellationToken stop) =>
            Result(name, record => record.Report, grains, store, stop)).WithSummary("report.json of a finished experiment");
        one.MapGet("/submission", (string name, IGrainFactory grains, Store store, CancellationToken stop) =>
            Result(name, record => record.Submission, grains, store, stop)).WithSummary("submission.csv of a finished experiment");
        one.MapGet("/timings", (string name, IGrainFactory grains, Store store, CancellationToken stop) =>
            Result(name, record => record.Timings, grains, store, stop)).WithSummary("timings.json of a finished experiment");
        var steering = one.MapGroup("").RequireAuthorization(HttpProtection.Write);
        steering.MapPost("/pause", (string name, IGrainFactory grains) => Steer(name, grains, grain => grain.Pause()))
            .WithSummary("Holds a running experiment up");
        steering.MapPost("/resume", (string name, IGrainFactory grains) => Steer(name, grains, grain => grain.Resume()))
            .WithSummary("Goes on with a paused experiment");
        steering.MapPost("/cancel", (string name, IGrainFactory grains) => Steer(name, grains, grain => grain.Cancel()))
            .WithSummary("Gives an experiment up");
        steering.MapPost("/priority", (string name, PriorityChange change, IGrainFactory grains) =>
            Steer(name, grains, grain => grain.SetPriority(change.Priority))).WithSummary("Sets an experiment's priority");
        one.MapGet("/members", Members).WithSummary("The members of an experiment");
        one.MapGet("/members/{member}", Member).WithSummary("One member and its folds");
        one.MapGet("/members/{member}/confusion", ConfusionOf)
            .WithSummary("Which classes a finished member takes for which, by its out-of-fold predictions");
        one.MapGet("/folds/{owner}/{selection}/{fold:int}", Fold)
            .WithSummary("One fold of a member, or of CURRICULUM.scorer, on a selection");
    }

    /// <summary>All experiments, in the order of their names.</summary>
    public static async Task<ExperimentRecord[]> ListAsync(IGrainFactory grains, Store store, CancellationToken cancellationToken)
    {
        var names = await StoredExperiment.NamesAsync(store, cancellationToken);
        var records = await Task.WhenAll(names.Select(name => grains.GetGrain<IExperimentGrain>(name).Describe()));
        return [.. records.OfType<ExperimentRecord>()];
    }

    private static async Task<Ok<ExperimentRecord[]>> List(IGrainFactory grains, Store store, CancellationToken cancellationToken) =>
        TypedResults.Ok(await ListAsync(grains, store, cancellationToken));

    private static async Task<Results<Ok<SubmitAnswer>, ProblemHttpResult>> Submit(Submission submission, IGrainFactory grains)
    {
        var name = Recipe.ExperimentFile.Parse(submission.Yaml, submission.FileName).Name;
        var answer = await grains.GetGrain<IExperimentGrain>(name).Submit(submission.Yaml, submission.FileName);
        return answer.Problem is { } problem
            ? TypedResults.Problem(problem, statusCode: StatusCodes.Status409Conflict)
            : TypedResults.Ok(answer);
    }

    private static async Task<Results<Ok<ExperimentProgress>, ProblemHttpResult>> Progress(string name, IGrainFactory grains) =>
        await grains.GetGrain<IExperimentGrain>(name).GetProgress() is { Status: not ExperimentStatus.None } progress
            ? TypedResults.Ok(progress)
            : NoExperiment(name);

    private static async Task<Results<Ok<ExperimentRecord>, ProblemHttpResult>> Record(string name, IGrainFactory grains) =>
        await grains.GetGrain<IExperimentGrain>(name).Describe() is { } record ? TypedResults.Ok(record) : NoExperiment(name);

    private static async Task<Results<ContentHttpResult, ProblemHttpResult>> File(string name, IGrainFactory grains) =>
        await grains.GetGrain<IExperimentGrain>(name).Describe() is { } record
            ? TypedResults.Text(record.Yaml, "application/yaml", Encoding.UTF8)
            : NoExperiment(name);

    private static async Task<Results<FileStreamHttpResult, ProblemHttpResult>> Result(
        string name, Func<ExperimentRecord, string?> address, IGrainFactory grains, Store store, CancellationToken cancellationToken)
    {
        if (await grains.GetGrain<IExperimentGrain>(name).Describe() is not { } record)
        {
            return NoExperiment(name);
        }
        return address(record) is { } known
            ? await ArtifactEndpoints.SendAsync(store, known, cancellationToken)
            : Missing($"The experiment '{name}' has not come to its end.");
    }

    private static async Task<Results<Ok<StatusAnswer>, ProblemHttpResult>> Steer(
        string name, IGrainFactory grains, Func<IExperimentGrain, Task<ExperimentStatus>> steer)
    {
        var grain = grains.GetGrain<IExperimentGrain>(name);
        return await grain.Describe() is null ? NoExperiment(name) : TypedResults.Ok(new StatusAnswer(await steer(grain)));
    }

    private static async Task<Results<Ok<MemberRecord[]>, ProblemHttpResult>> Members(string name, IGrainFactory grains) =>
        await grains.GetGrain<IExperimentGrain>(name).GetProgress() is { Status: not ExperimentStatus.None } progress
            ? TypedResults.Ok(progress.Members)
            : NoExperiment(name);

    private static async Task<Results<Ok<MemberRecord>, ProblemHttpResult>> Member(string name, string member, IGrainFactory grains) =>
        await grains.GetGrain<IEnsembleMemberGrain>(GrainKeys.Member(name, member)).GetStatus(null) is { } record
            ? TypedResults.Ok(record)
            : NoMember(name, member);

    private static async Task<Results<Ok<Confusion>, ProblemHttpResult>> ConfusionOf(
        string name, string member, IGrainFactory grains, Store store)
    {
        if (await grains.GetGrain<IEnsembleMemberGrain>(GrainKeys.Member(name, member)).GetStatus(null) is not { } record)
        {
            return NoMember(name, member);
        }
        return record.Done ? TypedResults.Ok(await Confusion.OfAsync(store, record)) : Missing($"The member '{member}' is not done yet.");
    }

    private static async Task<Results<Ok<FoldRecord>, ProblemHttpResult>> Fold(
        string name, string owner, string selection, int fold, IGrainFactory grains) =>
        await grains.GetGrain<IFoldGrain>(GrainKeys.Fold(name, owner, selection, fold)).GetStatus() is { } record
            ? TypedResults.Ok(record)
            : Missing($"There is no fold {fold} of '{owner}' on '{selection}' in the experiment '{name}'.");

    internal static ProblemHttpResult NoExperiment(string name) => Missing($"There is no experiment '{name}'.");

    internal static ProblemHttpResult Missing(string line) =>
        TypedResults.Problem(line, statusCode: StatusCodes.Status404NotFound);

    private static ProblemHttpResult NoMember(string name, string member) =>
        Missing($"The experiment '{name}' has begun no member '{member}'.");
}
