using System.Diagnostics;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Threading.Channels;
using Orleans;
using Orleans.Runtime;
using OrleansTagging.Abstractions;
using OrleansTagging.Storage;

namespace OrleansTagging.Silo.Live;

/// <summary>
/// One topic and its viewers here. Figures of running jobs are passed on as they come. The whole is asked for when it has changed, and the
/// longer that takes the more seldom, so that it never fills more than a small share of one core.
/// </summary>
internal sealed class LiveFeed(string topic, IGrainFactory grains, Store store, JsonSerializerOptions json, ILogger logger)
{
    // Of the time, the part in which the whole is gathered: one in so many.
    private const int Share = 60;

    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    private readonly Lock _turn = new();
    private readonly List<ChannelWriter<SseItem<string>>> _viewers = [];
    private readonly CancellationTokenSource _ended = new();
    private TaskCompletionSource _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Begins to follow the topic.</summary>
    public void Start() => _ = Task.Run(FollowAsync);

    /// <summary>Adds a viewer, who is shown the whole first.</summary>
    public void Join(ChannelWriter<SseItem<string>> viewer)
    {
        lock (_turn)
        {
            _viewers.Add(viewer);
            _joined.TrySetResult();
        }
    }

    /// <summary>Takes a viewer out; <c>true</c> where that was the last, and the feed has ended.</summary>
    public bool Leave(ChannelWriter<SseItem<string>> viewer)
    {
        lock (_turn)
        {
            _viewers.Remove(viewer);
            if (_viewers.Count > 0)
            {
                return false;
            }
        }
        _ended.Cancel();
        return true;
    }

    private async Task FollowAsync()
    {
        var feed = grains.GetGrain<IFeedGrain>(topic);
        var (after, due, changed) = (0L, DateTime.MinValue, true);
        Task<News>? asked = null;
        while (!_ended.IsCancellationRequested)
        {
            try
            {
                asked ??= feed.Next(after);
                var joined = _joined.Task;
                Task[] events = changed ? [asked, joined, Task.Delay(Wait(due), _ended.Token)] : [asked, joined];
                await Task.WhenAny(events);
                if (joined.IsCompleted)
                {
                    lock (_turn)
                    {
                        _joined = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    }
                    (changed, due) = (true, DateTime.MinValue);
                }
                if (asked.IsCompleted)
                {
                    var news = await asked;
                    asked = null;
                    after = news.Version;
                    changed |= news.Changed;
                    if (news.Jobs.Length > 0)
                    {
                        Tell("jobs", JsonSerializer.Serialize(news.Jobs, json));
                    }
                    else if (news.IsNothing)
                    {
                        Tell("ping", "{}");
                    }
                }
                if (changed && DateTime.UtcNow >= due)
                {
                    var watch = Stopwatch.StartNew();
                    changed = false;
                    var (kind, content) = await WholeAsync();
                    Tell(kind, content);
                    due = DateTime.UtcNow + Share * watch.Elapsed;
                }
            }
            catch (Exception fault) when (fault is OrleansException or TimeoutException or StoreUnavailableException)
            {
                logger.LogDebug(fault, "The feed of {Topic} does not answer", topic);
                (asked, changed) = (null, true);
                await Task.Delay(Retry);
            }
            catch (Exception fault)
            {
                // Its viewers ask anew, and see what is wrong when they do.
                logger.LogError(fault, "The feed of {Topic} ends", topic);
                Close();
                return;
            }
        }
    }

    private static TimeSpan Wait(DateTime due)
    {
        var wait = due - DateTime.UtcNow;
        return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
    }

    private async Task<(string Kind, string Content)> WholeAsync() => topic switch
    {
        IFeedGrain.Experiments => ("experiments", JsonSerializer.Serialize(
            await ExperimentEndpoints.ListAsync(grains, store, _ended.Token), json)),
        IFeedGrain.Scheduler => ("scheduler", JsonSerializer.Serialize(
            await grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key).Describe(), json)),
        var experiment => ("progress", JsonSerializer.Serialize(
            await grains.GetGrain<IExperimentGrain>(experiment).GetProgress(), json)),
    };

    private void Tell(string kind, string content)
    {
        var item = new SseItem<string>(content, kind);
        lock (_turn)
        {
            foreach (var viewer in _viewers.Where(viewer => !viewer.TryWrite(item)))
            {
                viewer.TryComplete();
            }
        }
    }

    private void Close()
    {
        lock (_turn)
        {
            _viewers.ForEach(viewer => viewer.TryComplete());
        }
    }
}
