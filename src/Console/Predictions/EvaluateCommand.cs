using System.CommandLine;
using System.Globalization;
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
    private readonly NumberOption<int> _bootstrap = new(
        "--bootstrap", $"Also say how far lwlrap may move with other clips: resamples over clips, usually {Bootstrap.UsualResamples}",
        1, 1_000_000);

    private readonly NumberOption<ulong> _seed = new("--seed", "Seed of the resamples", 0, ulong.MaxValue);
    private readonly JsonOption _json = new();

    public EvaluateCommand(Terminal terminal) : base(
        "evaluate",
        "Says how well predictions rank the given labels: lwlrap, the measure of FSDKaggle2019. A clip without labels does not count. "
        + "Where the label file has a column usage (test_post_competition.csv), also the public and the private score.",
        "tagging evaluate --labels test.csv --predictions submission.csv --per-class --bootstrap 1000")
    {
        _terminal = terminal;
        Options.Add(_labels);
        Options.Add(_predictions);
        Options.Add(_perClass);
        Options.Add(_bootstrap);
        Options.Add(_seed);
        Options.Add(_json);
    }

    protected override Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var path = line.GetRequiredValue(_labels);
        var (resamples, seed) = (line.GetValue(_bootstrap), line.GetValue(_seed));
        var pair = LabelledPredictions.Read(path, line.GetRequiredValue(_predictions));
        var truth = pair.ReadTestTruth(path);
        var card = pair.ScoreCard(resamples, seed);
        var (publicCard, privateCard) = (Part(TestTruth.Public), Part(TestTruth.Private));
        if (line.GetValue(_json))
        {
            _terminal.WriteJson(new Evaluation
            {
                Lwlrap = card.Lwlrap,
                Clips = card.Clips,
                Interval = card.Interval,
                Public = Score.Of(publicCard),
                Private = Score.Of(privateCard),
                PerClassLwlrap = line.GetValue(_perClass) ? PerClass(card) : null,
            });
            return Task.FromResult(ExitCode.Success);
        }
        _terminal.Out.WriteLine(Line("lwlrap", card));
        if (truth is not null)
        {
            _terminal.Out.WriteLine(Line("public", publicCard));
            _terminal.Out.WriteLine(Line("private", privateCard));
        }
        if (line.GetValue(_perClass))
        {
            _terminal.WriteTable(Classes(card));
        }
        return Task.FromResult(ExitCode.Success);

        // A part without labels has no figure; the whole has one.
        ScoreCard? Part(string usage) => truth?.Of(usage) is { } part && part.Clips.Any(clip => clip.Labels.Length > 0)
            ? pair.With(part).ScoreCard(resamples, seed)
            : null;
    }

    private static string Line(string name, ScoreCard? card)
    {
        var line = $"{name} {Figures.Lwlrap(card?.Lwlrap)} over {Figures.Count(card?.Clips ?? 0)} clips with labels";
        return card?.Interval is not { } interval ? line : line + string.Create(
            CultureInfo.InvariantCulture,
            $"; {100 * interval.Level:0.#} % interval {interval.Low:0.0000} to {interval.High:0.0000}");
    }

    private static DataTable Classes(ScoreCard card)
    {
        var table = new DataTable(
            "Classes", "class", DataColumn.Figure("lwlrap"), DataColumn.Figure("labels"), DataColumn.Figure("weight"));
        foreach (var row in card.Classes)
        {
            table.Add(row.Name, Figures.Lwlrap(row.Lwlrap), Figures.Count(row.Clips), Figures.Share(row.Weight));
        }
        return table;
    }

    // A class that no clip has is left out: it has no lwlrap, not one of zero.
    private static Dictionary<string, double> PerClass(ScoreCard card) => card.Classes
        .Where(row => row.Lwlrap is not null)
        .ToDictionary(row => row.Name, row => row.Lwlrap!.Value);

    private sealed record Evaluation
    {
        public required double Lwlrap { get; init; }

        public required int Clips { get; init; }

        public BootstrapInterval? Interval { get; init; }

        public Score? Public { get; init; }

        public Score? Private { get; init; }

        public Dictionary<string, double>? PerClassLwlrap { get; init; }
    }

    private sealed record Score(double Lwlrap, int Clips, BootstrapInterval? Interval)
    {
        public static Score? Of(ScoreCard? card) => card is null ? null : new Score(card.Lwlrap, card.Clips, card.Interval);
    }
}
