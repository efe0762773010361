using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;

namespace OrleansTagging.EmbeddedHost.Tests;

public sealed class AlarmTests
{
    private static readonly TimeSpan _minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_reminder_ticks_at_its_time_and_every_period_and_wakes_the_grain()
    {
        var clock = new StandingClock();
        await using var cluster = await Clusters.StartAsync(time: clock);
        var alarm = cluster.Client.GetGrain<IAlarmGrain>("a");
        await alarm.SetReminder("r", _minute, 2 * _minute);
        await alarm.Deactivate();
        await Clusters.Until(() => cluster.ActivationCount == 0);
        clock.Advance(_minute);
        await Ticks(cluster, "reminder r", 1);

        // The next tick is set once this one has ended, a moment after it shows in the journal.
        await Clusters.Until(() =>
        {
            clock.Advance(_minute);
            return Lines(cluster).Count(l => l == "reminder r") >= 2;
        });
        Assert.Equal(2, Lines(cluster).Count(l => l == "activate"));
    }

    [Fact]
    public async Task A_removed_reminder_ticks_no_more()
    {
        var clock = new StandingClock();
        await using var cluster = await Clusters.StartAsync(time: clock);
        var alarm = cluster.Client.GetGrain<IAlarmGrain>("b");
        await alarm.SetReminder("r", _minute, _minute);
        Assert.Equal(1, await alarm.Reminders());
        await alarm.RemoveReminder("r");
        Assert.Equal(0, await alarm.Reminders());
        clock.Advance(5 * _minute);
        Assert.DoesNotContain("reminder r", Lines(cluster));
    }

    [Fact]
    public async Task A_reminder_more_frequent_than_allowed_is_refused()
    {
        await using var cluster = await Clusters.StartAsync();
        await Assert.ThrowsAsync<ArgumentException>(
            () => cluster.Client.GetGrain<IAlarmGrain>("c").SetReminder("r", _minute, TimeSpan.FromMilliseconds(1)));
    }

    [Fact]
    public async Task Reminders_go_on_in_a_new_cluster_on_the_same_table()
    {
        var clock = new StandingClock();
        var table = new InMemoryReminderTable();
        await using (var first = await Start())
        {
            await first.Client.GetGrain<IAlarmGrain>("d").SetReminder("r", _minute, _minute);
        }

        await using var second = await Start();
        Assert.Equal(0, second.ActivationCount);
        clock.Advance(_minute);
        await Ticks(second, "reminder r", 1);

        Task<EmbeddedCluster> Start() => Clusters.StartAsync(
            s =>
            {
                s.AddReminders();
                s.Services.AddSingleton<IReminderTable>(table);
            },
            time: clock);
    }

    [Fact]
    public async Task Another_silo_ticks_the_reminders_of_one_that_died()
    {
        var clock = new StandingClock();
        await using var cluster = await Clusters.StartAsync(silos: 2, time: clock);
        await cluster.Client.GetGrain<IAlarmGrain>("e").SetReminder("r", _minute, _minute);
        await cluster.SiloAt(cluster.Silos[0]).KillAsync();
        await Clusters.Until(() =>
        {
            clock.Advance(_minute);
            return Lines(cluster, 1).Contains("reminder r");
        });
    }

    [Fact]
    public async Task A_timer_ticks_until_its_activation_ends()
    {
        var clock = new StandingClock();
        await using var cluster = await Clusters.StartAsync(time: clock);
        var alarm = cluster.Client.GetGrain<IAlarmGrain>("f");
        await alarm.StartTimer(_minute, _minute);
        clock.Advance(_minute);
        await Ticks(cluster, "tick", 1);

        // The next tick is set once this one has ended, a moment after it shows in the journal.
        await Clusters.Until(() =>
        {
            clock.Advance(_minute);
            return Lines(cluster).Count(l => l == "tick") >= 2;
        });
        await alarm.Deactivate();
        await Clusters.Until(() => cluster.ActivationCount == 0);
        var ticks = Lines(cluster).Count(l => l == "tick");
        clock.Advance(10 * _minute);
        Assert.Equal(ticks, Lines(cluster).Count(l => l == "tick"));
        Assert.Contains("deactivate ApplicationRequested", Lines(cluster));
    }

    [Fact]
    public async Task An_activation_that_nobody_calls_is_collected()
    {
        var clock = new StandingClock();
        await using var cluster = await Clusters.StartAsync(
            s => s.Configure<GrainCollectionOptions>(o => o.CollectionAge = 5 * _minute), time: clock);
        var alarm = cluster.Client.GetGrain<IAlarmGrain>("g");
        await alarm.Reminders();
        clock.Advance(4 * _minute);
        Assert.Equal(1, cluster.ActivationCount);
        clock.Advance(2 * _minute);
        await Clusters.Until(() => cluster.ActivationCount == 0);
        Assert.Contains("deactivate ActivationIdle", Lines(cluster));
    }

    [Fact]
    public async Task A_grain_that_delays_its_deactivation_is_collected_later()
    {
        var clock = new StandingClock();
        await using var cluster = await Clusters.StartAsync(
            s => s.Configure<GrainCollectionOptions>(o => o.CollectionAge = 5 * _minute), time: clock);
        await cluster.Client.GetGrain<IAlarmGrain>("i").Delay(20 * _minute);
        clock.Advance(19 * _minute);
        Assert.Equal(1, cluster.ActivationCount);
        clock.Advance(2 * _minute);
        await Clusters.Until(() => cluster.ActivationCount == 0);
    }

    [Fact]
    public async Task A_reminder_that_was_missed_ticks_at_its_next_time()
    {
        var clock = new StandingClock();
        var table = new InMemoryReminderTable();
        await table.UpsertRow(new ReminderEntry
        {
            GrainId = GrainId.Create("alarm", "k"),
            ReminderName = "r",
            StartAt = clock.GetUtcNow().UtcDateTime - (5 * _minute),
            Period = 3 * _minute,
        });
        await using var cluster = await Clusters.StartAsync(s => s.Services.AddSingleton<IReminderTable>(table), time: clock);
        clock.Advance(TimeSpan.FromSeconds(59));
        Assert.DoesNotContain("reminder r", Lines(cluster));
        clock.Advance(TimeSpan.FromSeconds(1));
        await Ticks(cluster, "reminder r", 1);
    }

    [Fact]
    public async Task Stopping_a_silo_deactivates_its_grains_first()
    {
        var cluster = await Clusters.StartAsync();
        var alarm = cluster.Client.GetGrain<IAlarmGrain>("h");
        await alarm.Reminders();
        var journal = cluster.ServicesOf(0).GetRequiredService<Journal>();
        await cluster.DisposeAsync();
        Assert.Equal(["activate", "deactivate ShuttingDown"], journal.Lines);
        await Assert.ThrowsAsync<SiloUnavailableException>(() => alarm.Reminders());
    }

    private static IReadOnlyList<string> Lines(EmbeddedCluster cluster, int silo = 0) =>
        cluster.ServicesOf(silo).GetRequiredService<Journal>().Lines;

    private static Task Ticks(EmbeddedCluster cluster, string line, int count) =>
        Clusters.Until(() => Lines(cluster).Count(l => l == line) == count);
}
