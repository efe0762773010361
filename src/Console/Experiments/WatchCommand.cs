using System.CommandLine;
using OrleansTagging.Abstractions;
using OrleansTagging.Commands.Options;

namespace OrleansTagging.Commands.Experiments;

/// <summary><c>watch</c>: an experiment live, from any terminal.</summary>
internal sealed class WatchCommand : TaggingCommand
{
    private readonly Terminal _terminal;
    private readonly ExperimentArgument _name = new();
    private readonly StoreOption _store = new();
    private readonly ConnectOption _connect = new();
    private readonly JsonOption _json = new();
    private readonly QuietOption _quiet = new();

    public WatchCommand(Terminal terminal) : base(
        "watch",
        "Follows an experiment to its end: rounds, running jobs, loss and lwlrap, queue and devices, time left; in lines where the output "
        + "is piped, with --json a line for each change. It survives a restart of the silo. Ctrl-C leaves it; the experiment runs on.",
        "tagging watch demo")
    {
        _terminal = terminal;
        Arguments.Add(_name);
        Options.Add(_store);
        Options.Add(_connect);
        Options.Add(_json);
        Options.Add(_quiet);
    }

    protected override async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var name = line.GetRequiredValue(_name);
        var observer = new ExperimentObserver(line, StoreOption.OpenExisting(line), name);
        ExperimentProgress? last = null;
        try
        {
            await using var view = View(line);
            await foreach (var observation in observer.Observe(cancellationToken))
            {
                view.Show(observation);
                last = (observation as Seen)?.Progress ?? last;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _terminal.Say($"Left; {name} is not touched by that. To follow it again: tagging watch {name}");
            return ExitCode.Interrupted;
        }
        if (!line.GetValue(_json) && !line.GetValue(_quiet))
        {
            ExperimentTables.Write(_terminal, last!);
            _terminal.Out.WriteLine($"{name}: {ExperimentTables.Status(last!)}");
        }
        return last!.Status == ExperimentStatus.Done ? ExitCode.Success : ExitCode.Fault;
    }

    private WatchView View(ParseResult line) =>
        line.GetValue(_json) ? new JsonWatchView(_terminal)
        : line.GetValue(_quiet) ? new QuietWatchView()
        : _terminal.IsOutLive ? new LiveWatchView(_terminal)
        : new PlainWatchView(_terminal);
}
