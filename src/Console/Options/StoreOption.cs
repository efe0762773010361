using System.CommandLine;
using OrleansTagging.Labels;
using OrleansTagging.Storage;

namespace OrleansTagging.Commands.Options;

/// <summary>
/// <c>--store DIR</c>: where artifacts and grain state lie; <c>$TAGGING_STORE</c>, else <c>./tagging-store</c>, where it is not given.
/// </summary>
internal sealed class StoreOption : Option<string?>
{
    /// <summary>The environment variable.</summary>
    public const string Variable = "TAGGING_STORE";
    private const string Default = "./tagging-store";
    private const string OptionName = "--store";

    public StoreOption() : base(OptionName)
    {
        HelpName = "DIR";
        Description = $"The store [default: ${Variable}, else {Default}]";
    }

    /// <summary>The location that a command line means.</summary>
    public static string Location(ParseResult line) =>
        line.CommandResult.GetResult(OptionName) is System.CommandLine.Parsing.OptionResult given
        && given.GetValueOrDefault<string?>() is { Length: > 0 } location
            ? location
            : Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? named : Default;

    /// <summary>Opens the store that a command line means; a folder is made where it is missing.</summary>
    public static Store Open(ParseResult line) => Store.Open(Location(line));

    /// <summary>Opens a store for a question; asking must not leave an empty store behind.</summary>
    /// <exception cref="InputException">It is a folder that does not exist.</exception>
    public static Store OpenExisting(ParseResult line) => OpenExisting(Location(line), OptionName);

    /// <summary>Opens the store at a location that an option gives.</summary>
    /// <exception cref="InputException">It is a folder that does not exist.</exception>
    public static Store OpenExisting(string location, string option)
    {
        var isFolder = !location.StartsWith("azure:", StringComparison.OrdinalIgnoreCase)
            && !location.Contains("://", StringComparison.Ordinal);
        return isFolder && !Directory.Exists(location)
            ? throw new InputException(
                $"{location}: there is no such store; import a dataset into it first, or name another with {option}.")
            : Store.Open(location);
    }
}
