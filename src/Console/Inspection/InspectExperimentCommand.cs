using System.CommandLine;
using Orleans;
using OrleansTagging.Abstractions;
using OrleansTagging.Commands.Experiments;
using OrleansTagging.Commands.Options;

namespace OrleansTagging.Commands.Inspection;

/// <summary><c>inspect experiment</c>: where it stands, its rounds and its members.</summary>
internal sealed class InspectExperimentCommand : InspectCommand<ExperimentProgress>
{
    private readonly ExperimentArgument _name = new();

    public InspectExperimentCommand(Terminal terminal) : base(
        terminal, "experiment", "Shows where an experiment stands, its rounds and its members.", "tagging inspect experiment demo")
        => Arguments.Add(_name);

    protected override async Task<ExperimentProgress?> AskAsync(ParseResult line, GrainConnection host)
    {
        var grain = host.Grains.GetGrain<IExperimentGrain>(line.GetRequiredValue(_name));
        return await grain.Describe() is null ? null : await grain.GetProgress();
    }

    protected override string StateOf(ParseResult line, ExperimentProgress record) => $"grain/experiment/{record.Name}/experiment";

    protected override string NotThere(ParseResult line) =>
        $"There is no experiment '{line.GetRequiredValue(_name)}' in the store {StoreOf(line)}; begin it with tagging run FILE.yaml.";

    protected override void Show(ExperimentProgress record)
    {
        Terminal.Out.WriteLine($"Experiment {record.Name}: {ExperimentTables.Status(record)}");
        ExperimentTables.Write(Terminal, record);
    }
}
