using OrleansTagging.Abstractions;
using OrleansTagging.Grains.Live;

namespace OrleansTagging.Commands.Experiments;

/// <summary>
/// What there is to see of an experiment as long as one host answers: figures of running jobs as they come, and the whole when it has changed,
/// at a <see cref="WholePace"/>.
/// </summary>
/// <param name="feed">The experiment's news.</param>
/// <param name="look">Asks for the whole.</param>
/// <param name="isHostGone">Whether the host is known to be gone.</param>
/// <param name="cancellationToken">Ends it.</param>
internal sealed class ExperimentNews(IFeedGrain feed, Func<Task<Seen>> look, Func<bool> isHostGone, CancellationToken cancellationToken)
{
    private static readonly TimeSpan LookForHost = TimeSpan.FromMilliseconds(500);

    private readonly WholePace _pace = new();
    private Task<News>? _asked;
    private long _after;
    private Seen? _seen;

    /// <summary>The next there is to see.</summary>
    public async Task<Seen> NextAsync()
    {
        while (true)
        {
            if (_pace.IsDue)
            {
                return await LookAsync();
            }
            _asked ??= feed.Next(_after);
            var wait = _pace.UntilDue;
            await Task.WhenAny(_asked, Task.Delay(wait < LookForHost ? wait : LookForHost, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            if (_asked.IsCompleted)
            {
                var news = await _asked;
                _asked = null;
                _after = news.Version;
                if (news.Changed)
                {
                    _pace.Changed();
                }
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
        }
    }

    private async Task<Seen> LookAsync() => _seen = await _pace.LookAsync(look);

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
