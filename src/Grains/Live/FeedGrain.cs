using Orleans;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Grains.Live;

/// <summary>
/// The news of a topic, kept for as long as somebody may still ask for them. The first are told at once, those that follow closely together:
/// what twenty silos say one after the other is one answer to each watcher.
/// </summary>
[GrainType("feed")]
public sealed class FeedGrain(TimeProvider clock) : Grain, IFeedGrain
{
    // Below the time in which a call must be answered, and short enough that a watcher that has left is soon noticed.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(40);

    private readonly Dictionary<string, (long Version, DateTimeOffset At, RunningJob Job)> _jobs = new(StringComparer.Ordinal);
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _telling = Task.CompletedTask;
    private long _version;
    private long _toldVersion;
    private long _changed;
    private DateTimeOffset _told;
    private int _asking;
    private DateTimeOffset _asked;

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // Above all versions of an activation before, whose watchers may have missed something.
        _version = _toldVersion = _changed = clock.GetUtcNow().UtcTicks;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<bool> Publish(News news)
    {
        var now = clock.GetUtcNow();
        if (!news.IsNothing)
        {
            _version++;
            _changed = news.Changed ? _version : _changed;
            foreach (var job in news.Jobs)
            {
                _jobs[job.Job] = (_version, now, job);
            }
            foreach (var old in _jobs.Where(known => now - known.Value.At > Kept).Select(known => known.Key).ToArray())
            {
                _jobs.Remove(old);
            }
            if (_telling.IsCompleted)
            {
                _telling = TellAsync(_told + Pace - now);
            }
        }
        return Task.FromResult(_asking > 0 || now - _asked < Patience);
    }

    /// <inheritdoc/>
    public async Task<News> Next(long after)
    {
        _asking++;
        try
        {
            var until = clock.GetUtcNow() + Patience;
            // What was told last may have been in the answer before.
            while (after >= _toldVersion && until - clock.GetUtcNow() is var left && left > TimeSpan.Zero)
            {
                await _next.Task.WaitAsync(left, clock)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
            return new News
            {
                Version = _version,
                Changed = _changed > after,
                Jobs = [.. _jobs.Values.Where(known => known.Version > after).Select(known => known.Job)],
            };
        }
        finally
        {
            _asking--;
            _asked = clock.GetUtcNow();
        }
    }

    private async Task TellAsync(TimeSpan pause)
    {
        if (pause > TimeSpan.Zero)
        {
            await Task.Delay(pause < Pace ? pause : Pace, clock);
        }
        (_told, _toldVersion) = (clock.GetUtcNow(), _version);
        var waiting = _next;
        _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.SetResult();
    }
}
