using System.CommandLine;
using Orleans;
using OrleansTagging.Abstractions;
using OrleansTagging.Commands.Datasets;
using OrleansTagging.Commands.Options;

namespace OrleansTagging.Commands.Inspection;

/// <summary><c>inspect dataset</c>: its version, counts, and what was left out.</summary>
internal sealed class InspectDatasetCommand : InspectCommand<DatasetRecord>
{
    private readonly Argument<string> _name = new("DATASET")
    {
        Description = "Name of the dataset",
        HelpName = "DATASET",
        CompletionSources = { StoredNames.Datasets },
    };


    public InspectDatasetCommand(Terminal terminal) : base(
        terminal, "dataset", "Shows a dataset: its version, its counts, and what was left out.", "tagging inspect dataset synthetic")
        => Arguments.Add(_name);

    protected override Task<DatasetRecord?> AskAsync(ParseResult line, GrainConnection host) =>
        host.Grains.GetGrain<IDatasetGrain>(line.GetRequiredValue(_name)).Describe();

    protected override string StateOf(ParseResult line, DatasetRecord record) => $"grain/dataset/{record.Name}/dataset";

    protected override string NotThere(ParseResult line) =>
        $"There is no dataset '{line.GetRequiredValue(_name)}' in the store {StoreOf(line)}; import it with tagging dataset import.";

    protected override void Show(DatasetRecord record) => DatasetTables.Tell(Terminal, record, asJson: false);
}
