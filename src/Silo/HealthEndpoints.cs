using Microsoft.AspNetCore.Http.HttpResults;
using Orleans;
using Orleans.Runtime;
using OrleansTagging.Abstractions;
using OrleansTagging.Grains;
using OrleansTagging.Storage;

namespace OrleansTagging.Silo;

/// <summary>Jobs for which a silo is wanted.</summary>
/// <param name="Jobs">Their number.</param>
public sealed record WantedJobs(int Jobs);

/// <summary>
/// Whether the silo lives, whether it takes jobs, and how many jobs want a silo with an accelerator. Nobody is asked for a name here.
/// </summary>
internal static class HealthEndpoints
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Maps <c>/health/live</c>, <c>/health/ready</c> and <c>/health/queue</c>.</summary>
    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        var health = endpoints.MapGroup("/health").AllowAnonymous();
        health.MapGet("/live", Live);
        health.MapGet("/ready", Ready);
        health.MapGet("/queue", Queue);
    }

    private static Ok<string> Live() => TypedResults.Ok("live");

    private static Results<Ok<string>, ProblemHttpResult> Ready(SiloAnnouncer announcer, IHostApplicationLifetime lifetime) =>
        lifetime.ApplicationStopping.IsCancellationRequested ? Not("This silo is on its way down.")
        : announcer.IsAnnounced ? TypedResults.Ok("ready")
        : Not("The scheduler has not answered this silo's announcement yet.");

    // Whoever scales silos by this number must not take one away that is at work: a job counts until its result is there. Where silos are
    // scaled one by one, the first is wanted for any job, the next for those beyond the first, and each for as long as it holds a lease.
    private static async Task<Results<Ok<WantedJobs>, ProblemHttpResult>> Queue(
        string accelerator, IGrainFactory grains, CancellationToken cancellationToken, int beyond = 0, int siloPort = 0)
    {
        try
        {
            var demand = await grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key).Demand(accelerator).WaitAsync(Patience, cancellationToken);
            var held = demand.Holders.Count(silo => silo.Endpoint.Port == siloPort);
            return TypedResults.Ok(new WantedJobs(Math.Max(held, demand.Jobs - Math.Max(beyond, 0))));
        }
        catch (Exception fault) when (fault is TimeoutException or OrleansException or StoreUnavailableException)
        {
            return Not("The scheduler does not answer just now.");
        }
    }

    private static ProblemHttpResult Not(string why) => TypedResults.Problem(why, statusCode: StatusCodes.Status503ServiceUnavailable);
}
