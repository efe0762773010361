using System.CommandLine;
using System.CommandLine.Parsing;
using OrleansTagging.Commands.Options;

namespace OrleansTagging.Commands.Shell;

/// <summary><c>console</c>: the commands one after another, without naming the program and the store each time.</summary>
internal sealed class ConsoleCommand : TaggingCommand
{
    private const string Prompt = "tagging> ";

    private readonly Terminal _terminal;
    private readonly StoreOption _store = new();
    private readonly ConnectOption _connect = new();

    public ConsoleCommand(Terminal terminal) : base(
        "console",
        "An interactive shell: commands without the word tagging, with history (arrows) and completion (Tab) of commands, options and "
        + "experiments. Ctrl-C ends the command that runs; exit or Ctrl-D leaves.",
        "tagging console --store ./tagging-store")
    {
        _terminal = terminal;
        Options.Add(_store);
        Options.Add(_connect);
    }

    protected override async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        // What the commands take where they do not say otherwise.
        Environment.SetEnvironmentVariable(StoreOption.Variable, StoreOption.Location(line));
        Environment.SetEnvironmentVariable(ConnectOption.Variable, ConnectOption.Where(line));
        var root = line.RootCommandResult.Command;
        var editor = new LineEditor(Prompt, (text, at) => root.Parse(text).GetCompletions(at).Select(item => item.Label));
        editor.Load();
        while (!cancellationToken.IsCancellationRequested && editor.Read() is { } typed)
        {
            string[] words = [.. CommandLineParser.SplitCommandLine(typed)];
            if (words is ["exit" or "quit"])
            {
                break;
            }
            if (words is ["console", ..])
            {
                _terminal.Say("This is the console already.");
            }
            else if (words.Length > 0)
            {
                await RunAsync(words is ["help"] ? ["--help"] : words, cancellationToken);
            }
        }
        return ExitCode.Success;
    }

    private async Task RunAsync(string[] words, CancellationToken cancellationToken)
    {
        using var command = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using (Interruption.Divert(command.Cancel))
        {
            await CommandLine.InvokeAsync(words, _terminal, command.Token);
        }
    }
}
