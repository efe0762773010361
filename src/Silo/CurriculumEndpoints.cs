using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Orleans;
using OrleansTagging.Abstractions;
using OrleansTagging.Grains;
using OrleansTagging.Grains.Reading;
using OrleansTagging.Storage;

namespace OrleansTagging.Silo;

/// <summary>What is decided about a noisy clip by hand.</summary>
/// <param name="Kind"><c>Ban</c> or <c>Promote</c>; <c>null</c> takes back what was decided.</param>
/// <param name="Reason">Why, in one line; needed unless a decision is taken back.</param>
/// <param name="By">Who decides it; where that is left out, the name that one signed in with.</param>
public sealed record ClipDecision(DecisionKind? Kind, string Reason = "", string? By = null);

/// <summary>Rounds, and what they found about the noisy clips.</summary>
internal static class CurriculumEndpoints
{
    /// <summary>Maps <c>/experiments/{name}/curricula/{curriculum}</c> and what is below it.</summary>
    public static void MapCurricula(this IEndpointRouteBuilder api)
    {
        var curriculum = api.MapGroup("/experiments/{name}/curricula/{curriculum}");
        curriculum.MapGet("/", Status).WithSummary("How far a curriculum is: its rounds and its scorer's folds");
        curriculum.MapGet("/rounds", Rounds).WithSummary("The rounds of a curriculum that have begun");
        curriculum.MapGet("/rounds/{round:int}", Round).WithSummary("One round");
        curriculum.MapGet("/rounds/{round:int}/scores", Scores)
            .WithSummary("Agreement and margin of every noisy clip in a round, best first, column by column");
        curriculum.MapGet("/clips/{fname}", Clip).WithSummary("What every round found about a noisy clip");
        curriculum.MapGet("/decisions", Decisions).WithSummary("The clips that are banned or promoted by hand");
        curriculum.MapPost("/clips/{fname}/decision", Decide).RequireAuthorization(HttpProtection.Write)
            .WithSummary("Bans or promotes a noisy clip by hand from the next round on, or takes that back");
    }

    private static async Task<Ok<CurriculumStatus>> Status(string name, string curriculum, IGrainFactory grains) =>
        TypedResults.Ok(await GrainOf(grains, name, curriculum).GetStatus(null));

    private static async Task<Ok<RoundRecord[]>> Rounds(string name, string curriculum, IGrainFactory grains) =>
        TypedResults.Ok((await GrainOf(grains, name, curriculum).GetStatus(null)).Rounds);

    private static async Task<Results<Ok<RoundRecord>, ProblemHttpResult>> Round(
        string name, string curriculum, int round, IGrainFactory grains) =>
        await GrainOf(grains, name, curriculum).GetRound(round) is { } record ? TypedResults.Ok(record) : NoRound(name, curriculum, round);

    private static async Task<Results<Ok<RoundScores>, ProblemHttpResult>> Scores(
        string name, string curriculum, int round, IGrainFactory grains, Store store, CancellationToken cancellationToken) =>
        // A shard may still hold rounds of settings that have been changed since.
        await GrainOf(grains, name, curriculum).GetRound(round) is { Step: "done" or "diverged" }
        && await RoundScores.ReadAsync(store, name, curriculum, round, cancellationToken) is { } scores
            ? TypedResults.Ok(scores)
            : NoRound(name, curriculum, round);

    private static async Task<Results<Ok<ClipRecord>, ProblemHttpResult>> Clip(
        string name, string curriculum, string fname, IGrainFactory grains) =>
        await GrainOf(grains, name, curriculum).GetClip(fname) is { } record
            ? TypedResults.Ok(record)
            : ExperimentEndpoints.Missing($"The curriculum '{curriculum}' of '{name}' has scored no noisy clip '{fname}'.");

    private static async Task<Ok<ManualDecision[]>> Decisions(string name, string curriculum, IGrainFactory grains) =>
        TypedResults.Ok(await GrainOf(grains, name, curriculum).GetDecisions());

    private static async Task<Results<Ok<DecisionAnswer>, ProblemHttpResult>> Decide(
        string name, string curriculum, string fname, ClipDecision decision, ClaimsPrincipal user, IGrainFactory grains)
    {
        var answer = await GrainOf(grains, name, curriculum).Decide(new DecisionRequest
        {
            Fname = fname,
            Kind = decision.Kind,
            Reason = decision.Reason,
            By = decision.By ?? user.Identity?.Name ?? "somebody at this machine",
        });
        return answer.Problem is { } problem
            ? TypedResults.Problem(problem, statusCode: StatusCodes.Status409Conflict)
            : TypedResults.Ok(answer);
    }

    private static ProblemHttpResult NoRound(string name, string curriculum, int round) =>
        ExperimentEndpoints.Missing($"Round {round} of the curriculum '{curriculum}' of '{name}' has not ended.");

    private static ICurriculumGrain GrainOf(IGrainFactory grains, string name, string curriculum) =>
        grains.GetGrain<ICurriculumGrain>(GrainKeys.Curriculum(name, curriculum));
}
