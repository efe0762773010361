using System.Net;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Orleans.Runtime;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Grains.Tests;

public sealed class JobQueueTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    [Fact]
    public void Jobs_go_by_priority_and_then_by_age()
    {
        var queue = new JobQueue(Silence);
        queue.Enqueue(Ticket("cpu-a", 0));
        queue.Enqueue(Ticket("cpu-b", 5));
        queue.Enqueue(Ticket("cpu-c", 0));
        queue.Enqueue(Ticket("cpu-d", 5));
        queue.Announce(Silo(1, cpu: 1), Start);

        var order = new List<string>();
        while (queue.Grant(Start) is [var lease])
        {
            order.Add(lease.Request.Job);
            Assert.True(queue.Finish(lease.Request.Job, lease.Epoch, again: false));
        }

        Assert.Equal(["cpu-b", "cpu-d", "cpu-a", "cpu-c"], order);
    }

    [Fact]
    public void A_job_is_queued_once_however_often_it_is_asked_for()
    {
        var queue = new JobQueue(Silence);

        queue.Enqueue(Ticket("cpu-a", 0));
        queue.Enqueue(Ticket("cpu-a", 0));
        queue.Enqueue(Ticket("cpu-a", 3));
        Assert.Equal(3, Assert.Single(queue.Waiting).Request.Priority);
    }

    [Fact]
    public void A_silo_is_wanted_for_jobs_that_wait_and_for_those_at_work_but_not_for_paused_ones()
    {
        var queue = new JobQueue(Silence);
        queue.Enqueue(Ticket("cuda-a", 9));
        queue.Enqueue(Ticket("cuda-b", 0));
        queue.Enqueue(Ticket("cpu-c", 0));
        Assert.Equal(2, queue.Demand("cuda").Jobs);
        Assert.Empty(queue.Demand("cuda").Holders);

        queue.Announce(Silo(2, cpu: 4, cuda: 1), Start);
        var lease = queue.Grant(Start).Single(lease => lease.Request.Job == "cuda-a");
        Assert.Equal(2, queue.Demand("cuda").Jobs);
        Assert.Equal([lease.Silo], queue.Demand("cuda").Holders);

        // What is at work goes on until its holder has let go, and counts until then.
        queue.Set(new ExperimentStanding { Experiment = lease.Request.Parent.Experiment, Paused = true });
        Assert.Equal(1, queue.Demand("cuda").Jobs);
        Assert.True(queue.Finish("cuda-a", lease.Epoch, again: true));
        Assert.Equal(0, queue.Demand("cuda").Jobs);
    }

    [Fact]
    public void A_cuda_job_waits_for_a_silo_with_cuda_and_holds_no_cpu_job_back()
    {
        var queue = new JobQueue(Silence);
        queue.Enqueue(Ticket("cuda-a", 9));
        queue.Enqueue(Ticket("cpu-b", 0));
        queue.Announce(Silo(1, cpu: 4), Start);

        Assert.Equal("cpu-b", Assert.Single(queue.Grant(Start)).Request.Job);
        Assert.False(queue.HasDevice("cuda"));

        queue.Announce(Silo(2, cpu: 4, cuda: 1), Start);
        var lease = Assert.Single(queue.Grant(Start));
        Assert.Equal(("cuda-a", "cuda:0", 2), (lease.Request.Job, lease.Device, lease.Silo.Endpoint.Port));
    }

    [Fact]
    public void A_wide_job_holds_later_ones_back_until_it_fits()
    {
        var queue = new JobQueue(Silence);
        queue.Announce(Silo(1, cpu: 4), Start);
        queue.Enqueue(Ticket("cpu-a", 0));
        var first = Assert.Single(queue.Grant(Start));
        queue.Enqueue(Ticket("cpu-wide", 0, slots: 4));
        queue.Enqueue(Ticket("cpu-b", 0));

        Assert.Empty(queue.Grant(Start));
        queue.Finish("cpu-a", first.Epoch, again: false);
        Assert.Equal("cpu-wide", Assert.Single(queue.Grant(Start)).Request.Job);
    }

    [Fact]
    public void A_job_wider_than_every_device_takes_one_whole()
    {
        var queue = new JobQueue(Silence);
        queue.Announce(Silo(1, cpu: 2), Start);
        queue.Enqueue(Ticket("cpu-wide", 0, slots: 64));
        queue.Enqueue(Ticket("cpu-b", 0));

        Assert.Equal("cpu-wide", Assert.Single(queue.Grant(Start)).Request.Job);
    }

    [Fact]
    public void A_silent_holder_loses_its_lease_and_its_epoch_fences_it()
    {
        var queue = new JobQueue(Silence);
        queue.Announce(Silo(1, cpu: 1), Start);
        queue.Enqueue(Ticket("cpu-a", 0));
        var old = Assert.Single(queue.Grant(Start));

        var later = Start + Silence + TimeSpan.FromSeconds(1);
        queue.Announce(Silo(1, cpu: 1), later);
        queue.Expire(later);
        var young = Assert.Single(queue.Grant(later));

        Assert.True(young.Epoch > old.Epoch);
        Assert.False(queue.Renew("cpu-a", old.Epoch, later));
        Assert.False(queue.Finish("cpu-a", old.Epoch, again: false));
        Assert.True(queue.Renew("cpu-a", young.Epoch, later));
        Assert.True(queue.Finish("cpu-a", young.Epoch, again: false));
        Assert.Empty(queue.Waiting);
    }

    [Fact]
    public void A_silo_that_came_back_at_the_same_end_point_ends_the_leases_of_its_former_life()
    {
        var queue = new JobQueue(Silence);
        queue.Announce(Silo(1, cpu: 1, generation: 1), Start);
        queue.Enqueue(Ticket("cpu-a", 0));
        var old = Assert.Single(queue.Grant(Start));

        var restarted = new Disk().Restart(queue, Start);
        restarted.Announce(Silo(1, cpu: 1, generation: 2), Start);

        Assert.False(restarted.Renew("cpu-a", old.Epoch, Start));
        Assert.Equal(2, Assert.Single(restarted.Grant(Start)).Silo.Generation);
    }

    [Fact]
    public void A_silo_that_is_alone_ends_the_leases_of_all_others()
    {
        var queue = new JobQueue(Silence);
        queue.Announce(Silo(1, cpu: 1), Start);
        queue.Enqueue(Ticket("cpu-a", 0));
        Assert.Single(queue.Grant(Start));

        var restarted = new Disk().Restart(queue, Start);
        restarted.Announce(Silo(2, cpu: 1) with { Alone = true }, Start);

        Assert.Equal(2, Assert.Single(restarted.Grant(Start)).Silo.Endpoint.Port);
    }

    [Fact]
    public void An_ended_lease_goes_before_the_jobs_that_came_after_it()
    {
        var queue = new JobQueue(Silence);
        queue.Announce(Silo(1, cpu: 1), Start);
        queue.Enqueue(Ticket("cpu-a", 0));
        var lease = Assert.Single(queue.Grant(Start));
        queue.Enqueue(Ticket("cpu-b", 0));
        queue.Finish("cpu-a", lease.Epoch, again: true);

        Assert.Equal("cpu-a", Assert.Single(queue.Grant(Start)).Request.Job);
    }

    [Fact]
    public void Experiments_of_one_priority_take_turns_by_the_slots_they_hold()
    {
        var queue = new JobQueue(Silence);
        foreach (var number in Enumerable.Range(0, 6))
        {
            queue.Enqueue(Ticket($"cpu-many-{number}", 0, experiment: "many"));
        }
        queue.Enqueue(Ticket("cpu-few-0", 0, experiment: "few"));
        queue.Enqueue(Ticket("cpu-few-1", 0, experiment: "few"));
        queue.Announce(Silo(1, cpu: 5), Start);

        Assert.Equal(
            ["cpu-many-0", "cpu-few-0", "cpu-many-1", "cpu-few-1", "cpu-many-2"],
            queue.Grant(Start).Select(lease => lease.Request.Job));
    }

    [Fact]
    public void An_experiment_of_higher_priority_goes_first_whatever_it_holds()
    {
        var queue = new JobQueue(Silence);
        queue.Enqueue(Ticket("cpu-a", 50, experiment: "usual"));
        queue.Enqueue(Ticket("cpu-b", 0, experiment: "urgent"));
        queue.Enqueue(Ticket("cpu-c", 0, experiment: "urgent"));
        queue.Set(new ExperimentStanding { Experiment = "urgent", Priority = 1 });
        queue.Announce(Silo(1, cpu: 3), Start);

        Assert.Equal(["cpu-b", "cpu-c", "cpu-a"], queue.Grant(Start).Select(lease => lease.Request.Job));
    }

    [Fact]
    public void A_job_goes_with_the_highest_of_the_experiments_that_ask_for_it_and_are_not_paused()
    {
        var queue = new JobQueue(Silence);
        queue.Set(new ExperimentStanding { Experiment = "urgent", Priority = 5 });
        queue.Enqueue(Ticket("cpu-old", 0, experiment: "usual"));
        queue.Enqueue(Ticket("cpu-shared", 0, experiment: "other"));
        queue.Enqueue(Ticket("cpu-shared", 0, experiment: "urgent"));
        Assert.Equal(["cpu-shared", "cpu-old"], queue.Waiting.Select(ticket => ticket.Request.Job));

        queue.Set(new ExperimentStanding { Experiment = "urgent", Priority = 5, Paused = true });
        Assert.Equal(["cpu-old", "cpu-shared"], queue.Waiting.Select(ticket => ticket.Request.Job));

        queue.Set(new ExperimentStanding { Experiment = "other", Paused = true });
        queue.Announce(Silo(1, cpu: 2), Start);
        Assert.Equal("cpu-old", Assert.Single(queue.Grant(Start)).Request.Job);
        Assert.True(Assert.Single(queue.Waiting).Paused);

        queue.Set(new ExperimentStanding { Experiment = "other" });
        Assert.Equal("other", Assert.Single(queue.Grant(Start)).Request.Parent.Experiment);
    }

    [Fact]
    public void A_lease_is_recalled_once_every_experiment_that_asked_is_paused_or_has_given_up()
    {
        var queue = new JobQueue(Silence);
        queue.Announce(Silo(1, cpu: 1), Start);
        queue.Enqueue(Ticket("cpu-a", 0, experiment: "one"));
        queue.Enqueue(Ticket("cpu-a", 0, experiment: "two"));
        var lease = Assert.Single(queue.Grant(Start));

        queue.Set(new ExperimentStanding { Experiment = "one", Paused = true });
        Assert.Empty(queue.Recalled);
        queue.Cancel("two");
        Assert.Equal(lease.Epoch, Assert.Single(queue.Recalled).Epoch);

        Assert.True(queue.Finish("cpu-a", lease.Epoch, again: true));
        Assert.Empty(queue.Grant(Start));
        queue.Set(new ExperimentStanding { Experiment = "one" });
        Assert.Equal("one", Assert.Single(queue.Grant(Start)).Request.Parent.Experiment);
    }

    [Fact]
    public void A_cancelled_experiments_jobs_leave_the_queue_and_those_it_shares_stay()
    {
        var queue = new JobQueue(Silence);
        queue.Enqueue(Ticket("cpu-own", 0, experiment: "one"));
        queue.Enqueue(Ticket("cpu-shared", 0, experiment: "one"));
        queue.Enqueue(Ticket("cpu-shared", 0, experiment: "two"));

        queue.Cancel("one");

        Assert.Equal(("cpu-shared", "two"), (Assert.Single(queue.Waiting).Request.Job, queue.Waiting.Single().Request.Parent.Experiment));
    }

    [Fact]
    public void A_job_that_is_to_be_tried_again_later_waits_across_a_restart_and_holds_nobody_back()
    {
        var queue = new JobQueue(Silence);
        queue.Announce(Silo(1, cpu: 1), Start);
        queue.Enqueue(Ticket("cpu-a", 0));
        queue.Enqueue(Ticket("cpu-b", 0));
        var lease = Assert.Single(queue.Grant(Start));
        queue.Finish("cpu-a", lease.Epoch, again: true, notBefore: Start + TimeSpan.FromSeconds(8));

        var restarted = new Disk().Restart(queue, Start);
        restarted.Announce(Silo(1, cpu: 2), Start);
        Assert.Equal("cpu-b", Assert.Single(restarted.Grant(Start)).Request.Job);
        Assert.Empty(restarted.Grant(Start + TimeSpan.FromSeconds(7)));
        Assert.Equal("cpu-a", Assert.Single(restarted.Grant(Start + TimeSpan.FromSeconds(8))).Request.Job);
    }

    [Fact]
    public void A_lease_that_never_became_valid_is_void()
    {
        var queue = new JobQueue(Silence);
        queue.Announce(Silo(1, cpu: 1), Start);
        queue.Enqueue(Ticket("cpu-a", 0));
        var disk = new Disk();
        disk.Write(queue);
        queue.Grant(Start);
        // The pages were written, the head was not.
        var (_, pages) = queue.TakeChanges();
        disk.Write(pages);

        var restarted = disk.Read(Start);
        Assert.Empty(restarted.Leases);
        restarted.Announce(Silo(2, cpu: 1), Start);
        var lease = Assert.Single(restarted.Grant(Start));
        Assert.True(lease.Epoch > JobQueue.Leap);

        // It is found later than that, when higher epochs have been given.
        disk.Write(restarted.TakeChanges().Head);
        disk.Write(pages);
        Assert.Empty(disk.Read(Start).Leases);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(1_000)]
    [InlineData(20_000)]
    public void A_change_writes_as_much_however_long_the_queue_is(int jobs)
    {
        var queue = new JobQueue(Silence);
        var disk = new Disk();
        for (var number = 0; number < jobs; number++)
        {
            queue.Enqueue(Ticket($"cpu-{number}", 0));
        }
        disk.Write(queue);
        queue.Announce(Silo(1, cpu: 1), Start);
        var lease = Assert.Single(queue.Grant(Start));
        Assert.Equal(1, disk.Write(queue));
        queue.Finish(lease.Request.Job, lease.Epoch, again: false);
        Assert.Single(queue.Grant(Start));
        Assert.Equal(1, disk.Write(queue));

        // Pages that have emptied are gone.
        while (queue.Leases.FirstOrDefault() is { } held)
        {
            queue.Finish(held.Request.Job, held.Epoch, again: false);
            queue.Grant(Start);
        }
        disk.Write(queue);
        Assert.Equal(0, disk.Pages);
    }

    /// <summary>
    /// Whatever happens in whatever order: no device is overbooked, epochs only grow, no job is lost, doubled or granted to paused
    /// experiments, and no empty device is left to itself while a job may go.
    /// </summary>
    [Fact]
    public void No_sequence_of_events_overbooks_a_device_or_loses_a_job()
    {
        var events = (from kind in Gen.Choose(0, 13) from job in Gen.Choose(0, 7) from some in Gen.Choose(0, 3) select (kind, job, some))
            .ArrayOf();
        Prop.ForAll(events.ToArbitrary(), happened => Holds(happened)).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

        static void Holds(IEnumerable<(int Kind, int Job, int Some)> happened)
        {
            var disk = new Disk();
            var queue = new JobQueue(Silence);
            var time = Start;
            var asked = new Dictionary<string, HashSet<string>>();
            var paused = new HashSet<string>();
            var last = 0L;
            var granted = new Dictionary<string, long>();
            foreach (var (kind, jobNumber, some) in happened)
            {
                var job = (jobNumber % 2 == 0 ? "cpu-" : "cuda-") + jobNumber;
                var experiment = $"experiment{some}";
                switch (kind)
                {
                    case 0 or 1 or 2:
                        queue.Enqueue(Ticket(job, jobNumber % 3, slots: 1 + (jobNumber % 3), experiment));
                        asked.TryAdd(job, []);
                        asked[job].Add(experiment);
                        break;
                    case 3 or 4:
                        queue.Announce(Silo(1 + some, cpu: some, cuda: some % 2 * 2), time);
                        break;
                    case 5:
                        time += TimeSpan.FromSeconds(20);
                        queue.Expire(time);
                        break;
                    case 6:
                        if (granted.TryGetValue(job, out var epoch))
                        {
                            var held = queue.Leases.Any(lease => lease.Epoch == epoch);
                            var late = some == 1 ? time + TimeSpan.FromSeconds(30) : default(DateTimeOffset?);
                            Assert.Equal(held, queue.Finish(job, epoch, again: some < 2, late));
                            if (held && some >= 2)
                            {
                                asked.Remove(job);
                            }
                        }
                        break;
                    case 7:
                        queue.Withdraw(job);
                        asked.Remove(job);
                        break;
                    case 8:
                        queue.Leave(Silo(1 + some).Silo);
                        break;
                    case 9:
                        // The scheduler dies and comes back from what it stored.
                        queue = disk.Restart(queue, time);
                        break;
                    case 10 or 11:
                        queue.Set(new ExperimentStanding { Experiment = experiment, Priority = jobNumber % 2, Paused = kind == 10 });
                        _ = kind == 10 ? paused.Add(experiment) : paused.Remove(experiment);
                        break;
                    case 12:
                        queue.Release(job, Ticket(job, 0, experiment: experiment).Request.Parent);
                        asked.GetValueOrDefault(job)?.Remove(experiment);
                        break;
                    default:
                        queue.Cancel(experiment);
                        foreach (var askers in asked.Values)
                        {
                            askers.Remove(experiment);
                        }
                        break;
                }
                foreach (var lease in queue.Grant(time))
                {
                    Assert.True(lease.Epoch > last);
                    last = lease.Epoch;
                    granted[lease.Request.Job] = lease.Epoch;
                    Assert.DoesNotContain(lease.Request.Parent.Experiment, paused);
                    Assert.Equal(asked[lease.Request.Job].Order(), lease.Askers.Select(asker => asker.Parent.Experiment).Order());
                }
                foreach (var lease in queue.Leases)
                {
                    var wanted = asked.GetValueOrDefault(lease.Request.Job)?.Any(experiment => !paused.Contains(experiment)) ?? false;
                    Assert.Equal(!wanted, queue.Recalled.Any(recalled => recalled.Epoch == lease.Epoch));
                }
                var leased = queue.Leases.Select(lease => lease.Request.Job).ToArray();
                var present = queue.Waiting.Select(ticket => ticket.Request.Job).Concat(leased).ToArray();
                Assert.Equal(present.Length, present.Distinct().Count());
                Assert.Equal(
                    asked.Where(job => job.Value.Count > 0).Select(job => job.Key).Order(),
                    present.Where(job => asked.GetValueOrDefault(job)?.Count > 0).Order());
                // Only a lease outlasts its last asker.
                Assert.Subset(leased.ToHashSet(), present.Where(job => asked.GetValueOrDefault(job)?.Count is not > 0).ToHashSet());
                foreach (var known in queue.Silos)
                {
                    foreach (var device in known.Devices)
                    {
                        var used = queue.Leases.Where(lease => lease.Silo.Equals(known.Silo) && lease.Device == device.Name)
                            .Sum(lease => Math.Min(lease.Request.Slots, device.Slots));
                        Assert.InRange(used, 0, device.Slots);
                        Assert.False(used == 0 && queue.Waiting.Any(ticket =>
                            ticket.Accelerator == device.Accelerator && ticket is { Paused: false, NotBefore: null }));
                    }
                }
            }
        }
    }

    /// <summary>Whenever a slot is given, no experiment of the same priority that waits for one holds fewer.</summary>
    [Fact]
    public void No_waiting_experiment_holds_fewer_slots_than_the_one_that_is_given_one()
    {
        var events = (from slots in Gen.Choose(1, 6)
                      from happened in (from experiment in Gen.Choose(0, 3) from some in Gen.Choose(0, 9) select (experiment, some)).ArrayOf()
                      select (slots, happened)).ToArbitrary();
        Prop.ForAll(events, run => Holds(run.slots, run.happened)).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

        static void Holds(int slots, (int Experiment, int Some)[] happened)
        {
            var queue = new JobQueue(Silence);
            queue.Announce(Silo(1, cpu: slots), Start);
            var held = new List<JobLease>();
            for (var at = 0; at < happened.Length; at++)
            {
                var (experiment, some) = happened[at];
                if (some < 7)
                {
                    queue.Enqueue(Ticket($"cpu-{at}", 0, experiment: $"experiment{experiment}"));
                }
                else if (held.Count > 0)
                {
                    var ended = held[some % held.Count];
                    held.Remove(ended);
                    queue.Finish(ended.Request.Job, ended.Epoch, again: false);
                }
                var waiting = queue.Waiting.Select(ticket => ticket.Request).ToList();
                foreach (var lease in queue.Grant(Start))
                {
                    foreach (var other in waiting)
                    {
                        Assert.True(Held(lease.Request.Parent.Experiment) <= Held(other.Parent.Experiment));
                    }
                    held.Add(lease);
                    waiting.Remove(lease.Request);
                }
            }

            int Held(string experiment) => held.Count(lease => lease.Request.Parent.Experiment == experiment);
        }
    }

    private static JobTicket Ticket(string job, int priority, int slots = 1, string experiment = "fold") => new()
    {
        Accelerator = job.Split('-')[0],
        Request = new JobRequest
        {
            Job = job,
            Document = "",
            What = job,
            Slots = slots,
            Priority = priority,
            Parent = new Parent { Kind = ParentKind.Fold, Key = $"{experiment}/member/curated/0" },
            Attempt = "1",
        },
    };

    private static SiloAnnouncement Silo(int port, int cpu = 0, int cuda = 0, int generation = 1) => new()
    {
        Silo = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, port), generation),
        Host = "host",
        Devices =
        [
            .. cpu > 0 ? [new DeviceRecord { Accelerator = "cpu", Name = "cpu", Slots = cpu }] : Array.Empty<DeviceRecord>(),
            .. Enumerable.Range(0, cuda).Select(number => new DeviceRecord { Accelerator = "cuda", Name = $"cuda:{number}", Slots = 1 }),
        ],
    };

    /// <summary>What a queue has stored, as JSON.</summary>
    private sealed class Disk
    {
        private readonly Dictionary<int, string> _pages = [];
        private string _head = JsonSerializer.Serialize(new SchedulerHead());

        public int Pages => _pages.Count;

        /// <summary>Writes what has changed; the number of pages that did.</summary>
        public int Write(JobQueue queue)
        {
            var (head, pages) = queue.TakeChanges();
            Write(pages);
            Write(head);
            return pages.Count;
        }

        public void Write(SchedulerHead head) => _head = JsonSerializer.Serialize(head);

        public void Write(IReadOnlyList<(int Number, SchedulerPage? Page)> pages)
        {
            foreach (var (number, page) in pages)
            {
                if (page is null)
                {
                    _pages.Remove(number);
                    continue;
                }
                Assert.InRange(page.Jobs.Length, 1, JobQueue.PageSize);
                _pages[number] = JsonSerializer.Serialize(page);
            }
        }

        public JobQueue Read(DateTimeOffset now) => new(
            JsonSerializer.Deserialize<SchedulerHead>(_head)!,
            _pages.ToDictionary(page => page.Key, page => JsonSerializer.Deserialize<SchedulerPage>(page.Value)!), Silence, now);

        public JobQueue Restart(JobQueue queue, DateTimeOffset now)
        {
            Write(queue);
            return Read(now);
        }
    }
}
