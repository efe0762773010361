using System.CommandLine;
using Orleans;
using OrleansTagging.Commands.Options;
using OrleansTagging.Labels;

namespace OrleansTagging.Commands.Inspection;

/// <summary>A command below <c>inspect</c>: the state of one grain as tables, as JSON, or as it is stored.</summary>
/// <typeparam name="TRecord">What the grain answers.</typeparam>
internal abstract class InspectCommand<TRecord> : TaggingCommand where TRecord : class
{
    private readonly StoreOption _store = new();
    private readonly ConnectOption _connect = new();
    private readonly JsonOption _json = new();
    private readonly Option<bool> _raw = new("--raw") { Description = "Answer with the persisted state and its ETag" };

    protected InspectCommand(Terminal terminal, string name, string description, string example) : base(name, description, example)
    {
        Terminal = terminal;
        Options.Add(_store);
        Options.Add(_connect);
        Options.Add(_json);
        Options.Add(_raw);
    }

    protected Terminal Terminal { get; }

    protected sealed override async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        await using var host = await GrainConnection.OpenAsync(line, StoreOption.OpenExisting(line), cancellationToken);
        var record = await AskAsync(line, host).WaitAsync(cancellationToken) ?? throw new InputException(NotThere(line));
        if (line.GetValue(_raw))
        {
            Terminal.WriteJson(await RawStates.OfAsync(host.Store.State, StateOf(line, record), cancellationToken));
        }
        else if (line.GetValue(_json))
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
    protected abstract Task<TRecord?> AskAsync(ParseResult line, GrainConnection host);

    /// <summary>The key under which the grain's state is stored; it ends in <c>/</c> where several states lie below it.</summary>
    protected abstract string StateOf(ParseResult line, TRecord record);

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
        "Shows what a grain holds and what it waits for.",
        "tagging inspect round demo/main 2",
        new InspectExperimentCommand(terminal),
        new InspectCurriculumCommand(terminal),
        new InspectRoundCommand(terminal),
        new InspectClipCommand(terminal, "clip"),
        new InspectMemberCommand(terminal),
        new InspectFoldCommand(terminal),
        new InspectJobCommand(terminal),
        new InspectDatasetCommand(terminal),
        new InspectSchedulerCommand(terminal),
        new InspectSiloCommand(terminal));

    /// <summary><c>why</c>: <c>inspect clip</c> by the word that a user thinks of.</summary>
    public static Command Why(Terminal terminal) => new InspectClipCommand(terminal, "why");
}
