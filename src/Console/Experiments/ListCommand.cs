using System.CommandLine;
using System.Globalization;
using OrleansTagging.Abstractions;
using OrleansTagging.Commands.Options;
using OrleansTagging.Grains.Reading;

namespace OrleansTagging.Commands.Experiments;

/// <summary><c>list</c>: the experiments of a store and where they stand.</summary>
internal sealed class ListCommand : TaggingCommand
{
    private readonly Terminal _terminal;
    private readonly StoreOption _store = new();
    private readonly ConnectOption _connect = new();
    private readonly JsonOption _json = new();
    private readonly QuietOption _quiet = new();

    public ListCommand(Terminal terminal) : base(
        "list",
        "Lists all experiments with their status, jobs, priority and age; with --quiet, their names alone.",
        "tagging list")
    {
        _terminal = terminal;
        Options.Add(_store);
        Options.Add(_connect);
        Options.Add(_json);
        Options.Add(_quiet);
    }

    protected override async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var store = StoreOption.OpenExisting(line);
        var names = await StoredExperiment.NamesAsync(store, cancellationToken);
        if (line.GetValue(_quiet) && !line.GetValue(_json))
        {
            Array.ForEach(names, _terminal.Out.WriteLine);
            return ExitCode.Success;
        }
        ExperimentProgress[] experiments = [];
        if (names.Length > 0)
        {
            await using var host = await GrainConnection.OpenAsync(line, store, cancellationToken);
            experiments = await Task.WhenAll(names.Select(name => host.Grains.GetGrain<IExperimentGrain>(name).GetProgress()))
                .WaitAsync(cancellationToken);
        }
        // A file that was refused leaves a grain, but no experiment.
        experiments = [.. experiments.Where(experiment => experiment.Status != ExperimentStatus.None)];
        if (line.GetValue(_json))
        {
            _terminal.WriteJson(experiments.Select(experiment => new
            {
                experiment.Name,
                experiment.Status,
                experiment.Priority,
                experiment.Submitted,
                experiment.JobsDone,
                experiment.JobsTotal,
                experiment.JobsRunning,
                experiment.JobsQueued,
                experiment.WaitsFor,
                experiment.Problem,
            }));
        }
        else if (experiments.Length == 0)
        {
            _terminal.Say($"{StoreOption.Location(line)} has no experiments; begin one with: tagging submit FILE.yaml");
        }
        else
        {
            _terminal.WriteTable(Table(experiments));
        }
        return ExitCode.Success;
    }

    private static DataTable Table(ExperimentProgress[] experiments)
    {
        var table = new DataTable(
            "Experiments", "experiment", "status", DataColumn.Figure("jobs"), DataColumn.Figure("done"), DataColumn.Figure("running"),
            DataColumn.Figure("queued"), DataColumn.Figure("priority"), DataColumn.Figure("age"));
        foreach (var experiment in experiments)
        {
            table.Add(
                experiment.Name,
                experiment.Status.ToString().ToLowerInvariant(),
                $"{Figures.Count(experiment.JobsDone)}/{Figures.Count(experiment.JobsTotal)}",
                Figures.Share(experiment.JobsTotal > 0 ? (double)experiment.JobsDone / experiment.JobsTotal : null),
                Figures.Count(experiment.JobsRunning),
                Figures.Count(experiment.JobsQueued),
                Figures.Count(experiment.Priority),
                experiment.Submitted is { } since ? Age(DateTimeOffset.UtcNow - since) : Figures.Absent);
        }
        return table;
    }

    private static string Age(TimeSpan age) => age.TotalDays >= 2
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)age.TotalDays} days")
        : Figures.Duration(age > TimeSpan.Zero ? age : TimeSpan.Zero);
}
