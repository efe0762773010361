using FsCheck;
using FsCheck.Fluent;
using OrleansTagging.Abstractions;
using OrleansTagging.Grains;

namespace OrleansTagging.Rules.Tests;

/// <summary>Leases between a scheduler and holders that lose touch with it.</summary>
public sealed class LeaseTests(ITestOutputHelper output)
{
    private const int Count = 3000;

    private enum Kind
    {
        Enqueue, Release, Cancel, Pause, Resume, Pass, SetClock, Kill, Start, Leave, Deliver, DeliverTwice, Lose, Misdirect, Done, Crash,
        DoneAndDie, Restart, FailWrite, TakeOver, FormerTicks, FormerIsAsked,
    }

    private readonly record struct Operation(Kind Kind, int One, int Other)
    {
        public override string ToString() => $"{Kind} {One} {Other}";
    }

    [Fact]
    public void No_slot_is_leased_twice_no_late_writer_counts_and_no_job_is_lost() => Sequences.Hold(
        from kind in Gen.Frequency(
            (4, Gen.Constant(Kind.Enqueue)), (5, Gen.Constant(Kind.Pass)), (5, Gen.Constant(Kind.Deliver)), (2, Gen.Constant(Kind.Done)),
            (12, Gen.Elements(Enum.GetValues<Kind>())))
        from one in Gen.Choose(0, 7)
        from other in Gen.Choose(0, 2)
        select new Operation(kind, one, other), Count, Holds, output);

    /// <summary>Found by a random sequence when leases were timed by the wall clock.</summary>
    [Fact]
    public void A_wall_clock_that_is_set_back_makes_no_late_result_count() => Holds(
    [
        new(Kind.Enqueue, 6, 2), new(Kind.Pass, 5, 0), new(Kind.Deliver, 6, 0), new(Kind.Pass, 3, 2), new(Kind.SetClock, 7, 0),
        new(Kind.Done, 4, 1),
    ]);

    /// <summary>Found by a random sequence when a stored time was taken as it was.</summary>
    [Fact]
    public void A_wall_clock_that_is_set_back_before_a_restart_keeps_no_job_from_its_next_attempt() => Holds(
    [
        new(Kind.Enqueue, 0, 2), new(Kind.Pass, 6, 2), new(Kind.Deliver, 1, 1), new(Kind.Crash, 3, 2), new(Kind.SetClock, 5, 2),
        new(Kind.TakeOver, 1, 2),
    ]);

    /// <summary>
    /// The found fault "a start for a silo that is gone goes round for ever": it is sent on once, and then the scheduler's next word is awaited.
    /// </summary>
    [Theory]
    [InlineData(false, "HandOver")]
    [InlineData(true, "Ignore")]
    public void A_start_for_a_silo_that_is_gone_is_sent_on_once(bool sentOn, string expected)
    {
        var lease = new JobLease { Request = Jobs.Ticket(0, 0).Request, Silo = Jobs.Silo(1).Silo, Device = "cpu", Epoch = 7 };
        Assert.Equal(expected, LeaseRules.OnStart(lease, Jobs.Silo(0).Silo, held: null, sentOn).ToString());
    }

    private static void Holds(Operation[] happened)
    {
        var world = new LeaseWorld();
        foreach (var operation in happened)
        {
            Do(world, operation);
            world.Check();
        }
        world.ComeToAnEnd();
    }

    private static void Do(LeaseWorld world, Operation operation)
    {
        var (kind, one, other) = operation;
        var host = one % LeaseWorld.Hosts;
        switch (kind)
        {
            case Kind.Enqueue:
                world.Enqueue(one, other);
                break;
            case Kind.Release:
                world.Release(one, other);
                break;
            case Kind.Cancel:
                world.Cancel(other);
                break;
            case Kind.Pause or Kind.Resume:
                world.Set(other, one % 3, paused: kind == Kind.Pause);
                break;
            case Kind.Pass:
                world.Pass(TimeSpan.FromSeconds(1 + (other * 9)), number => (one >> number) % 2 == 0);
                break;
            case Kind.SetClock:
                world.SetClock((one % 2 == 0 ? 1 : -1) * (other == 0 ? TimeSpan.FromSeconds(20) : TimeSpan.FromHours(one)));
                break;
            case Kind.Kill:
                world.Kill(host);
                break;
            case Kind.Start:
                world.Start(host);
                break;
            case Kind.Leave:
                world.Leave(host);
                break;
            case Kind.Deliver or Kind.DeliverTwice:
                world.Deliver(one, again: kind == Kind.DeliverTwice);
                break;
            case Kind.Lose:
                world.Lose(one);
                break;
            case Kind.Misdirect:
                world.Misdirect(one, other);
                break;
            case Kind.Done or Kind.Crash or Kind.DoneAndDie:
                world.End(host, crashed: kind == Kind.Crash, dies: kind == Kind.DoneAndDie);
                break;
            case Kind.Restart:
                world.Restart();
                break;
            case Kind.FailWrite:
                world.FailWrite(one % 4, done: other == 0);
                break;
            case Kind.TakeOver:
                world.TakeOver();
                break;
            case Kind.FormerTicks:
                world.AskFormer((queue, now) => queue.Expire(now));
                break;
            case Kind.FormerIsAsked:
                world.AskFormer((queue, now) => queue.Announce(Jobs.Silo(host), now));
                break;
        }
    }
}
