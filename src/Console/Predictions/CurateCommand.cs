using System.CommandLine;
using OrleansTagging.Commands.Options;
using OrleansTagging.Labels;

namespace OrleansTagging.Commands.Predictions;

/// <summary><c>curate</c>: the clips whose given labels the predictions bear out, as a label file.</summary>
internal sealed class CurateCommand : TaggingCommand
{
    private const string TopAgreementStrategy = "top-agreement";

    private readonly Terminal _terminal;
    private readonly PathOption _labels = new("--labels", "FILE", "Label file of the doubtful clips: fname,labels");
    private readonly PathOption _predictions = new("--predictions", "FILE", "Predictions: fname and a column a class, rows in any order");
    private readonly Option<string> _strategy = new("--strategy")
    {
        HelpName = "NAME",
        Description = $"How clips are selected: {TopAgreementStrategy} (label ranking average precision of the given labels)",
        DefaultValueFactory = _ => TopAgreementStrategy,
    };

    private readonly NumberOption<int> _top = new("--top", "How many clips to select", 1, int.MaxValue) { Required = true };
    private readonly PathOption _out = new("--out", "FILE", "The selection: fname,labels,agreement,margin,rank, best first");
    private readonly JsonOption _json = new();

    public CurateCommand(Terminal terminal) : base(
        "curate",
        "Selects the clips whose given labels agree best with predictions; ties go by the labels' margin, then by file name.",
        "tagging curate --labels noisy.csv --predictions scores.csv --strategy top-agreement --top 50 --out trusted.csv")
    {
        _terminal = terminal;
        _strategy.AcceptOnlyFromAmong(TopAgreementStrategy);
        Options.Add(_labels);
        Options.Add(_predictions);
        Options.Add(_strategy);
        Options.Add(_top);
        Options.Add(_out);
        Options.Add(_json);
    }

    protected override Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var pair = LabelledPredictions.Read(line.GetRequiredValue(_labels), line.GetRequiredValue(_predictions));
        var selected = pair.Top(line.GetRequiredValue(_top));
        var path = line.GetRequiredValue(_out);
        OutputFile.Prepare(path);
        TopAgreement.Write(path, pair.Labels.Classes, selected);
        if (line.GetValue(_json))
        {
            _terminal.WriteJson(new Selection
            {
                File = path,
                Clips = [.. selected.Select(ranked => new SelectedClip(
                    ranked.Clip.FileName,
                    [.. ranked.Clip.Labels.Select(label => pair.Labels.Classes.Names[label])],
                    ranked.Agreement,
                    ranked.Margin,
                    ranked.Rank))],
            });
        }
        else
        {
            _terminal.Out.WriteLine($"{Figures.Count(selected.Count)} of {Figures.Count(pair.Labels.Clips.Count)} clips written to {path}; "
                + $"agreement {Figures.Lwlrap(selected[^1].Agreement)} to {Figures.Lwlrap(selected[0].Agreement)}");
        }
        return Task.FromResult(ExitCode.Success);
    }

    private sealed record Selection
    {
        public required string File { get; init; }

        public required SelectedClip[] Clips { get; init; }
    }

    private sealed record SelectedClip(string Fname, string[] Labels, double Agreement, double Margin, int Rank);
}
