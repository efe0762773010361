using OrleansTagging.Grains.Live;

namespace OrleansTagging.Grains.Tests;

public sealed class WholePaceTests
{
    [Fact]
    public async Task The_whole_is_asked_for_at_first_and_then_when_it_has_changed()
    {
        var pace = new WholePace { Anyway = TimeSpan.FromHours(1) };
        Assert.True(pace.IsDue);
        Assert.Equal(7, await pace.LookAsync(() => Task.FromResult(7)));
        Assert.InRange(pace.UntilDue, TimeSpan.FromMinutes(30), TimeSpan.FromHours(1));

        pace.Changed();
        // That took next to no time, and so need not be waited for long.
        Assert.InRange(pace.UntilDue, TimeSpan.Zero, TimeSpan.FromMinutes(30));
    }

    [Fact]
    public async Task What_takes_long_is_asked_for_seldom_unless_somebody_waits_who_has_not_seen_it()
    {
        var pace = new WholePace { Anyway = TimeSpan.Zero };
        await pace.LookAsync(async () =>
        {
            await Task.Delay(1000, TestContext.Current.CancellationToken);
            return 0;
        });
        pace.Changed();
        Assert.InRange(pace.UntilDue, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));

        pace.Hurry();
        Assert.True(pace.IsDue);
    }

    [Fact]
    public async Task What_changed_while_it_was_gathered_is_asked_for_again()
    {
        var pace = new WholePace { Anyway = TimeSpan.FromHours(1) };
        await pace.LookAsync(() =>
        {
            pace.Changed();
            return Task.FromResult(0);
        });
        Assert.InRange(pace.UntilDue, TimeSpan.Zero, TimeSpan.FromMinutes(30));
    }

    [Fact]
    public async Task Though_no_news_come_it_is_asked_for_now_and_then()
    {
        var pace = new WholePace { Anyway = TimeSpan.Zero };
        await pace.LookAsync(() => Task.FromResult(0));
        Assert.InRange(pace.UntilDue, TimeSpan.Zero, TimeSpan.FromMinutes(30));
    }
}
