using System.Globalization;
using OrleansTagging.Abstractions;
using OrleansTagging.Recipe;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace OrleansTagging.Commands.Experiments;

/// <summary>
/// An experiment drawn in place on a terminal: rounds as a line of steps, running jobs with bars and small charts of loss and lwlrap,
/// queue and devices.
/// </summary>
internal sealed class LiveWatchView : WatchView
{
    private const int BarWidth = 24;
    private const int ChartWidth = 16;
    private const int LinesOfJob = 3;

    private readonly Terminal _terminal;
    private readonly Task _drawing;
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeLeft _timeLeft = new();
    private readonly JobCurves _curves = new();
    private volatile LiveDisplayContext? _display;
    private Seen? _seen;
    private string? _lost;

    public LiveWatchView(Terminal terminal)
    {
        _terminal = terminal;
        _drawing = terminal.Data.Live(new Text("")).AutoClear(true).StartAsync(async display =>
        {
            _display = display;
            await _end.Task;
        });
    }

    public override void Show(Observation observation)
    {
        _lost = (observation as Lost)?.Why;
        if (observation is Seen seen)
        {
            _seen = seen;
            _curves.Add(seen.Progress.Running);
        }
        if (_display is { } display)
        {
            display.UpdateTarget(Draw(_terminal.Data.Profile.Height));
            display.Refresh();
        }
    }

    public override async ValueTask DisposeAsync()
    {
        _end.TrySetResult();
        await _drawing;
    }

    private Rows Draw(int height)
    {
        var lines = new List<IRenderable>();
        if (_seen is { } seen)
        {
            lines.AddRange(Head(seen.Progress));
            lines.AddRange(Curricula(seen.Progress, seen.File));
            lines.AddRange(Members(seen.Progress));
            var last = Machines(seen.Scheduler);
            var room = Math.Max(1, (height - lines.Count - last.Count - 3) / LinesOfJob);
            foreach (var job in seen.Progress.Running.Take(room))
            {
                lines.AddRange(Job(job));
            }
            if (seen.Progress.Running.Length > room)
            {
                lines.Add(new Text($"and {Figures.Count(seen.Progress.Running.Length - room)} more jobs"));
            }
            lines.AddRange(last);
        }
        if (_lost is { } why)
        {
            lines.Add(new Text($"Waiting: {why}", new Style(Color.Yellow)));
        }
        return new Rows(lines);
    }

    private IEnumerable<IRenderable> Head(ExperimentProgress progress)
    {
        var left = _timeLeft.After(progress);
        var share = progress.JobsTotal > 0 ? (double)progress.JobsDone / progress.JobsTotal : 0;
        var status = progress.JobsRunning > 0 ? "running" : ExperimentTables.Status(progress);
        yield return new Text(
            $"{progress.Name}: {status}, priority {Figures.Count(progress.Priority)}", new Style(decoration: Decoration.Bold));
        yield return new Text(
            $"{Sparkline.Bar(share, BarWidth)} {Figures.Count(progress.JobsDone)} of {Figures.Count(progress.JobsTotal)} jobs"
            + (left is { } time && progress.Status == ExperimentStatus.Running ? $", about {Figures.Duration(time)} left" : ""));
    }

    private static IEnumerable<IRenderable> Curricula(ExperimentProgress progress, ExperimentFile? file)
    {
        var names = file?.Curricula.Keys.ToArray() ?? progress.Rounds.Select(round => round.Curriculum).Distinct().ToArray();
        foreach (var name in names)
        {
            var rounds = Array.FindAll(progress.Rounds, round => round.Curriculum == name);
            var steps = new Paragraph($"{name}  ");
            foreach (var round in rounds)
            {
                Append(steps, Mark(round), $"{Figures.Count(round.Round)}{At(round)}");
            }
            for (var round = rounds.Length + 1; round <= file?.Curricula[name].RoundCount; round++)
            {
                Append(steps, (Color.Grey, "○"), Figures.Count(round));
            }
            if (Array.Find(progress.Relabelled, rest => rest.Curriculum == name) is { } rest)
            {
                Append(
                    steps,
                    rest.Step == "done" ? (Color.Green, "●") : (Color.Yellow, "◐"),
                    rest.Step == "done" ? "rest" : $"rest: {rest.Step} {Figures.Count(rest.FoldsDone)}/{Figures.Count(rest.Folds)}");
            }
            yield return steps;
            double[] measured = [.. rounds.Select(round => round.CrossValidatedLwlrap).OfType<double>()];
            if (measured.Length > 0)
            {
                yield return new Text($"  lwlrap {Sparkline.Of(measured, ChartWidth)} {Figures.Lwlrap(measured[^1])} cross-validated");
            }
        }
    }

