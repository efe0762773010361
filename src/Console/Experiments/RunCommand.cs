using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Orleans;
using OrleansTagging.Abstractions;
using OrleansTagging.Commands.Features;
using OrleansTagging.Commands.Options;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;

namespace OrleansTagging.Commands.Experiments;

/// <summary><c>run</c>: an experiment from its file to its report, with the grains in this process.</summary>
internal sealed class RunCommand : TaggingCommand
{
    private static readonly TimeSpan OutageEcho = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan SilenceOfCluster = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    private readonly Terminal _terminal;
    private readonly Argument<string> _file = new("FILE") { Description = "The experiment file, YAML" };
    private readonly Option<string?> _out = new("--out")
    {
        HelpName = "DIR",
        Description = "Where report.json, submission.csv and timings.json go [default: ./<experiment>-out]",
    };

    private readonly StoreOption _store = new();
    private readonly ConnectOption _connect = new();
    private readonly JsonOption _json = new();

    public RunCommand(Terminal terminal) : base(
        "run",
        "Runs an experiment to its end: trains folds, promotes noisy clips round by round, blends the ensembles. "
        + "Run again, it goes on where it stood; run with a changed file, it does only what is new.",
        "tagging run examples/demo.yaml --out demo-out")
    {
        _terminal = terminal;
        Arguments.Add(_file);
        Options.Add(_out);
        Options.Add(_store);
        Options.Add(_connect);
        Options.Add(_json);
    }

    protected override async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var path = line.GetRequiredValue(_file);
        var yaml = InputFile.ReadText(path);
        var experiment = ExperimentFile.Parse(yaml, path);
        var folder = line.GetValue(_out) ?? $"{experiment.Name}-out";
        OutputFile.PrepareFolder(folder);
        if (ConnectOption.Where(line) is null)
        {
            TrainerProgram.Locate();
        }
        await using var host = await GrainConnection.OpenAsync(line, StoreOption.Open(line), cancellationToken, trains: true);
        var grain = host.Grains.GetGrain<IExperimentGrain>(experiment.Name);
        var answer = await grain.Submit(yaml, path).WaitAsync(cancellationToken);
        if (answer.Problem is { } refusal)
        {
            throw new InputException(refusal);
        }
        ExperimentProgress end;
        try
        {
            end = await FollowAsync(grain, host, cancellationToken);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested && host.IsRemote)
        {
            _terminal.Say($"Left; {experiment.Name} runs on in the silo. Follow it with: tagging watch {experiment.Name}");
            return ExitCode.Interrupted;
        }
        if (end.Status != ExperimentStatus.Done)
        {
            _terminal.Say($"{experiment.Name}: {ExperimentTables.Status(end).TrimEnd('.')}. Run the same command again to go on.");
            return ExitCode.Fault;
        }
        foreach (var (name, address) in Results(end))
        {
            await CopyAsync(host.Store.Artifacts, address, Path.Combine(folder, name), cancellationToken);
        }
        using var report = JsonDocument.Parse(await host.Store.Artifacts.ReadAsync(end.Report!, cancellationToken));
        Tell(end, report.RootElement, folder, line.GetValue(_json));
        return ExitCode.Success;
    }

    private static (string Name, string Address)[] Results(ExperimentProgress end) =>
        [("report.json", end.Report!), ("submission.csv", end.Submission!), ("timings.json", end.Timings!)];

    private static async Task CopyAsync(IArtifactStore artifacts, string address, string path, CancellationToken cancellationToken)
    {
        await using var stored = await artifacts.OpenReadAsync(address, cancellationToken);
        await OutputFile.WriteAsync(path, async partial =>
        {
            await using var copy = new FileStream(partial, FileMode.Create, FileAccess.Write);
            await stored.CopyToAsync(copy, cancellationToken);
        });
    }

    private async Task<ExperimentProgress> FollowAsync(IExperimentGrain grain, GrainConnection host, CancellationToken cancellationToken)
    {
        var health = host.Store.Health;
        await using var view = RunView.For(_terminal);
        // Calls that began during an outage may fail a while after its end.
        var sinceOutage = new Stopwatch();
        // A silo that dies takes the grain with it for as long as the cluster needs to notice.
        var unanswered = new Stopwatch();
        bool Bears() => health.Problem is not null
            || (sinceOutage.IsRunning && sinceOutage.Elapsed < OutageEcho)
            || (host.IsRemote && unanswered.Elapsed < SilenceOfCluster);
        while (true)
        {
            ExperimentProgress progress;
            if (health.Problem is not null)
            {
                sinceOutage.Restart();
            }
            try
            {
                progress = await grain.GetProgress().WaitAsync(cancellationToken);
                unanswered.Reset();
            }
            catch (Exception) when (!cancellationToken.IsCancellationRequested && Bears())
            {
                // A grain that comes to life just now reads its state first.
                unanswered.Start();
                view.ShowWait(health.Problem ?? (host.IsRemote ? "the cluster does not answer" : null));
                await Task.Delay(LookEvery, cancellationToken);
                continue;
            }
            view.Show(progress);
            view.ShowWait(health.Problem ?? Array.Find(progress.Running, job => job.Waits is not null)?.Waits);
            if (progress.Status is not (ExperimentStatus.Running or ExperimentStatus.Paused))
            {
                return progress;
            }
            await Task.Delay(LookEvery, cancellationToken);
        }
    }

    private void Tell(ExperimentProgress end, JsonElement report, string folder, bool asJson)
    {
        if (asJson)
        {
            _terminal.WriteJson(new RunAnswer
            {
                Experiment = end.Name,
                Report = Path.Combine(folder, "report.json"),
                Submission = Path.Combine(folder, "submission.csv"),
                Timings = Path.Combine(folder, "timings.json"),
                Rounds = end.Rounds,
                Members = end.Members,
                EnsembleTestLwlrap = end.EnsembleTestLwlrap,
                Relabelled = end.Relabelled,
                Ensembles = end.Ensembles,
                Spreads = end.Spreads,
                EnsembleLeaderboard = end.EnsembleLeaderboard,
            });
            return;
        }
        ExperimentTables.Write(_terminal, end);
        ContrastTable.Write(_terminal, report);
        _terminal.Out.WriteLine($"Written to {folder}: report.json, submission.csv, timings.json");
    }

    private sealed record RunAnswer
    {
        public required string Experiment { get; init; }

        public required string Report { get; init; }

        public required string Submission { get; init; }

        public required string Timings { get; init; }

        public required RoundRecord[] Rounds { get; init; }

        public required MemberRecord[] Members { get; init; }

        public double? EnsembleTestLwlrap { get; init; }

        public required RelabelRecord[] Relabelled { get; init; }

        public required EnsembleRecord[] Ensembles { get; init; }

        public required SeedSpread[] Spreads { get; init; }

        public LeaderboardScores? EnsembleLeaderboard { get; init; }
    }
}
