using System.Diagnostics;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Commands.Experiments;

/// <summary>How a running experiment is shown while one waits.</summary>
internal abstract class RunView : IAsyncDisposable
{
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(3);

    private readonly TimeLeft _timeLeft = new();
    private readonly Stopwatch _calm = new();
    private string? _wait;

    /// <summary>A table drawn in place on a terminal, lines elsewhere.</summary>
    public static RunView For(Terminal terminal) => terminal.IsLive ? new LiveRunView(terminal) : new PlainRunView(terminal);

    /// <summary>Shows how far the experiment is.</summary>
    public abstract void Show(ExperimentProgress progress);

    /// <summary>Tells what keeps the run waiting, and with <c>null</c> that it goes on; the same again is told once.</summary>
    public void ShowWait(string? wait)
    {
        if (wait is not null)
        {
            _calm.Restart();
        }
        // On a disk that is all but full small writes succeed between large ones that fail.
        if (wait == _wait || (wait is null && _calm.Elapsed < Calm))
        {
            return;
        }
        Note(wait is null ? "The run goes on." : $"{wait.TrimEnd('.')}. The run waits for that and goes on by itself.");
        _wait = wait;
    }

    /// <summary>Tells a line.</summary>
    protected abstract void Note(string line);

    /// <summary>Ends the view.</summary>
    public virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>The jobs and the time left, in one line.</summary>
    protected string Headline(ExperimentProgress progress)
    {
        var left = _timeLeft.After(progress);
        return $"{progress.Name}: {Figures.Count(progress.JobsDone)} of {Figures.Count(progress.JobsTotal)} jobs done, "
            + $"{Figures.Count(progress.JobsRunning)} running"
            + (left is { } time ? $", about {Figures.Duration(time)} left" : "")
            + (progress.JobsRunning == 0 && progress.WaitsFor is { } waits ? $"; waits for {waits}" : "");
    }

    /// <summary>A round that has ended, in one line.</summary>
    public static string Ended(RoundRecord round) => round.Diverged is not null ? ExperimentTables.Diverged(round) :
        $"{round.Curriculum} round {Figures.Count(round.Round)}: promoted {Figures.Count(round.Promoted)}"
        + (round.TrulyRight is { } right ? $", {Figures.Share(right)} truly right (noisy set {Figures.Share(round.BaseRate)})" : "")
        + $"; scorer's lwlrap {Figures.Lwlrap(round.CrossValidatedLwlrap)} cross-validated"
        + (round.TestLwlrap is { } test ? $", {Figures.Lwlrap(test)} test" : "");

    /// <summary>What became of the rest, in one line.</summary>
    public static string Ended(RelabelRecord rest) =>
        $"{rest.Curriculum} rest: {Figures.Count(rest.Relabelled)} clips with new labels, {Figures.Count(rest.Dropped)} left out"
        + (rest.TrulyRight is { } right ? $"; {Figures.Share(right)} truly right, before {Figures.Share(rest.GivenTrulyRight)}" : "");

    /// <summary>A member that has ended, in one line.</summary>
    public static string Ended(MemberRecord member) =>
        $"member {member.Member}: lwlrap {Figures.Lwlrap(member.CrossValidatedLwlrap)} cross-validated"
        + (member.TestLwlrap is { } test ? $", {Figures.Lwlrap(test)} test" : "");

    /// <summary>What a running job is at: its epoch or its steps, loss and lwlrap.</summary>
    public static string At(RunningJob job) => job.Epochs > 0
        ? $"epoch {Figures.Count(job.Epoch)}/{Figures.Count(job.Epochs)}"
        : job.Steps > 0 ? $"{Figures.Count(job.Step)}/{Figures.Count(job.Steps)}" : "starting";
}
