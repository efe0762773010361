using System.Diagnostics;
using System.Globalization;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Commands.Experiments;

/// <summary>Lines on standard output: every round and member that ends, every change of status, and every ten seconds what runs.</summary>
internal sealed class PlainWatchView(Terminal terminal) : WatchView
{
    private static readonly TimeSpan SayEvery = TimeSpan.FromSeconds(10);

    private readonly HashSet<string> _said = new(StringComparer.Ordinal);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly TimeLeft _timeLeft = new();
    private TimeSpan _next = TimeSpan.Zero;
    private string? _status;

    public override void Show(Observation observation)
    {
        switch (observation)
        {
            case Lost lost:
                terminal.Out.WriteLine($"Waiting: {lost.Why}");
                break;
            case Found:
                terminal.Out.WriteLine("A silo answers; it goes on.");
                break;
            case Seen seen:
                Show(seen);
                break;
        }
    }

    private void Show(Seen seen)
    {
        var progress = seen.Progress;
        string[] ended =
        [
            .. progress.Rounds.Where(round => round.Step is "done" or "diverged").Select(RunView.Ended),
            .. progress.Relabelled.Where(rest => rest.Step == "done").Select(RunView.Ended),
            .. progress.Members.Where(member => member.Done).Select(RunView.Ended),
        ];
        foreach (var line in ended.Where(_said.Add))
        {
            terminal.Out.WriteLine(line);
        }
        var status = ExperimentTables.Status(progress);
        var left = _timeLeft.After(progress);
        if (_clock.Elapsed < _next && progress.Status.ToString() == _status)
        {
            return;
        }
        _status = progress.Status.ToString();
        _next = _clock.Elapsed + SayEvery;
        terminal.Out.WriteLine($"[{Figures.Duration(_clock.Elapsed)}] {Headline(progress, seen.Scheduler, left)}"
            + (progress.Status == ExperimentStatus.Running && progress.JobsRunning > 0 ? "" : $"; {status}"));
        foreach (var job in progress.Running)
        {
            var loss = job.Loss is { } mean ? string.Create(CultureInfo.InvariantCulture, $" loss {mean:0.000}") : "";
            var lwlrap = job.Lwlrap is { } measure ? $" lwlrap {Figures.Lwlrap(measure)}" : "";
            terminal.Out.WriteLine($"  {job.What}: {RunView.At(job)}{loss}{lwlrap}");
        }
    }

    private static string Headline(ExperimentProgress progress, SchedulerRecord scheduler, TimeSpan? left) =>
        $"{progress.Name}: {Figures.Count(progress.JobsDone)} of {Figures.Count(progress.JobsTotal)} jobs done, "
        + $"{Figures.Count(progress.JobsRunning)} running, {Figures.Count(scheduler.Queue.Length)} in the queue"
        + (left is { } time && progress.Status == ExperimentStatus.Running ? $", about {Figures.Duration(time)} left" : "");
}
