using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Grains.Live;

/// <summary>
/// Takes the news of this silo to the feeds: the first at once, later ones gathered at a pace that a viewer does not notice. Of a topic that
/// nobody watches it asks again only now and then.
/// </summary>
public sealed class NewsRelay(GrainNews news, IGrainFactory grains, ILogger<NewsRelay> logger) : BackgroundService
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(70);
    private static readonly TimeSpan Unwatched = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, DateTime> _unwatched = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        news.IsRelayed = true;
        while (!stoppingToken.IsCancellationRequested)
        {
            if (news.IsEmpty)
            {
                await news.WaitAsync(stoppingToken);
            }
            var now = DateTime.UtcNow;
            foreach (var topic in _unwatched.Where(known => known.Value <= now).Select(known => known.Key).ToArray())
            {
                _unwatched.Remove(topic);
            }
            await Task.WhenAll(news.Take(topic => !_unwatched.ContainsKey(topic)).Select(TellAsync));
            var due = _unwatched.Values.DefaultIfEmpty(now).Min() - now;
            await Task.Delay(news.IsEmpty || due < Pace ? Pace : due, stoppingToken);
        }
    }

    private async Task TellAsync((string Topic, News News) told)
    {
        var isWatched = false;
        try
        {
            isWatched = await grains.GetGrain<IFeedGrain>(told.Topic).Publish(told.News);
        }
        catch (Exception fault) when (fault is Orleans.Runtime.OrleansException or TimeoutException)
        {
            // A watcher asks for the whole again when its feed comes back.
            logger.LogDebug(fault, "The news of {Topic} could not be told", told.Topic);
        }
        lock (_unwatched)
        {
            if (isWatched)
            {
                _unwatched.Remove(told.Topic);
            }
            else
            {
                _unwatched[told.Topic] = DateTime.UtcNow + Unwatched;
            }
        }
    }
}
