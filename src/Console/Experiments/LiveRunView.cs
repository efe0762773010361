using System.Globalization;
using OrleansTagging.Abstractions;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace OrleansTagging.Commands.Experiments;

/// <summary>Progress drawn in place: the jobs that run, and above them the rounds and members that ended.</summary>
internal sealed class LiveRunView : RunView
{
    private readonly Task _drawing;
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile LiveDisplayContext? _display;
    private string? _note;

    public LiveRunView(Terminal terminal)
    {
        _drawing = terminal.Messages.Live(new Text("")).AutoClear(true).StartAsync(async display =>
        {
            _display = display;
            await _end.Task;
        });
    }

    public override void Show(ExperimentProgress progress) => _display?.UpdateTarget(Draw(progress));

    protected override void Note(string line) => _note = line;

    public override async ValueTask DisposeAsync()
    {
        _end.TrySetResult();
        await _drawing;
    }

    private Rows Draw(ExperimentProgress progress)
    {
        List<IRenderable> lines =
        [
            .. progress.Rounds.Where(round => round.Step == "done").Select(round => Line(Ended(round), Color.Green)),
            .. progress.Rounds.Where(round => round.Step == "diverged").Select(round => Line(Ended(round), Color.Yellow)),
            .. progress.Relabelled.Where(rest => rest.Step == "done").Select(rest => Line(Ended(rest), Color.Green)),
            .. progress.Members.Where(member => member.Done).Select(member => Line(Ended(member), Color.Green)),
            .. progress.Rounds.Where(round => round.Step is not ("done" or "diverged")).Select(round => Line(Begun(round), Color.Yellow)),
            .. progress.Relabelled.Where(rest => rest.Step != "done").Select(rest => Line(Begun(rest), Color.Yellow)),
            new Text(Headline(progress)),
        ];
        if (_note is { } note)
        {
            lines.Add(Line(note, Color.Yellow));
        }
        if (progress.Running.Length > 0)
        {
            lines.Add(Jobs(progress.Running));
        }
        return new Rows(lines);
    }

    private static string Begun(RoundRecord round) =>
        $"{round.Curriculum} round {Figures.Count(round.Round)}: {round.Step}, "
        + $"{Figures.Count(round.FoldsDone)} of {Figures.Count(round.Folds)} folds done";

    private static string Begun(RelabelRecord rest) =>
        $"{rest.Curriculum} rest: {rest.Step}, {Figures.Count(rest.FoldsDone)} of {Figures.Count(rest.Folds)} folds done";

    private static Text Line(string line, Color color) => new(line, new Style(color));

    private static Table Jobs(RunningJob[] jobs)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("job");
        foreach (var figure in (ReadOnlySpan<string>)["at", "loss", "lwlrap", "time"])
        {
            table.AddColumn(new TableColumn(figure) { Alignment = Justify.Right, NoWrap = true });
        }
        foreach (var job in jobs)
        {
            table.AddRow(
                new Text(job.What),
                new Text(At(job)),
                new Text(job.Loss?.ToString("0.000", CultureInfo.InvariantCulture) ?? "-"),
                new Text(Figures.Lwlrap(job.Lwlrap)),
                new Text(job.Seconds is { } seconds ? Figures.Duration(TimeSpan.FromSeconds(seconds)) : "-"));
        }
        return table;
    }
}
