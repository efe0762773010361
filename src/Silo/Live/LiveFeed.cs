using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Threading.Channels;
using Orleans;
using Orleans.Runtime;
using OrleansTagging.Abstractions;
using OrleansTagging.Grains.Live;
using OrleansTagging.Storage;

namespace OrleansTagging.Silo.Live;

/// <summary>
/// One topic and its viewers here. Figures of running jobs are passed on as they come, the whole when it has changed, at a
/// <see cref="WholePace"/>.
/// </summary>
internal sealed class LiveFeed(string topic, IGrainFactory grains, Store store, JsonSerializerOptions json, ILogger logger)
{
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
        var pace = new WholePace();
        var (after, last) = (0L, "");
        Task<News>? asked = null;
        while (!_ended.IsCancellationRequested)
        {
            try
            {
                asked ??= feed.Next(after);
                var joined = _joined.Task;
                await Task.WhenAny(asked, joined, Task.Delay(pace.UntilDue, _ended.Token));
                if (joined.IsCompleted)
                {
                    lock (_turn)
                    {
                        _joined = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    }
                    pace.Hurry();
                    last = "";
                }
                if (asked.IsCompleted)
                {
                    var news = await asked;
                    asked = null;
                    after = news.Version;
                    if (news.Changed)
                    {
                        pace.Changed();
                    }
                    if (news.Jobs.Length > 0)
                    {
                        Tell("jobs", JsonSerializer.Serialize(news.Jobs, json));
                    }
                    else if (news.IsNothing)
                    {
                        Tell("ping", "{}");
                    }
                }
                if (pace.IsDue)
                {
                    var (kind, content) = await pace.LookAsync(WholeAsync);
                    if (content != last)
                    {
                        Tell(kind, content);
                        last = content;
                    }
                }
            }
            catch (Exception fault) when (fault is OrleansException or TimeoutException or StoreUnavailableException)
            {
                logger.LogDebug(fault, "The feed of {Topic} does not answer", topic);
                asked = null;
                pace.Changed();
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
