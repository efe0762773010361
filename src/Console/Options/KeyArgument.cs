using System.CommandLine;
using System.CommandLine.Parsing;

namespace OrleansTagging.Commands.Options;

/// <summary>
/// The name of something within an experiment: its parts as words of their own or joined by <c>/</c>, <c>demo/main 2</c> as well as
/// <c>demo main 2</c>.
/// </summary>
internal sealed class KeyArgument : Argument<string[]>
{
    private readonly string[] _parts;
    private readonly int _needed;

    /// <summary>An argument of named parts.</summary>
    /// <param name="description">What it names.</param>
    /// <param name="parts">Names of the parts; those in brackets may be left out.</param>
    public KeyArgument(string description, params string[] parts) : base(string.Join('/', parts))
    {
        _parts = parts;
        _needed = parts.Count(part => part[0] != '[');
        Description = description;
        Arity = ArgumentArity.OneOrMore;
        // Without it the help lists the completions, and so whatever store is at hand.
        HelpName = Name;
        if (parts is ["EXPERIMENT", "CURRICULUM", ..])
        {
            CompletionSources.Add(StoredNames.Parts(file => file.Curricula.Keys));
        }
        else if (parts is ["EXPERIMENT", ..])
        {
            CompletionSources.Add(StoredNames.Parts(file => file.Members.Keys));
        }
        Validators.Add(result =>
        {
            if (Split(result).Length < _needed)
            {
                result.AddError($"'{string.Join(' ', result.Tokens.Select(token => token.Value))}' is too little; give {Name}.");
            }
        });
    }

    /// <summary>The parts of a command line, <c>null</c> for those left out; the last one keeps what slashes it has.</summary>
    public string?[] Of(ParseResult line)
    {
        var given = Split(line.GetResult(this)!);
        return [.. Enumerable.Range(0, _parts.Length).Select(part => part < given.Length ? given[part] : null)];
    }

    /// <summary>The parts given, joined by <c>/</c>.</summary>
    public string KeyOf(ParseResult line) => string.Join('/', Of(line).OfType<string>());

    private string[] Split(ArgumentResult result) =>
        string.Join('/', result.Tokens.Select(token => token.Value)).Split('/', _parts.Length, StringSplitOptions.RemoveEmptyEntries);
}
