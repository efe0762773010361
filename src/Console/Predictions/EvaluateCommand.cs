using System.CommandLine;
using OrleansTagging.Commands.Options;
using OrleansTagging.Labels;

namespace OrleansTagging.Commands.Predictions;

/// <summary><c>evaluate</c>: lwlrap of a predictions file against a label file.</summary>
internal sealed class EvaluateCommand : TaggingCommand
{
    private readonly Terminal _terminal;
    private readonly PathOption _labels = new("--labels", "FILE", "Label file: fname,labels");
    private readonly PathOption _predictions = new("--predictions", "FILE", "Predictions: fname and a column a class, rows in any order");
    private readonly Option<bool> _perClass = new("--per-class") { Description = "Also show each class" };
    private readonly JsonOption _json = new();

    public EvaluateCommand(Terminal terminal) : base(
        "evaluate",
        "Says how well predictions rank the given labels: lwlrap, the measure of FSDKaggle2019. A clip without labels does not count.",
        "tagging evaluate --labels test.csv --predictions submission.csv --per-class")
    {
        _terminal = terminal;
        Options.Add(_labels);
        Options.Add(_predictions);
        Options.Add(_perClass);
        Options.Add(_json);
    }

    protected override Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var pair = LabelledPredictions.Read(line.GetRequiredValue(_labels), line.GetRequiredValue(_predictions));
        var lwlrap = pair.Lwlrap();
        var names = pair.Labels.Classes.Names;
        if (line.GetValue(_json))
        {
            _terminal.WriteJson(new Evaluation
            {
                Lwlrap = lwlrap.Overall,
                Clips = lwlrap.Clips,
                PerClassLwlrap = line.GetValue(_perClass) ? PerClass(lwlrap, names) : null,
            });
            return Task.FromResult(ExitCode.Success);
        }
        _terminal.Out.WriteLine($"lwlrap {Figures.Lwlrap(lwlrap.Overall)} over {Figures.Count(lwlrap.Clips)} clips with labels");
        if (line.GetValue(_perClass))
        {
            var table = new DataTable(
                "Classes", "class", DataColumn.Figure("lwlrap"), DataColumn.Figure("labels"), DataColumn.Figure("weight"));
            for (var index = 0; index < names.Count; index++)
            {
                var counted = lwlrap.LabelCounts[index] > 0;
                table.Add(
                    names[index],
                    Figures.Lwlrap(counted ? lwlrap.PerClass[index] : null),
                    Figures.Count(lwlrap.LabelCounts[index]),
                    Figures.Share(lwlrap.Weights[index]));
            }
            _terminal.WriteTable(table);
        }
        return Task.FromResult(ExitCode.Success);
    }

    // A class that no clip has is left out: it has no lwlrap, not one of zero.
    private static Dictionary<string, double> PerClass(Lwlrap lwlrap, IReadOnlyList<string> names) => Enumerable.Range(0, names.Count)
        .Where(index => lwlrap.LabelCounts[index] > 0)
        .ToDictionary(index => names[index], index => lwlrap.PerClass[index]);

    private sealed record Evaluation
    {
        public required double Lwlrap { get; init; }

        public required int Clips { get; init; }

        public Dictionary<string, double>? PerClassLwlrap { get; init; }
    }
}
