using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace OrleansTagging.Commands;

/// <summary>The usual help, within 80 columns, and below it the command's example.</summary>
internal sealed class HelpWithExample : SynchronousCommandLineAction
{
    private const int Width = 80;

    private readonly HelpAction _usual;

    private HelpWithExample(HelpAction usual)
    {
        _usual = usual;
        _usual.MaxWidth = Width;
    }

    public override bool Terminating => true;

    public override bool ClearsParseErrors => true;

    /// <summary>Gives the help of a root command, and so of every command below it, its examples.</summary>
    public static void AddTo(RootCommand root)
    {
        var option = root.Options.OfType<HelpOption>().Single();
        option.Action = new HelpWithExample((HelpAction)option.Action!);
    }

    public override int Invoke(ParseResult parseResult)
    {
        var code = _usual.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine(parseResult.CommandResult.Command is IHasExample command
            ? $"Example:\n  {command.Example}\n"
            : "Example:\n  tagging run examples/demo.yaml\n");
        return code;
    }
}
