using Orleans;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Grains;

/// <summary>
/// What the parts of an experiment have in common: each is driven when it is asked for and when a part of its own has ended, keeps the faults
/// that nobody foresaw (<see cref="DriveFaults"/>), and wakes whoever waits for it once it has something new to tell.
/// </summary>
public abstract class ExperimentPart(DriveFaults faults) : Grain
{
    /// <summary>Why it cannot go on, in one line; <c>null</c> where it may.</summary>
    protected string? Problem => StoredProblem ?? faults.ProblemOf(GrainContext.GrainId);

    /// <summary>What it waits for after a fault; <c>null</c> where its last drive had none.</summary>
    protected string? WaitsAfterFault => faults.WaitOf(GrainContext.GrainId);

    /// <summary>The experiment that it is a part of; <c>null</c> where nobody asked for it.</summary>
    protected abstract ExperimentContext? Context { get; }

    /// <summary>What its problems name: <c>curriculum main</c>.</summary>
    protected abstract string PartName { get; }

    /// <summary>Who is woken when it has something new to tell.</summary>
    protected abstract Parent Waiting { get; }

    /// <summary>The problem that is kept with its state.</summary>
    protected abstract string? StoredProblem { get; }

    /// <summary>Whether there is nothing left to do.</summary>
    protected abstract bool HasEnded { get; }

    /// <summary>What it has reached so far, counted: more of it is news.</summary>
    protected abstract int Reached { get; }

    /// <summary>Goes on as far as it can without waiting for a job.</summary>
    protected abstract Task Drive();

    /// <summary>A part of its own has ended: look again.</summary>
    public async Task Wake()
    {
        if (Context is not { } context || HasEnded || StoredProblem is not null)
        {
            return;
        }
        var before = Reached;
        await Guarded(context, PartName, Drive);
        if (Problem is not null || Reached > before)
        {
            await GrainFactory.Wake(Waiting);
        }
    }

    /// <summary>Runs a drive; a fault in it is kept instead of thrown.</summary>
    /// <exception cref="OrleansException">
    /// The part could not store that this attempt asked for it: it has nothing to tell of the attempt, and is to be asked again.
    /// </exception>
    /// <exception cref="InvalidOperationException">The same, for a reason that does not pass.</exception>
    protected async Task Guarded(ExperimentContext context, string part, Func<Task> drive)
    {
        await faults.Guard(this, context.Attempt, part, drive, Wake);
        if (Context?.Attempt != context.Attempt)
        {
            throw faults.ProblemOf(GrainContext.GrainId) is { } problem
                ? new InvalidOperationException(problem)
                : new OrleansException($"{part} is to be asked again: {WaitsAfterFault}");
        }
    }
}
