using System.CommandLine;
using OrleansTagging.Commands.Options;
using OrleansTagging.Labels;
using Orleans;

namespace OrleansTagging.Commands.Inspection;

/// <summary>A command below <c>inspect</c>: the state of one grain as a table, or as JSON.</summary>
/// <typeparam name="TRecord">What the grain answers.</typeparam>
internal abstract class InspectCommand<TRecord> : TaggingCommand where TRecord : class
{
    private readonly StoreOption _store = new();
    private readonly JsonOption _json = new();

    protected InspectCommand(Terminal terminal, string name, string description, string example) : base(name, description, example)
    {
        Terminal = terminal;
        Options.Add(_store);
        Options.Add(_json);
    }

    protected Terminal Terminal { get; }

    protected sealed override async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        await using var silo = await LocalSilo.StartAsync(StoreOption.OpenExisting(line), cancellationToken);
        var record = await AskAsync(line, silo.Grains).WaitAsync(cancellationToken) ?? throw new InputException(NotThere(line));
        if (line.GetValue(_json))
        {
            Terminal.WriteJson(record);
        }
        else
        {
            Show(record);
        }
        return ExitCode.Success;
    }

    /// <summary>The store that was asked, for a message.</summary>
    protected static string StoreOf(ParseResult line) => StoreOption.Location(line);

    /// <summary>Asks the grain; <c>null</c> where it knows of nothing.</summary>
    protected abstract Task<TRecord?> AskAsync(ParseResult line, IGrainFactory grains);

    /// <summary>The one line for a name that no grain knows.</summary>
    protected abstract string NotThere(ParseResult line);

    /// <summary>Shows the answer as tables.</summary>
    protected abstract void Show(TRecord record);
}

/// <summary>The group <c>inspect</c>.</summary>
internal static class InspectCommand
{
    public static CommandGroup Group(Terminal terminal) => new(
        "inspect",
        "Shows what a grain holds: an experiment, a round, a clip, a member, a fold or a job.",
        "tagging inspect round demo main 2",
        new InspectExperimentCommand(terminal),
        new InspectRoundCommand(terminal),
        new InspectClipCommand(terminal),
        new InspectMemberCommand(terminal),
        new InspectFoldCommand(terminal),
        new InspectJobCommand(terminal));
}
