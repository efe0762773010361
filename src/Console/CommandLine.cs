using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using OrleansTagging.Commands.Comparison;
using OrleansTagging.Commands.Datasets;
using OrleansTagging.Commands.Diagnosis;
using OrleansTagging.Commands.Experiments;
using OrleansTagging.Commands.Export;
using OrleansTagging.Commands.Features;
using OrleansTagging.Commands.Inspection;
using OrleansTagging.Commands.Planning;
using OrleansTagging.Commands.Predictions;
using OrleansTagging.Commands.Shell;
using OrleansTagging.Commands.Silos;
using OrleansTagging.Commands.Stores;
using OrleansTagging.Labels;
using OrleansTagging.Storage;

namespace OrleansTagging.Commands;

/// <summary>The command line of <c>tagging</c>: its commands, and how a fault becomes a line and an exit code.</summary>
public static class CommandLine
{
    /// <summary>Parses and runs one command line.</summary>
    /// <param name="args">The words after the program's name.</param>
    /// <param name="terminal">Where data and messages go.</param>
    /// <param name="cancellationToken">Cancelled by Ctrl-C.</param>
    /// <returns>The exit code (<see cref="ExitCode"/>).</returns>
    public static async Task<int> InvokeAsync(string[] args, Terminal terminal, CancellationToken cancellationToken)
    {
        var line = Commands(terminal).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (line.Action is ParseErrorAction || TakenForAnArgument(line) is not null)
        {
            terminal.Say(Misunderstood(line));
            return ExitCode.BadInput;
        }
        try
        {
            var invocation = new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
                Output = terminal.Out,
                Error = terminal.Error,
            };
            return await line.InvokeAsync(invocation, cancellationToken);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            terminal.Say("Stopped. What was done stays done; run the same command again to go on.");
            return ExitCode.Interrupted;
        }
        catch (Exception fault) when (fault is InputException or StoreLocationException)
        {
            terminal.Say(OneLine(fault.Message));
            return ExitCode.BadInput;
        }
        catch (Exception fault)
        {
            terminal.Say($"{OneLine(fault.Message)} The details are in {FaultLog.Write(line, args, fault)}.");
            return ExitCode.Fault;
        }
    }

    private static RootCommand Commands(Terminal terminal)
    {
        var root = new RootCommand("Tags audio with models trained on few trusted and many doubtful labels.")
        {
            new CommandGroup("dataset", "Makes, imports and shows datasets.", "tagging dataset show synthetic",
                new DatasetSynthCommand(terminal), new DatasetImportCommand(terminal), new DatasetShowCommand(terminal)),
            new PlanCommand(terminal),
            new RunCommand(terminal),
            SiloStartCommand.Group(),
            new SubmitCommand(terminal),
            new ListCommand(terminal),
            new WatchCommand(terminal),
            new CompareCommand(terminal),
            new PredictCommand(terminal),
            InspectCommand.Group(terminal),
            InspectCommand.Why(terminal),
            DecideCommand.Group(terminal),
            new DiffCommand(terminal),
            new TreeCommand(terminal),
            new ExportCommand(terminal),
            StoreCommands.Group(terminal),
            new EvaluateCommand(terminal),
            new CurateCommand(terminal),
            new BlendCommand(terminal),
            new FeaturesCommand(terminal),
        };
        root.Subcommands.Add(new DoctorCommand(terminal));
        root.Subcommands.Add(new ConsoleCommand(terminal));
        root.Subcommands.Add(new CompletionCommand(terminal));
        foreach (var steering in SteerCommand.All(terminal))
        {
            root.Subcommands.Add(steering);
        }
        HelpWithExample.AddTo(root);
        return root;
    }

    private static string Misunderstood(ParseResult line)
    {
        var command = line.CommandResult.Command;
        var path = string.Join(' ', Ancestry(command).Select(part => part is RootCommand ? "tagging" : part.Name));
        var stranger = TakenForAnArgument(line) ?? line.UnmatchedTokens.FirstOrDefault();
        var what = stranger is not null ? $"'{stranger}' is no command, argument or option of {path}." : OneLine(line.Errors[0].Message);
        return $"{what.TrimEnd('.')}. See: {path} --help";
    }

    // The parser gives an option that it does not know to the next argument that wants a word.
    private static string? TakenForAnArgument(ParseResult line) => line.Action is HelpWithExample
        ? null
        : line.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens)
            .FirstOrDefault(token => token.Value.StartsWith("--", StringComparison.Ordinal))?.Value;

    private static IEnumerable<Command> Ancestry(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? [.. Ancestry(parent), command] : [command];

    private static string OneLine(string message) =>
        string.Join(' ', message.Split((char[])['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
