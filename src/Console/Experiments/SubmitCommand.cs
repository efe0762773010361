using System.CommandLine;
using OrleansTagging.Abstractions;
using OrleansTagging.Commands.Options;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;

namespace OrleansTagging.Commands.Experiments;

/// <summary><c>submit</c>: gives an experiment to whoever hosts the store, and returns.</summary>
internal sealed class SubmitCommand : TaggingCommand
{
    private readonly Terminal _terminal;
    private readonly Argument<string> _file = new("FILE") { Description = "The experiment file, YAML" };
    private readonly StoreOption _store = new();
    private readonly ConnectOption _connect = new();
    private readonly JsonOption _json = new();
    private readonly QuietOption _quiet = new();

    public SubmitCommand(Terminal terminal) : base(
        "submit",
        "Submits an experiment to the silo on the store and returns at once with its name. Submitted again, the same file changes nothing "
        + "where it runs or is done, and goes on where it was paused, cancelled or failed.",
        "tagging submit examples/demo.yaml")
    {
        _terminal = terminal;
        Arguments.Add(_file);
        Options.Add(_store);
        Options.Add(_connect);
        Options.Add(_json);
        Options.Add(_quiet);
    }

    protected override async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var path = line.GetRequiredValue(_file);
        var yaml = InputFile.ReadText(path);
        var experiment = ExperimentFile.Parse(yaml, path);
        await using var host = await GrainConnection.OpenAsync(line, StoreOption.OpenExisting(line), cancellationToken);
        var answer = await host.Grains.GetGrain<IExperimentGrain>(experiment.Name).Submit(yaml, path).WaitAsync(cancellationToken);
        if (answer.Problem is { } refusal)
        {
            throw new InputException(refusal);
        }
        if (line.GetValue(_json))
        {
            _terminal.WriteJson(new { answer.Experiment, answer.Status, Hosted = host.IsRemote });
            return ExitCode.Success;
        }
        _terminal.Out.WriteLine(answer.Experiment);
        if (!line.GetValue(_quiet))
        {
            var next = answer.Status == ExperimentStatus.Done ? "it is done" : $"follow it with: tagging watch {answer.Experiment}";
            _terminal.Say(host.IsRemote || answer.Status == ExperimentStatus.Done
                ? $"{answer.Experiment} is submitted; {next}"
                : $"{answer.Experiment} is submitted, but no silo runs on {StoreOption.Location(line)}; "
                    + "it begins with: tagging silo start");
        }
        return ExitCode.Success;
    }
}
