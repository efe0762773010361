using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Http.HttpResults;
using Orleans;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Silo.Live;

/// <summary>What is new, as server-sent events.</summary>
internal static class EventEndpoints
{
    /// <summary>Maps <c>/events</c>.</summary>
    public static void MapEvents(this IEndpointRouteBuilder api) =>
        api.MapGet("/events", Watch).Produces<string>(StatusCodes.Status200OK, "text/event-stream")
            .WithSummary("Server-sent events. Of an experiment: 'progress' (all of it, when it has changed) and 'jobs' (running jobs with new "
                + "figures, or ended). With topic=scheduler: 'scheduler'. Without either: 'experiments'. 'ping' says that the line is alive.");

    private static async Task<Results<ServerSentEventsResult<string>, ProblemHttpResult>> Watch(
        string? experiment, string? topic, IGrainFactory grains, LiveFeeds feeds, IHostApplicationLifetime lifetime,
        CancellationToken cancellationToken)
    {
        if (experiment is not null && await grains.GetGrain<IExperimentGrain>(experiment).Describe() is null)
        {
            return ExperimentEndpoints.NoExperiment(experiment);
        }
        if (topic is not (null or "scheduler" or "experiments"))
        {
            return TypedResults.Problem(
                $"'{topic}' is no topic; name scheduler or experiments.", statusCode: StatusCodes.Status400BadRequest);
        }
        var key = experiment ?? (topic == "scheduler" ? IFeedGrain.Scheduler : IFeedGrain.Experiments);
        return TypedResults.ServerSentEvents(Until(feeds, key, lifetime.ApplicationStopping, cancellationToken));
    }

    // A silo that stops does not wait for its viewers.
    private static async IAsyncEnumerable<SseItem<string>> Until(
        LiveFeeds feeds, string topic, CancellationToken stopping, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken left)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, left);
        await using var items = feeds.WatchAsync(topic, either.Token).GetAsyncEnumerator(either.Token);
        while (true)
        {
            try
            {
                if (!await items.MoveNextAsync())
                {
                    yield break;
                }
            }
            catch (OperationCanceledException)
            {
                yield break;
            }
            yield return items.Current;
        }
    }
}
