using Orleans;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Grains.Tests;

public sealed class FeedTests
{
    [Fact]
    public async Task The_first_question_is_answered_at_once_and_asks_for_the_whole()
    {
        await using var bed = new TestBed();
        await bed.AddSiloAsync();
        var first = await bed.Grains.GetGrain<IFeedGrain>("demo").Next(0);
        Assert.True(first.Changed);
        Assert.Empty(first.Jobs);
    }

    [Fact]
    public async Task A_watcher_hears_of_every_job_and_the_last_of_each()
    {
        await using var bed = new TestBed();
        await bed.AddSiloAsync();
        var feed = bed.Grains.GetGrain<IFeedGrain>("demo");
        var version = (await feed.Next(0)).Version;
        // Nobody says anything yet: this is answered by what comes.
        var asked = feed.Next(version);
        for (var step = 1; step <= 20; step++)
        {
            await feed.Publish(new News { Jobs = [Job("a", step), Job($"b{step}", step)] });
        }
        Assert.True(await feed.Publish(new News { Changed = true, Jobs = [Job("a", 20) with { Ended = true }] }));

        var seen = new Dictionary<string, RunningJob>();
        var changed = false;
        for (var news = await asked; ; news = await feed.Next(version))
        {
            Assert.False(news.IsNothing);
            Assert.True(news.Version > version);
            version = news.Version;
            changed |= news.Changed;
            foreach (var job in news.Jobs)
            {
                Assert.True(!seen.TryGetValue(job.Job, out var before) || job.Step >= before.Step);
                seen[job.Job] = job;
            }
            if (changed && seen.Count == 21 && seen["a"].Ended)
            {
                break;
            }
        }
    }

    private static RunningJob Job(string job, int step) => new() { Job = job, What = $"{job}: train", Step = step, Steps = 20 };
}
