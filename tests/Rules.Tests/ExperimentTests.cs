using FsCheck;
using FsCheck.Fluent;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Rules.Tests;

public sealed class ExperimentTests(ITestOutputHelper output)
{
    private const int Count = 3000;

    private enum Kind
    {
        Submit, Pause, Cancel, Resume, Wake, Remind, Turn, ComeLate, Die, EndJob, Fail,
    }

    private readonly record struct Operation(Kind Kind, int Some)
    {
        public override string ToString() => $"{Kind} {Some}";
    }

    [Fact]
    public void Paused_begins_no_job_cancelled_is_final_the_same_file_changes_nothing_and_what_runs_ends() => Sequences.Hold(
        from kind in Gen.Frequency(
            (10, Gen.Constant(Kind.Turn)), (3, Gen.Constant(Kind.EndJob)), (11, Gen.Elements(Enum.GetValues<Kind>())))
        from some in Gen.Choose(0, 14)
        select new Operation(kind, some), Count, Holds, output);

    [Fact]
    public void Submitted_again_after_its_reminder_could_not_be_set_it_has_one()
    {
        var world = new ExperimentWorld();
        world.Fail(ExperimentWorld.Fails.Reminder);
        world.Submit(0);
        world.Turn();
        Assert.Equal((ExperimentStatus.Running, false), (world.State.Status, world.HasReminder));
        var attempt = world.State.Context!.Attempt;

        world.Submit(0);
        world.Turn();
        Assert.Equal((ExperimentStatus.Running, attempt, true), (world.State.Status, world.State.Context!.Attempt, world.HasReminder));
    }

    [Fact]
    public void Resumed_after_its_reminder_could_not_be_set_it_has_one()
    {
        var world = new ExperimentWorld();
        world.Fail(ExperimentWorld.Fails.Reminder);
        Holds(world, [new(Kind.Submit, 0), new(Kind.Turn, 0), new(Kind.Pause, 0), new(Kind.Turn, 0)]);
        Assert.Equal((ExperimentStatus.Paused, false), (world.State.Status, world.HasReminder));

        Holds(world, [new(Kind.Submit, 0), new(Kind.Turn, 0), new(Kind.Die, 0)]);
        Assert.Equal((ExperimentStatus.Running, true), (world.State.Status, world.HasReminder));
        world.ComeToAnEnd();
    }

    [Fact]
    public void Another_file_submitted_before_the_cancelled_ones_parts_were_told_leaves_none_of_its_jobs()
    {
        var world = new ExperimentWorld();
        Holds(world, [new(Kind.Submit, 0), new(Kind.Turn, 0), new(Kind.Turn, 0), new(Kind.Cancel, 0)]);
        world.Fail(ExperimentWorld.Fails.DiesAfterWrite);
        world.Turn();
        Assert.True(world.State is { Status: ExperimentStatus.Cancelled, StopsParts: true });

        world.Submit(1);
        world.Turn();
        Assert.Equal(ExperimentStatus.Running, world.State.Status);
        world.ComeToAnEnd();
    }

    /// <summary>Found by a random sequence: what was kept in memory and not stored let the reminder go.</summary>
    [Fact]
    public void Parts_that_could_not_be_told_of_the_end_are_told_after_a_restart() => Holds(
    [
        new(Kind.Submit, 0), new(Kind.Turn, 0), new(Kind.Turn, 0), new(Kind.Cancel, 0), new(Kind.Fail, 2), new(Kind.Turn, 0),
        new(Kind.Remind, 0), new(Kind.Turn, 0), new(Kind.Die, 0),
    ]);

    /// <summary>Found by a random sequence: a wake-up that waited before the pause's turn told the scheduler that it runs.</summary>
    [Fact]
    public void A_wake_up_that_waits_before_the_turn_of_a_pause_begins_no_job() => Holds(
    [
        new(Kind.Submit, 0), new(Kind.Turn, 0), new(Kind.Pause, 0), new(Kind.Turn, 0), new(Kind.Turn, 0),
    ]);

    private static void Holds(Operation[] happened)
    {
        var world = new ExperimentWorld();
        Holds(world, happened);
        world.ComeToAnEnd();
    }

    private static void Holds(ExperimentWorld world, Operation[] happened)
    {
        foreach (var (kind, some) in happened)
        {
            switch (kind)
            {
                case Kind.Submit:
                    world.Submit(some % ExperimentWorld.Files);
                    break;
                case Kind.Pause:
                    world.Pause();
                    break;
                case Kind.Cancel:
                    world.Cancel();
                    break;
                case Kind.Resume:
                    world.Resume();
                    break;
                case Kind.Wake:
                    world.Wake();
                    break;
                case Kind.Remind:
                    world.Remind();
                    break;
                case Kind.Turn:
                    world.Turn();
                    break;
                case Kind.ComeLate:
                    world.ComeLate();
                    break;
                case Kind.Die:
                    world.Die();
                    break;
                case Kind.EndJob:
                    world.EndJob();
                    break;
                case Kind.Fail:
                    world.Fail((ExperimentWorld.Fails)(1 << (some % 5)));
                    break;
            }
        }
    }
}
