using System.CommandLine;

namespace OrleansTagging.Commands;

/// <summary>A symbol of the command line whose help shows an example.</summary>
public interface IHasExample
{
    /// <summary>A whole command line that works.</summary>
    string Example { get; }
}

/// <summary>A command that does something: its options, its example, and its action.</summary>
public abstract class TaggingCommand : Command, IHasExample
{
    /// <summary>Makes the command; the derived one adds its arguments and options.</summary>
    protected TaggingCommand(string name, string description, string example) : base(name, description)
    {
        Example = example;
        SetAction(RunAsync);
    }

    /// <inheritdoc/>
    public string Example { get; }

    /// <summary>Does it.</summary>
    /// <returns>The exit code (<see cref="ExitCode"/>).</returns>
    protected abstract Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken);
}

/// <summary>A noun with verbs below it.</summary>
public sealed class CommandGroup : Command, IHasExample
{
    /// <summary>Makes the group of these commands.</summary>
    public CommandGroup(string name, string description, string example, params ReadOnlySpan<Command> commands) : base(name, description)
    {
        Example = example;
        foreach (var command in commands)
        {
            Subcommands.Add(command);
        }
    }

    /// <inheritdoc/>
    public string Example { get; }
}
