using System.CommandLine;

namespace OrleansTagging.Commands.Options;

/// <summary><c>--quiet</c>: no messages but those of faults.</summary>
internal sealed class QuietOption : Option<bool>
{
    public QuietOption() : base("--quiet", "-q") => Description = "Say nothing but what is asked for";
}
