using System.CommandLine;

namespace OrleansTagging.Commands.Options;

/// <summary><c>--json</c>: the answer as JSON on standard output.</summary>
internal sealed class JsonOption : Option<bool>
{
    public JsonOption() : base("--json") => Description = "Answer in JSON";
}