    private static (Color Color, string Mark) Mark(RoundRecord round) => round.Step switch
    {
        "done" => (Color.Green, "●"),
        "diverged" => (Color.Red, "✕"),
        _ => (Color.Yellow, "◐"),
    };

    private static string At(RoundRecord round) => round.Step switch
    {
        "done" => $" +{Figures.Count(round.Promoted)}",
        "diverged" => " diverged",
        "train" => $" train {Figures.Count(round.FoldsDone)}/{Figures.Count(round.Folds)}",
        _ => $" {round.Step}",
    };

    private static void Append(Paragraph steps, (Color Color, string Mark) mark, string text)
    {
        steps.Append($"{mark.Mark} ", new Style(mark.Color));
        steps.Append($"{text}  ");
    }

    private static IEnumerable<IRenderable> Members(ExperimentProgress progress)
    {
        if (progress.Members.Length == 0)
        {
            yield break;
        }
        var done = Array.FindAll(progress.Members, member => member.Done);
        var best = done.MaxBy(member => member.CrossValidatedLwlrap ?? 0);
        yield return new Text($"members  {Figures.Count(done.Length)} of {Figures.Count(progress.Members.Length)} done"
            + (best is null ? "" : $", the best {best.Member} with {Figures.Lwlrap(best.CrossValidatedLwlrap)}"));
    }

    private IEnumerable<IRenderable> Job(RunningJob job)
    {
        var share = job.Steps > 0 ? (double)job.Step / job.Steps : 0;
        var time = job.Seconds is { } seconds ? Figures.Duration(TimeSpan.FromSeconds(seconds)) : "";
        yield return new Text(job.What) { Overflow = Overflow.Ellipsis };
        yield return new Text(
            $"  {Sparkline.Bar(share, BarWidth)} {Figures.Count((long)(100 * share)),3} %  {RunView.At(job)}  {time}", new Style(Color.Blue));
        yield return new Text(job.Waits is { } waits ? $"  waits for {waits}"
            : $"  loss {Curve(_curves.Loss(job.Job), job.Loss, "0.000")}  lwlrap {Curve(_curves.Lwlrap(job.Job), job.Lwlrap, "0.0000")}");
    }

    private static string Curve(IReadOnlyList<double> figures, double? last, string format) =>
        $"{Sparkline.Of(figures, ChartWidth),-ChartWidth} {last?.ToString(format, CultureInfo.InvariantCulture) ?? Figures.Absent}";

    private static List<IRenderable> Machines(SchedulerRecord scheduler)
    {
        var devices = DeviceLoad.Of(scheduler);
        var used = devices.Sum(device => device.Used);
        var shown = devices.Length <= 4
            ? string.Join(", ", devices.Select(device =>
                $"{device.Device} of {device.Host} {Figures.Count(device.Used)}/{Figures.Count(device.Slots)}"))
            : $"{Figures.Count(devices.Length)} on {Figures.Count(scheduler.Silos.Length)} silos, "
                + $"{Figures.Count(used)} of {Figures.Count(devices.Sum(device => device.Slots))} slots used";
        return
        [
            new Text($"queue    {Figures.Count(scheduler.Queue.Length)} jobs of all experiments"),
            new Text($"devices  {(devices.Length == 0 ? "none" : shown)}"),
        ];
    }
}
