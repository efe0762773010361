using System.Threading.Channels;
using OrleansTagging.Abstractions;
using OrleansTagging.Commands.Experiments;

namespace OrleansTagging.Commands.Tests;

public sealed class NewsTests
{
    private readonly Feed _feed = new();
    private readonly ExperimentNews _news;
    private ExperimentProgress _whole = Progress(Job("a", 1), Job("b", 1));
    private int _looks;
    private bool _isGone;

    public NewsTests() => _news = new ExperimentNews(
        _feed,
        () =>
        {
            _looks++;
            return Task.FromResult(new Seen(_whole, new SchedulerRecord { Queue = [], Leases = [], Silos = [], Standings = [] }, null));
        },
        () => _isGone,
        TestContext.Current.CancellationToken);

    [Fact]
    public async Task Figures_of_jobs_are_shown_as_they_come_without_asking_for_the_whole()
    {
        await _news.NextAsync();
        _feed.Tell(changed: false, Job("b", 2));
        var seen = await _news.NextAsync();

        Assert.Equal([("a", 1), ("b", 2)], seen.Progress.Running.Select(job => (job.Job, job.Step)));
        Assert.Equal(1, _looks);
    }

    [Fact]
    public async Task A_job_that_begins_is_added_and_one_that_ended_is_gone()
    {
        await _news.NextAsync();
        _feed.Tell(changed: false, Job("a", 1) with { Ended = true }, Job("c", 0), Job("unseen", 3) with { Ended = true });
        var seen = await _news.NextAsync();

        Assert.Equal(["b", "c"], seen.Progress.Running.Select(job => job.Job));
        Assert.Equal(2, seen.Progress.JobsRunning);
    }

    [Fact]
    public async Task The_whole_is_asked_for_when_more_has_changed()
    {
        await _news.NextAsync();
        _whole = Progress(Job("d", 0)) with { JobsDone = 2 };
        _feed.Tell(changed: true);
        var seen = await _news.NextAsync();

        Assert.Equal((2, 2), (seen.Progress.JobsDone, _looks));
    }

    [Fact]
    public async Task Of_a_host_that_is_gone_the_whole_is_asked_for_which_says_so()
    {
        await _news.NextAsync();
        _isGone = true;
        await _news.NextAsync();

        Assert.Equal(2, _looks);
    }

    private static RunningJob Job(string job, int step) => new() { Job = job, What = $"{job}: train", Step = step, Steps = 10 };

    private static ExperimentProgress Progress(params RunningJob[] running) =>
        new() { Name = "demo", Status = ExperimentStatus.Running, Running = running, JobsRunning = running.Length };

    /// <summary>A feed that says what it is told to.</summary>
    private sealed class Feed : IFeedGrain
    {
        private readonly Channel<News> _told = Channel.CreateUnbounded<News>();
        private long _version;

        public void Tell(bool changed, params RunningJob[] jobs) =>
            _told.Writer.TryWrite(new News { Version = ++_version, Changed = changed, Jobs = jobs });

        public Task<News> Next(long after) => _told.Reader.ReadAsync().AsTask();

        public Task<bool> Publish(News news) => throw new NotSupportedException();
    }
}
