using System.Diagnostics;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Commands.Experiments;

/// <summary>
/// What there is to see of an experiment as long as one host answers: figures of running jobs as they come, and the whole when it has changed.
/// The longer it takes to gather the whole, the more seldom it is asked for, so that no watcher takes more than a small share of a host's time.
/// </summary>
/// <param name="feed">The experiment's news.</param>
/// <param name="look">Asks for the whole.</param>
/// <param name="isHostGone">Whether the host is known to be gone.</param>
/// <param name="cancellationToken">Ends it.</param>
internal sealed class ExperimentNews(IFeedGrain feed, Func<Task<Seen>> look, Func<bool> isHostGone, CancellationToken cancellationToken)
{
    // Of the time, the part in which the whole is gathered: one in so many.
    private const int Share = 60;

    // The feed keeps nothing: news may be lost with a silo.
    private static readonly TimeSpan LookAnyway = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookForHost = TimeSpan.FromMilliseconds(500);

    private readonly Stopwatch _sinceLook = new();
    private Task<News>? _asked;
    private long _after;
    private bool _changed = true;
    private TimeSpan _pause;
    private Seen? _seen;

    /// <summary>The next there is to see.</summary>
    public async Task<Seen> NextAsync()
    {
        while (true)
        {
            if (_changed && (_seen is null || _sinceLook.Elapsed >= _pause))
            {
                return await LookAsync();
            }
            _asked ??= feed.Next(_after);
            await Task.WhenAny(_asked, Task.Delay(Wait(), cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            if (_asked.IsCompleted)
            {
                var news = await _asked;
                _asked = null;
                _after = news.Version;
                _changed |= news.Changed;
                if (news.Jobs.Length > 0)
                {
                    return _seen = After(_seen!, news.Jobs);
                }
            }
            else if (isHostGone())
            {
                // The whole says so in words.
                return await LookAsync();
            }
            _changed |= _sinceLook.Elapsed > LookAnyway;
        }
    }

    private async Task<Seen> LookAsync()
    {
        var watch = Stopwatch.StartNew();
        // What changes while it is gathered may be missing in it.
        _changed = false;
        _seen = await look();
        _pause = Share * watch.Elapsed;
        _sinceLook.Restart();
        return _seen;
    }

    private TimeSpan Wait()
    {
        var due = _pause - _sinceLook.Elapsed;
        return !_changed || due > LookForHost ? LookForHost : due > TimeSpan.Zero ? due : TimeSpan.Zero;
    }

    private static Seen After(Seen seen, RunningJob[] told)
    {
        var byJob = told.ToDictionary(job => job.Job, StringComparer.Ordinal);
        RunningJob[] running =
        [
            .. seen.Progress.Running.Select(job => byJob.Remove(job.Job, out var now) ? now : job),
            .. told.Where(job => byJob.ContainsKey(job.Job)),
        ];
        running = Array.FindAll(running, job => !job.Ended);
        return seen with { At = DateTimeOffset.UtcNow, Progress = seen.Progress with { Running = running, JobsRunning = running.Length } };
    }
}
