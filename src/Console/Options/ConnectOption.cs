using System.CommandLine;

namespace OrleansTagging.Commands.Options;

/// <summary>
/// <c>--connect WHERE</c>: the silo or cluster to ask; <c>$TAGGING_CONNECT</c> where it is not given. Without either the command asks the
/// process that hosts the store, and where there is none hosts the grains itself.
/// </summary>
internal sealed class ConnectOption : Option<string?>
{
    /// <summary>The option as it is written.</summary>
    public const string OptionName = "--connect";

    /// <summary>The environment variable.</summary>
    public const string Variable = "TAGGING_CONNECT";

    public ConnectOption() : base(OptionName)
    {
        HelpName = "WHERE";
        Description = "Ask a running silo or cluster: gateways HOST:PORT,HOST:PORT, or 'azure' "
            + $"[default: ${Variable}, else whoever hosts the store]";
    }

    /// <summary>The cluster that a command line means; <c>null</c> where the command hosts the grains itself.</summary>
    public static string? Where(ParseResult line) =>
        line.CommandResult.GetResult(OptionName) is System.CommandLine.Parsing.OptionResult given
        && given.GetValueOrDefault<string?>() is { Length: > 0 } where
            ? where
            : Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? named : null;
}
