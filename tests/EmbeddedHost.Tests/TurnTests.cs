using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;
using Orleans;

namespace OrleansTagging.EmbeddedHost.Tests;

public sealed class TurnTests
{
    [Fact]
    public async Task As_many_increments_as_were_sent_are_counted()
    {
        await using var cluster = await Clusters.StartAsync(silos: 2);
        var keys = 0;
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(20),
            Prop.ForAll(
                ArbMap.Default.ArbFor<PositiveInt>().Generator.ArrayOf().Where(a => a.Length is > 0 and < 40).ToArbitrary(),
                async steps =>
                {
                    var key = $"count {Interlocked.Increment(ref keys)}";
                    var results = await Task.WhenAll(steps.Select(s => Task.Run(
                        () => cluster.Client.GetGrain<ICounterGrain>(key).IncrementSlowly(s.Get % 5))));
                    return results.Order().SequenceEqual(Enumerable.Range(1, steps.Length));
                }));
    }

    [Fact]
    public async Task A_call_waits_until_the_one_before_it_has_ended()
    {
        await using var cluster = await Clusters.StartAsync();
        var gate = cluster.Client.GetGrain<IGateGrain>("a");
        var first = gate.Wait();
        var second = gate.Quick();
        await gate.Open();
        await Task.WhenAll(first, second);
        Assert.Equal(["wait", "quick"], JournalOf(cluster));
    }

    [Fact]
    public async Task A_call_that_always_interleaves_runs_while_another_waits()
    {
        await using var cluster = await Clusters.StartAsync();
        var gate = cluster.Client.GetGrain<IGateGrain>("b");
        var blocked = gate.Wait();
        await gate.Open();
        await blocked;
    }

    [Fact]
    public async Task Read_only_calls_run_beside_each_other_and_not_beside_others()
    {
        await using var cluster = await Clusters.StartAsync();
        var gate = cluster.Client.GetGrain<IGateGrain>("c");
        var reading = gate.WaitReading();
        Assert.Equal("read", await gate.Read());
        var writing = gate.Quick();
        await Task.Delay(20);
        Assert.False(writing.IsCompleted);
        await gate.Open();
        await Task.WhenAll(reading, writing);
    }

    [Fact]
    public async Task A_call_that_comes_back_to_its_caller_times_out_unless_the_class_is_reentrant()
    {
        await using var cluster = await Clusters.StartAsync(responseTimeout: TimeSpan.FromMilliseconds(300));
        var one = cluster.Client.GetGrain<IPairGrain>(1);
        await Assert.ThrowsAsync<TimeoutException>(() => one.CallBack(cluster.Client.GetGrain<IPairGrain>(2), 2));

        var open = cluster.Client.GetGrain<IOpenPairGrain>(Guid.NewGuid());
        Assert.Equal(4, await open.CallBack(cluster.Client.GetGrain<IOpenPairGrain>(Guid.NewGuid()), 4));
    }

    [Fact]
    public async Task A_call_times_out_when_no_answer_comes()
    {
        var clock = new StandingClock();
        await using var cluster = await Clusters.StartAsync(time: clock);
        var gate = cluster.Client.GetGrain<IGateGrain>("d");
        var waiting = gate.Wait();
        clock.Advance(TimeSpan.FromSeconds(29));
        Assert.False(waiting.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(2));
        var timeout = await Assert.ThrowsAsync<TimeoutException>(() => waiting);
        Assert.Contains("IGateGrain.Wait", timeout.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_method_may_set_its_own_time_out()
    {
        var clock = new StandingClock();
        await using var cluster = await Clusters.StartAsync(time: clock);
        var waiting = cluster.Client.GetGrain<IGateGrain>("e").WaitBriefly();
        clock.Advance(TimeSpan.FromSeconds(2));
        await Assert.ThrowsAsync<TimeoutException>(() => waiting);
    }

    [Fact]
    public async Task Cancelling_ends_the_wait_and_reaches_the_callee()
    {
        await using var cluster = await Clusters.StartAsync();
        var gate = cluster.Client.GetGrain<IGateGrain>("f");
        using var cancel = new CancellationTokenSource();
        var waiting = gate.WaitCancellable(cancel.Token);
        await Clusters.Until(() => JournalOf(cluster).Contains("wait"));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await Clusters.Until(() => JournalOf(cluster).Contains("cancelled"));
    }

    [Fact]
    public async Task A_one_way_call_is_not_waited_for_and_its_failure_is_not_heard()
    {
        await using var cluster = await Clusters.StartAsync();
        var gate = cluster.Client.GetGrain<IGateGrain>("i");
        var blocked = gate.Wait();
        await gate.Shout();
        Assert.DoesNotContain("shout", JournalOf(cluster));
        await gate.Open();
        await blocked;
        await Clusters.Until(() => JournalOf(cluster).Contains("shout"));
    }

    [Fact]
    public async Task A_call_that_timed_out_before_its_turn_never_runs()
    {
        var clock = new StandingClock();
        await using var cluster = await Clusters.StartAsync(time: clock);
        var gate = cluster.Client.GetGrain<IGateGrain>("j");
        var blocked = gate.Wait();
        await Clusters.Until(() => JournalOf(cluster).Contains("wait"));
        var late = gate.Quick();
        clock.Advance(TimeSpan.FromSeconds(31));
        await Assert.ThrowsAsync<TimeoutException>(() => blocked);
        await Assert.ThrowsAsync<TimeoutException>(() => late);
        await gate.Open();
        Assert.Equal("read", await gate.Read());
        Assert.Equal(["wait"], JournalOf(cluster));
    }

    [Fact]
    public async Task Ten_thousand_calls_over_a_hundred_grains_are_all_answered()
    {
        await using var cluster = await Clusters.StartAsync(silos: 2);
        var counters = Enumerable.Range(0, 100).Select(i => cluster.Client.GetGrain<ICounterGrain>($"many {i}")).ToArray();
        await Task.WhenAll(Enumerable.Range(0, 10_000).Select(i => counters[i % 100].Increment()));
        foreach (var counter in counters)
        {
            Assert.Equal(100, await counter.Value());
        }
    }

    [Fact]
    public async Task An_exception_reaches_the_caller_with_its_type_message_and_stack()
    {
        await using var cluster = await Clusters.StartAsync();
        var thrown = await Assert.ThrowsAsync<InvalidDataException>(() => cluster.Client.GetGrain<ICounterGrain>("g").Fail("broken"));
        Assert.Equal("broken", thrown.Message);
        Assert.Contains("CounterGrain.Fail", thrown.StackTrace, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Task_Run_leaves_the_activation_and_await_comes_back_to_it()
    {
        await using var cluster = await Clusters.StartAsync();
        Assert.True(await cluster.Client.GetGrain<IContextGrain>("h").EscapesByTaskRun());
    }

    [Theory]
    [InlineData("read", "Activation access violation")]
    [InlineData("set", "Activation access violation")]
    [InlineData("write state", "Activation access violation")]
    [InlineData("grain factory", "Activation access violation")]
    [InlineData("timer", "Activation access violation")]
    [InlineData("reminder", "Attempted to access grain from a non-grain context, such as a background thread, which is invalid")]
    [InlineData("reminders", "Attempted to access grain from a non-grain context, such as a background thread, which is invalid")]
    [InlineData("deactivation", null)]
    public async Task The_services_of_an_activation_are_refused_off_it_as_in_Orleans(string what, string? refusal)
    {
        await using var cluster = await Clusters.StartAsync();
        var stray = cluster.Client.GetGrain<IStrayGrain>("i");

        Assert.Null(await stray.On(what));

        Assert.Equal(refusal, (await stray.Off(what))?.Split('.')[0]);
    }

    private static IReadOnlyList<string> JournalOf(EmbeddedCluster cluster) => cluster.ServicesOf(0).GetRequiredService<Journal>().Lines;
}
