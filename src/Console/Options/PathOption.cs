using System.CommandLine;

namespace OrleansTagging.Commands.Options;

/// <summary>A required option whose value is a path.</summary>
internal sealed class PathOption : Option<string>
{
    public PathOption(string name, string kind, string description) : base(name)
    {
        HelpName = kind;
        Description = description;
        Required = true;
    }
}
