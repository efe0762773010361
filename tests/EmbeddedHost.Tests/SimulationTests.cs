using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.Storage;

namespace OrleansTagging.EmbeddedHost.Tests;

public sealed class SimulationTests
{
    private static readonly TimeSpan _minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void A_day_passes_as_fast_as_its_work_is_done_and_a_seed_gives_the_same_day_again()
    {
        ulong Day(int seed)
        {
            var simulation = new Simulation(seed);
            var rates = new FaultRates { CallDelayed = 0.2, LongestDelay = _minute / 6 };
            Run(simulation, new FaultInjector(simulation, rates), async cluster =>
            {
                await cluster.Client.GetGrain<IAlarmGrain>("a").SetReminder("r", _minute, _minute);
                for (var hour = 0; hour < 24; hour++)
                {
                    await Task.Delay(60 * _minute, simulation.Time);
                    await cluster.Client.GetGrain<ICounterGrain>("c").IncrementSlowly(3);
                }

                var ticks = Enumerable.Range(0, 3).Sum(silo => Lines(cluster, silo).Count(line => line == "reminder r"));
                Assert.InRange(ticks, 24 * 60 - 300, 24 * 60);
            });
            Assert.InRange(simulation.Time.Elapsed, TimeSpan.FromHours(24), TimeSpan.FromHours(25));
            return simulation.Trace;
        }

        var day = Day(5);
        Assert.Equal(day, Day(5));
        Assert.NotEqual(day, Day(6));
    }

    [Fact]
    public void A_write_that_fails_changes_nothing() => Write(new FaultRates { WriteFails = 1 }, async deposit =>
    {
        Assert.IsType<IOException>((await Assert.ThrowsAsync<OrleansException>(deposit)).InnerException);
        return 5;
    });

    [Fact]
    public void A_write_that_succeeds_unseen_is_there_for_the_next_activation() =>
        Write(new FaultRates { WriteSucceedsUnseen = 1 }, async deposit =>
        {
            Assert.IsType<IOException>((await Assert.ThrowsAsync<OrleansException>(deposit)).InnerException);
            return 8;
        });

    [Fact]
    public void A_write_after_somebody_elses_conflicts() => Write(new FaultRates { WriteConflicts = 1 }, async deposit =>
    {
        await Assert.ThrowsAsync<InconsistentStateException>(deposit);
        return 5;
    });

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public void A_call_whose_way_or_answer_is_lost_ends_with_the_timeout(bool way, int done)
    {
        var simulation = new Simulation(1);
        var faults = new FaultInjector(simulation, way ? new FaultRates { CallLost = 1 } : new FaultRates { AnswerLost = 1 });
        Run(simulation, faults, async cluster =>
        {
            var counter = cluster.Client.GetGrain<ICounterGrain>("c");
            var began = simulation.Time.Elapsed;
            await Assert.ThrowsAsync<TimeoutException>(counter.Increment);
            Assert.InRange(simulation.Time.Elapsed - began, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(32));
            faults.Cease();
            Assert.Equal(done, await counter.Value());
        });
        Assert.Equal(1, Assert.Single(faults.Struck).Value);
    }

    [Fact]
    public void A_reminder_may_tick_twice_and_late()
    {
        var simulation = new Simulation(1);
        var faults = new FaultInjector(simulation, new FaultRates { ReminderTwice = 1, ReminderLate = 1 });
        Run(simulation, faults, async cluster =>
        {
            await cluster.Client.GetGrain<IAlarmGrain>("a").SetReminder("r", _minute, 60 * _minute);
            await Task.Delay(3 * _minute, simulation.Time);
            Assert.Equal(2, Enumerable.Range(0, 3).Sum(silo => Lines(cluster, silo).Count(line => line == "reminder r")));
        });
        Assert.Equal(["reminder late", "reminder twice"], faults.Struck.Keys);
    }

    [Fact]
    public void A_wall_clock_that_jumps_leaves_the_time_that_passes_alone()
    {
        var simulation = new Simulation(1);
        Run(simulation, null, async cluster =>
        {
            var silo = cluster.SiloAt(cluster.Silos[0]);
            var before = silo.WallClock!.GetUtcNow();
            silo.WallClock.Jump(TimeSpan.FromHours(-3));
            await Task.Delay(_minute, silo.WallClock);
            Assert.Equal(before - TimeSpan.FromHours(3) + _minute, silo.WallClock.GetUtcNow());
        });
        Assert.Equal(_minute, simulation.Time.Elapsed);
    }

    [Fact]
    public void What_never_ends_is_told_and_what_leaves_the_thread_is_noted()
    {
        var idle = new Simulation(1);
        Assert.Contains("nothing is left to happen", Assert.Throws<TimeoutException>(
            () => idle.Run(() => new TaskCompletionSource().Task, _minute)).Message, StringComparison.Ordinal);
        var late = new Simulation(1);
        Assert.Contains("no end after 00:01:00", Assert.Throws<TimeoutException>(
            () => late.Run(() => Task.Delay(2 * _minute, late.Time), _minute)).Message, StringComparison.Ordinal);
        var stray = new Simulation(1);
        var other = new Thread(() => Task.Factory.StartNew(() => { }, CancellationToken.None, TaskCreationOptions.None, stray.Scheduler));
        stray.Run(
            () =>
            {
                other.Start();
                other.Join();
                return Task.CompletedTask;
            },
            _minute);
        Assert.NotNull(stray.Stray);
    }

    private static void Write(FaultRates rates, Func<Func<Task>, Task<int>> meet)
    {
        var simulation = new Simulation(1);
        var faults = new FaultInjector(simulation, FaultRates.None);
        var storage = new StateTests.DictionaryStorage();
        Run(simulation, faults, async cluster =>
        {
            var account = cluster.Client.GetGrain<IAccountGrain>("a");
            await account.Deposit(5);
            faults.Resume(rates);
            var expected = await meet(() => account.Deposit(3));
            faults.Cease();
            if (cluster.WhereIs(account) is { } silo)
            {
                // The next activation knows only what is stored.
                await cluster.SiloAt(silo).KillAsync();
            }

            Assert.Equal(expected, await account.Balance());
        }, storage);
        Assert.Equal(1, Assert.Single(faults.Struck).Value);
    }

    private static void Run(
        Simulation simulation, FaultInjector? faults, Func<EmbeddedCluster, Task> work, IGrainStorage? storage = null)
    {
        simulation.Run(
            async () =>
            {
                await using var cluster = new EmbeddedCluster(simulation, faults);
                for (var silo = 0; silo < 3; silo++)
                {
                    await cluster.AddSiloAsync(configure: silo => Clusters.Defaults(silo, own =>
                    {
                        if (storage is not null)
                        {
                            own.Services.AddSingleton<IGrainStorage>(new FaultyGrainStorage(storage, faults!));
                        }
                    }));
                }

                await work(cluster);
            },
            TimeSpan.FromDays(2));
        Assert.Null(simulation.Stray);
    }

    private static IReadOnlyList<string> Lines(EmbeddedCluster cluster, int silo) =>
        cluster.ServicesOf(silo).GetRequiredService<Journal>().Lines;
}
