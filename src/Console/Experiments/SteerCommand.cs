using System.CommandLine;
using OrleansTagging.Abstractions;
using OrleansTagging.Commands.Options;
using OrleansTagging.Labels;

namespace OrleansTagging.Commands.Experiments;

/// <summary>A command that steers one experiment: <c>pause</c>, <c>resume</c>, <c>cancel</c>, <c>priority</c>.</summary>
internal abstract class SteerCommand : TaggingCommand
{
    private readonly Terminal _terminal;
    private readonly ExperimentArgument _name = new();
    private readonly StoreOption _store = new();
    private readonly ConnectOption _connect = new();
    private readonly JsonOption _json = new();
    private readonly QuietOption _quiet = new();

    protected SteerCommand(Terminal terminal, string name, string description, string example) : base(name, description, example)
    {
        _terminal = terminal;
        Arguments.Add(_name);
        Options.Add(_store);
        Options.Add(_connect);
        Options.Add(_json);
        Options.Add(_quiet);
    }

    /// <summary>The commands.</summary>
    public static IEnumerable<Command> All(Terminal terminal) =>
    [
        new PauseCommand(terminal), new ResumeCommand(terminal), new CancelCommand(terminal), new PriorityCommand(terminal),
    ];

    protected sealed override async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var name = line.GetRequiredValue(_name);
        await using var host = await GrainConnection.OpenAsync(line, StoreOption.OpenExisting(line), cancellationToken);
        var grain = host.Grains.GetGrain<IExperimentGrain>(name);
        if (await grain.Describe().WaitAsync(cancellationToken) is null)
        {
            throw new InputException(
                $"There is no experiment '{name}' in the store {StoreOption.Location(line)}; tagging list shows those there are.");
        }
        var status = await SteerAsync(line, grain).WaitAsync(cancellationToken);
        if (Refusal(name, status) is { } refusal)
        {
            throw new InputException(refusal);
        }
        var record = (await grain.Describe().WaitAsync(cancellationToken))!;
        if (line.GetValue(_json))
        {
            _terminal.WriteJson(new { Experiment = name, record.Status, record.Priority });
        }
        else if (!line.GetValue(_quiet))
        {
            _terminal.Say(Told(record));
        }
        return ExitCode.Success;
    }

    /// <summary>Steers it.</summary>
    /// <returns>Where it stands then.</returns>
    protected abstract Task<ExperimentStatus> SteerAsync(ParseResult line, IExperimentGrain grain);

    /// <summary>Why an experiment that stands so was not steered, in one line; <c>null</c> where it was.</summary>
    protected abstract string? Refusal(string name, ExperimentStatus status);

    /// <summary>What became of it, in one line.</summary>
    protected abstract string Told(ExperimentRecord record);

    private static string Word(ExperimentStatus status) => status.ToString().ToLowerInvariant();

    private sealed class PauseCommand(Terminal terminal) : SteerCommand(
        terminal,
        "pause",
        "Holds an experiment up: its Trainers leave a checkpoint and end, and none is started until it is resumed.",
        "tagging pause demo")
    {
        protected override Task<ExperimentStatus> SteerAsync(ParseResult line, IExperimentGrain grain) => grain.Pause();

        protected override string? Refusal(string name, ExperimentStatus status) =>
            status == ExperimentStatus.Paused ? null : $"{name} is {Word(status)}; only one that runs is paused.";

        protected override string Told(ExperimentRecord record) =>
            $"{record.Name} is paused; it goes on with: tagging resume {record.Name}";
    }

    private sealed class ResumeCommand(Terminal terminal) : SteerCommand(
        terminal, "resume", "Goes on with a paused experiment.", "tagging resume demo")
    {
        protected override Task<ExperimentStatus> SteerAsync(ParseResult line, IExperimentGrain grain) => grain.Resume();

        protected override string? Refusal(string name, ExperimentStatus status) => status == ExperimentStatus.Running
            ? null
            : $"{name} is {Word(status)}; only a paused one is resumed. Others go on when their file is submitted again.";

        protected override string Told(ExperimentRecord record) => $"{record.Name} goes on.";
    }

    private sealed class CancelCommand(Terminal terminal) : SteerCommand(
        terminal,
        "cancel",
        "Gives an experiment up: jobs that no other waits for leave the queue or are ended. All results stay; submitting its file again "
        + "goes on from there.",
        "tagging cancel demo")
    {
        protected override Task<ExperimentStatus> SteerAsync(ParseResult line, IExperimentGrain grain) => grain.Cancel();

        protected override string? Refusal(string name, ExperimentStatus status) =>
            status == ExperimentStatus.Cancelled ? null : $"{name} is {Word(status)}; only one that runs or is paused is cancelled.";

        protected override string Told(ExperimentRecord record) => $"{record.Name} is cancelled; what is done stays done.";
    }

    private sealed class PriorityCommand : SteerCommand
    {
        private const int Least = -1_000_000;
        private const int Most = 1_000_000;

        private readonly Argument<int> _priority = new("N") { Description = "The priority, 0 unless it was set; the highest goes first" };

        public PriorityCommand(Terminal terminal) : base(
            terminal, "priority", "Sets the priority of an experiment: the jobs of the highest go first.", "tagging priority demo 10")
        {
            Arguments.Add(_priority);
            _priority.Validators.Add(result =>
            {
                if (!int.TryParse(result.Tokens[0].Value, out var number) || number is < Least or > Most)
                {
                    result.AddError($"N is a whole number from {Least} to {Most}, not '{result.Tokens[0].Value}'.");
                }
            });
        }

        protected override Task<ExperimentStatus> SteerAsync(ParseResult line, IExperimentGrain grain) =>
            grain.SetPriority(line.GetRequiredValue(_priority));

        protected override string? Refusal(string name, ExperimentStatus status) => null;

        protected override string Told(ExperimentRecord record) => $"{record.Name} has the priority {Figures.Count(record.Priority)}.";
    }
}
