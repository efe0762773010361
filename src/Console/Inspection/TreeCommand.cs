using System.CommandLine;
using OrleansTagging.Commands.Options;
using OrleansTagging.Grains;

namespace OrleansTagging.Commands.Inspection;

/// <summary><c>tree</c>: what an experiment, or one artifact of it, was made of.</summary>
internal sealed class TreeCommand : TaggingCommand
{
    private readonly Terminal _terminal;
    private readonly Argument<string> _what = new("WHAT")
    {
        Description = "An experiment; or an id or an artifact's address that its tree names",
        HelpName = "WHAT",
        CompletionSources = { StoredNames.Experiments },
    };

    private readonly StoreOption _store = new();
    private readonly JsonOption _json = new();

    public TreeCommand(Terminal terminal) : base(
        "tree",
        "Shows the lineage of an experiment, from its submission back to the dataset: ids, artifacts, code version and settings. Of an "
        + "artifact it shows what made it.",
        "tagging tree demo")
    {
        _terminal = terminal;
        Arguments.Add(_what);
        Options.Add(_store);
        Options.Add(_json);
    }

    protected override async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var what = line.GetRequiredValue(_what);
        var (lineage, roots) = await Lineage.FindAsync(StoreOption.OpenExisting(line), what, cancellationToken);
        var nodes = lineage.Ancestry(roots);
        if (line.GetValue(_json))
        {
            _terminal.WriteJson(new LineageAnswer
            {
                Experiment = lineage.Experiment,
                Roots = [.. roots.Select(root => root.Id)],
                Nodes = nodes,
            });
            return ExitCode.Success;
        }
        var shown = new HashSet<string>(StringComparer.Ordinal);
        foreach (var root in roots)
        {
            // An artifact's own settings are what its reader came for; those of all jobs would hide the tree.
            Write(lineage, root, "", shown, withFacts: what != lineage.Experiment);
        }
        return ExitCode.Success;
    }

    private void Write(Lineage lineage, LineageNode node, string indent, HashSet<string> shown, bool withFacts)
    {
        var isNew = shown.Add(node.Id);
        var what = node.Facts.TryGetValue("what", out var told) ? $"  {told}" : "";
        _terminal.Out.WriteLine($"{indent}{node.Kind} {node.Id}{what}{(isNew || node.From.Length == 0 ? "" : "  (above)")}");
        if (!isNew)
        {
            return;
        }
        if (withFacts)
        {
            foreach (var (name, value) in node.Facts.Where(fact => fact.Key != "what").Concat(node.Artifacts))
            {
                _terminal.Out.WriteLine($"{indent}    {name}: {value}");
            }
        }
        foreach (var from in node.From)
        {
            Write(lineage, lineage[from]!, $"{indent}  ", shown, withFacts);
        }
    }

    private sealed record LineageAnswer
    {
        public required string Experiment { get; init; }

        public required string[] Roots { get; init; }

        public required LineageNode[] Nodes { get; init; }
    }
}
