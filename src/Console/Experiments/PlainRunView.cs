using System.Diagnostics;
using System.Globalization;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Commands.Experiments;

/// <summary>Progress in lines: every round and member that ends, and every ten seconds what runs.</summary>
internal sealed class PlainRunView(Terminal terminal) : RunView
{
    private static readonly TimeSpan SayEvery = TimeSpan.FromSeconds(10);

    private readonly HashSet<string> _said = new(StringComparer.Ordinal);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _next = TimeSpan.Zero;

    public override void Show(ExperimentProgress progress)
    {
        foreach (var round in progress.Rounds.Where(round => round.Step is "done" or "diverged"))
        {
            SayOnce(Ended(round));
        }
        foreach (var rest in progress.Relabelled.Where(rest => rest.Step == "done"))
        {
            SayOnce(Ended(rest));
        }
        foreach (var member in progress.Members.Where(member => member.Done))
        {
            SayOnce(Ended(member));
        }
        if (_clock.Elapsed < _next || progress.Status != ExperimentStatus.Running)
        {
            return;
        }
        _next = _clock.Elapsed + SayEvery;
        terminal.Say($"[{Figures.Duration(_clock.Elapsed)}] {Headline(progress)}");
        foreach (var job in progress.Running)
        {
            var loss = job.Loss is { } mean ? string.Create(CultureInfo.InvariantCulture, $" loss {mean:0.000}") : "";
            var lwlrap = job.Lwlrap is { } measure ? $" lwlrap {Figures.Lwlrap(measure)}" : "";
            terminal.Say($"  {job.What}: {At(job)}{loss}{lwlrap}");
        }
    }

    protected override void Note(string line) => terminal.Say(line);

    private void SayOnce(string line)
    {
        if (_said.Add(line))
        {
            terminal.Say(line);
        }
    }
}
