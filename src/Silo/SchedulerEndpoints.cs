using Microsoft.AspNetCore.Http.HttpResults;
using Orleans;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Silo;

/// <summary>The cluster's queue, leases and silos.</summary>
internal static class SchedulerEndpoints
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Maps <c>/scheduler</c> and <c>/silos</c>.</summary>
    public static void MapScheduler(this IEndpointRouteBuilder api)
    {
        api.MapGet("/scheduler", Describe).WithSummary("The queue, the leases and the silos");
        api.MapGet("/silos", Silos).WithSummary("The silos heard of lately and their devices");
    }

    private static async Task<Ok<SchedulerRecord>> Describe(IGrainFactory grains, CancellationToken cancellationToken) =>
        TypedResults.Ok(await RecordAsync(grains, cancellationToken));

    private static async Task<Ok<SiloAnnouncement[]>> Silos(IGrainFactory grains, CancellationToken cancellationToken) =>
        TypedResults.Ok((await RecordAsync(grains, cancellationToken)).Silos);

    private static Task<SchedulerRecord> RecordAsync(IGrainFactory grains, CancellationToken cancellationToken) =>
        grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key).Describe().WaitAsync(Patience, cancellationToken);
}
