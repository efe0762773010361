using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Options;
using Orleans;
using OrleansTagging.Abstractions;
using OrleansTagging.Storage;

namespace OrleansTagging.Silo.Live;

/// <summary>
/// The viewers of this silo. Those of one topic share one feed: however many there are, its grains are asked once and the answer is written
/// down once.
/// </summary>
internal sealed class LiveFeeds(
    IGrainFactory grains,
    Store store,
    IOptions<Microsoft.AspNetCore.Http.Json.JsonOptions> json,
    ILogger<LiveFeeds> logger)
{
    // A viewer that is behind by more is sent away, and comes back to the present.
    private const int Behind = 64;

    private readonly Lock _turn = new();
    private readonly Dictionary<string, LiveFeed> _feeds = new(StringComparer.Ordinal);

    /// <summary>What there is to see of a topic, and then what is new, until the viewer leaves.</summary>
    public async IAsyncEnumerable<SseItem<string>> WatchAsync(
        string topic, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<SseItem<string>>(new BoundedChannelOptions(Behind) { SingleReader = true });
        Join(topic, channel.Writer);
        try
        {
            await foreach (var item in channel.Reader.ReadAllAsync(cancellationToken))
            {
                yield return item;
            }
        }
        finally
        {
            Leave(topic, channel.Writer);
        }
    }

    private void Join(string topic, ChannelWriter<SseItem<string>> viewer)
    {
        lock (_turn)
        {
            if (!_feeds.TryGetValue(topic, out var feed))
            {
                _feeds[topic] = feed = new LiveFeed(topic, grains, store, json.Value.SerializerOptions, logger);
                feed.Start();
            }
            feed.Join(viewer);
        }
    }

    private void Leave(string topic, ChannelWriter<SseItem<string>> viewer)
    {
        lock (_turn)
        {
            if (_feeds.TryGetValue(topic, out var feed) && feed.Leave(viewer))
            {
                _feeds.Remove(topic);
            }
        }
    }
}
