using System.CommandLine;
using OrleansTagging.Abstractions;
using OrleansTagging.Commands.Options;
using OrleansTagging.Labels;

namespace OrleansTagging.Commands.Datasets;

/// <summary><c>dataset show</c>: what an import found, from the dataset's grain.</summary>
internal sealed class DatasetShowCommand : TaggingCommand
{
    private readonly Terminal _terminal;
    private readonly Argument<string> _name = new("NAME") { Description = "Name under which it was imported" };
    private readonly StoreOption _store = new();
    private readonly ConnectOption _connect = new();
    private readonly JsonOption _json = new();

    public DatasetShowCommand(Terminal terminal) : base(
        "show", "Shows an imported dataset: counts, hours, labels per clip, and what was left out.", "tagging dataset show synthetic")
    {
        _terminal = terminal;
        Arguments.Add(_name);
        Options.Add(_store);
        Options.Add(_connect);
        Options.Add(_json);
    }

    protected override async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var name = line.GetRequiredValue(_name);
        var store = StoreOption.OpenExisting(line);
        await using var host = await GrainConnection.OpenAsync(line, store, cancellationToken);
        var record = await host.Grains.GetGrain<IDatasetGrain>(name).Describe().WaitAsync(cancellationToken)
            ?? throw new InputException(
                $"There is no dataset '{name}' in the store {store.Location}; import it with tagging dataset import DIR --name {name}.");
        DatasetTables.Tell(_terminal, record, line.GetValue(_json));
        return ExitCode.Success;
    }
}
