using System.Collections.Concurrent;

namespace OrleansTagging.Storage.Tests;

public sealed class SharedFlushTests
{
    [Fact]
    public async Task Those_who_ask_while_it_is_flushed_share_the_next_flush()
    {
        using var begun = new SemaphoreSlim(0);
        using var go = new SemaphoreSlim(0);
        var flushes = 0;
        var flush = new SharedFlush(() =>
        {
            flushes++;
            begun.Release();
            go.Wait();
        });
        var first = Run(flush.Run);
        await begun.WaitAsync();
        using var arrived = new CountdownEvent(8);
        var others = Enumerable.Range(0, 8).Select(_ => Run(() =>
        {
            arrived.Signal();
            flush.Run();
        })).ToArray();
        arrived.Wait();
        Assert.All(others, other => Assert.False(other.IsCompleted));
        go.Release(9);
        await Task.WhenAll([first, .. others]);
        // Those who had not yet asked when the second began have a third.
        Assert.InRange(flushes, 2, 3);
    }

    [Fact]
    public async Task What_was_done_before_a_call_is_flushed_when_it_returns()
    {
        var entries = new ConcurrentDictionary<int, bool>();
        var flushed = new ConcurrentDictionary<int, bool>();
        var flush = new SharedFlush(() =>
        {
            foreach (var entry in entries.Keys)
            {
                flushed[entry] = true;
            }
        });
        await Parallel.ForAsync(0, 2_000, (entry, _) =>
        {
            entries[entry] = true;
            flush.Run();
            Assert.True(flushed.ContainsKey(entry));
            return ValueTask.CompletedTask;
        });
    }

    [Fact]
    public void A_flush_that_fails_is_nobody_elses_success()
    {
        var fails = true;
        var flushes = 0;
        var flush = new SharedFlush(() =>
        {
            flushes++;
            if (fails)
            {
                throw new IOException("no");
            }
        });
        Assert.Throws<IOException>(flush.Run);
        fails = false;
        flush.Run();
        Assert.Equal(2, flushes);
    }

    private static Task Run(Action act) => Task.Factory.StartNew(act, TaskCreationOptions.LongRunning);
}
