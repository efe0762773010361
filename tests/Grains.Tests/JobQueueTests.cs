using System.Net;
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
        var queue = new JobQueue(new SchedulerState(), Silence, Start);
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
        var queue = new JobQueue(new SchedulerState(), Silence, Start);

        Assert.True(queue.Enqueue(Ticket("cpu-a", 0)));
        Assert.False(queue.Enqueue(Ticket("cpu-a", 0)));
        Assert.True(queue.Enqueue(Ticket("cpu-a", 3)));
        Assert.Equal(3, Assert.Single(queue.Waiting).Request.Priority);
    }

    [Fact]
    public void A_cuda_job_waits_for_a_silo_with_cuda_and_holds_no_cpu_job_back()
    {
        var queue = new JobQueue(new SchedulerState(), Silence, Start);
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
        var queue = new JobQueue(new SchedulerState(), Silence, Start);
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
        var queue = new JobQueue(new SchedulerState(), Silence, Start);
        queue.Announce(Silo(1, cpu: 2), Start);
        queue.Enqueue(Ticket("cpu-wide", 0, slots: 64));
        queue.Enqueue(Ticket("cpu-b", 0));

        Assert.Equal("cpu-wide", Assert.Single(queue.Grant(Start)).Request.Job);
    }

    [Fact]
    public void A_silent_holder_loses_its_lease_and_its_epoch_fences_it()
    {
        var queue = new JobQueue(new SchedulerState(), Silence, Start);
        queue.Announce(Silo(1, cpu: 1), Start);
        queue.Enqueue(Ticket("cpu-a", 0));
        var old = Assert.Single(queue.Grant(Start));

        var later = Start + Silence + TimeSpan.FromSeconds(1);
        queue.Announce(Silo(1, cpu: 1), later);
        Assert.True(queue.Expire(later));
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
        var state = new SchedulerState();
        var queue = new JobQueue(state, Silence, Start);
        queue.Announce(Silo(1, cpu: 1, generation: 1), Start);
        queue.Enqueue(Ticket("cpu-a", 0));
        var old = Assert.Single(queue.Grant(Start));

        var restarted = new JobQueue(state, Silence, Start);
        Assert.True(restarted.Announce(Silo(1, cpu: 1, generation: 2), Start));

        Assert.False(restarted.Renew("cpu-a", old.Epoch, Start));
        Assert.Equal(2, Assert.Single(restarted.Grant(Start)).Silo.Generation);
    }

    [Fact]
    public void A_silo_that_is_alone_ends_the_leases_of_all_others()
    {
        var state = new SchedulerState();
        var queue = new JobQueue(state, Silence, Start);
        queue.Announce(Silo(1, cpu: 1), Start);
        queue.Enqueue(Ticket("cpu-a", 0));
        Assert.Single(queue.Grant(Start));

        var restarted = new JobQueue(state, Silence, Start);
        Assert.True(restarted.Announce(Silo(2, cpu: 1) with { Alone = true }, Start));

        Assert.Equal(2, Assert.Single(restarted.Grant(Start)).Silo.Endpoint.Port);
    }

    [Fact]
    public void An_ended_lease_goes_before_the_jobs_that_came_after_it()
    {
        var queue = new JobQueue(new SchedulerState(), Silence, Start);
        queue.Announce(Silo(1, cpu: 1), Start);
        queue.Enqueue(Ticket("cpu-a", 0));
        var lease = Assert.Single(queue.Grant(Start));
        queue.Enqueue(Ticket("cpu-b", 0));
        queue.Finish("cpu-a", lease.Epoch, again: true);

        Assert.Equal("cpu-a", Assert.Single(queue.Grant(Start)).Request.Job);
    }

    /// <summary>Whatever happens in whatever order: no device is overbooked, no epoch is given twice, no job is lost or doubled.</summary>
    [Fact]
    public void No_sequence_of_events_overbooks_a_device_or_loses_a_job()
    {
        var events = (from kind in Gen.Choose(0, 8) from job in Gen.Choose(0, 5) from silo in Gen.Choose(0, 3) select (kind, job, silo))
            .ArrayOf();
        Prop.ForAll(events.ToArbitrary(), happened => Holds(happened)).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

        static void Holds(IEnumerable<(int Kind, int Job, int Silo)> happened)
        {
            var state = new SchedulerState();
            var queue = new JobQueue(state, Silence, Start);
            var time = Start;
            var expected = new HashSet<string>();
            var epochs = new HashSet<long>();
            var granted = new Dictionary<string, long>();
            foreach (var (kind, jobNumber, silo) in happened)
            {
                var job = (jobNumber % 2 == 0 ? "cpu-" : "cuda-") + jobNumber;
                switch (kind)
                {
                    case 0 or 1:
                        queue.Enqueue(Ticket(job, silo, slots: 1 + (jobNumber % 3)));
                        expected.Add(job);
                        break;
                    case 2 or 3:
                        queue.Announce(Silo(1 + silo, cpu: silo, cuda: silo % 2), time);
                        break;
                    case 4:
                        time += TimeSpan.FromSeconds(20);
                        queue.Expire(time);
                        break;
                    case 5:
                        if (granted.TryGetValue(job, out var epoch) && queue.Finish(job, epoch, again: silo == 0) && silo != 0)
                        {
                            expected.Remove(job);
                        }
                        break;
                    case 6:
                        queue.Withdraw(job);
                        expected.Remove(job);
                        break;
                    case 7:
                        queue.Leave(Silo(1 + silo).Silo);
                        break;
                    default:
                        // The scheduler dies and comes back from its state.
                        queue = new JobQueue(state, Silence, time);
                        break;
                }
                foreach (var lease in queue.Grant(time))
                {
                    Assert.True(epochs.Add(lease.Epoch));
                    granted[lease.Request.Job] = lease.Epoch;
                }
                var present = queue.Waiting.Select(ticket => ticket.Request.Job).Concat(queue.Leases.Select(lease => lease.Request.Job))
                    .ToArray();
                Assert.Equal(present.Length, present.Distinct().Count());
                Assert.True(expected.SetEquals(present));
                foreach (var known in queue.Silos)
                {
                    foreach (var device in known.Devices)
                    {
                        var used = queue.Leases.Where(lease => lease.Silo.Equals(known.Silo) && lease.Device == device.Name)
                            .Sum(lease => Math.Min(lease.Request.Slots, device.Slots));
                        Assert.InRange(used, 0, device.Slots);
                    }
                }
            }
        }
    }

    private static JobTicket Ticket(string job, int priority, int slots = 1) => new()
    {
        Accelerator = job.Split('-')[0],
        Request = new JobRequest
        {
            Job = job,
            Document = "",
            What = job,
            Slots = slots,
            Priority = priority,
            Parent = new Parent { Kind = ParentKind.Fold, Key = "fold" },
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
            .. cuda > 0 ? [new DeviceRecord { Accelerator = "cuda", Name = "cuda:0", Slots = cuda }] : Array.Empty<DeviceRecord>(),
        ],
    };
}
