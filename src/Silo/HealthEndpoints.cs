using Microsoft.AspNetCore.Http.HttpResults;
using OrleansTagging.Grains;

namespace OrleansTagging.Silo;

/// <summary>Whether the silo lives, and whether it takes jobs.</summary>
internal static class HealthEndpoints
{
    /// <summary>Maps <c>/health/live</c> and <c>/health/ready</c>.</summary>
    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        var health = endpoints.MapGroup("/health");
        health.MapGet("/live", Live);
        health.MapGet("/ready", Ready);
    }

    private static Ok<string> Live() => TypedResults.Ok("live");

    private static Results<Ok<string>, ProblemHttpResult> Ready(SiloAnnouncer announcer) => announcer.IsAnnounced
        ? TypedResults.Ok("ready")
        : TypedResults.Problem("The scheduler has not answered this silo's announcement yet.",
            statusCode: StatusCodes.Status503ServiceUnavailable);
}
