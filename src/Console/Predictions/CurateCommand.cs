using System.CommandLine;
using System.Globalization;
using OrleansTagging.Commands.Options;
using OrleansTagging.Labels;

namespace OrleansTagging.Commands.Predictions;

/// <summary>
/// <c>curate</c>: the clips whose given labels the predictions bear out, or clips with predicted labels, as a label file.
/// </summary>
internal sealed class CurateCommand : TaggingCommand
{
    private const string TopAgreementStrategy = "top-agreement";
    private const string Auto = "auto";

    private static readonly Dictionary<string, RelabelStrategy> _relabelStrategies = new(StringComparer.Ordinal)
    {
        ["full-match"] = RelabelStrategy.FullMatch,
        ["relabel-all"] = RelabelStrategy.RelabelAll,
        ["relabel-merge"] = RelabelStrategy.RelabelMerge,
    };

    private readonly Terminal _terminal;
    private readonly PathOption _labels = new("--labels", "FILE", "Label file of the doubtful clips: fname,labels");
    private readonly PathOption _predictions = new("--predictions", "FILE", "Predictions: fname and a column a class, rows in any order");
    private readonly Option<string> _strategy = new("--strategy")
    {
        HelpName = "NAME",
        Description = "top-agreement: the clips whose given labels rank best (label ranking average precision, then margin); full-match: "
            + "those whose predicted labels are the given ones; relabel-all: predicted labels instead of given ones; relabel-merge: both",
        DefaultValueFactory = _ => TopAgreementStrategy,
    };

    private readonly NumberOption<int> _top = new("--top", "How many clips top-agreement selects", 1, int.MaxValue);
    private readonly NumberOption<double> _classCap = new(
        "--class-cap", "Largest share of any one class among those of top-agreement", 0, 1)
    {
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<string?> _labelsPerClip = new("--labels-per-clip")
    {
        HelpName = "N",
        Description = "Mean number of predicted labels a clip, which sets the threshold of the other strategies; "
            + "auto: that of the clips of --curated",
    };

    private readonly PathOption _curated = new("--curated", "FILE", "Label file of trusted clips, for auto") { Required = false };
    private readonly PathOption _out = new(
        "--out", "FILE", "The selection: fname,labels by file name; of top-agreement fname,labels,agreement,margin,rank, best first");

    private readonly JsonOption _json = new();

    public CurateCommand(Terminal terminal) : base(
        "curate",
        "Selects the doubtful clips whose given labels predictions bear out, or gives them predicted labels.",
        "tagging curate --labels noisy.csv --predictions scores.csv --strategy top-agreement --top 50 --out trusted.csv")
    {
        _terminal = terminal;
        _strategy.AcceptOnlyFromAmong([TopAgreementStrategy, .. _relabelStrategies.Keys]);
        Options.Add(_labels);
        Options.Add(_predictions);
        Options.Add(_strategy);
        Options.Add(_top);
        Options.Add(_classCap);
        Options.Add(_labelsPerClip);
        Options.Add(_curated);
        Options.Add(_out);
        Options.Add(_json);
    }

    protected override Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        RequireWhatTheStrategyTakes(line);
        var pair = LabelledPredictions.Read(line.GetRequiredValue(_labels), line.GetRequiredValue(_predictions));
        return _relabelStrategies.TryGetValue(line.GetRequiredValue(_strategy), out var strategy)
            ? RelabelAsync(line, pair, strategy)
            : SelectAsync(line, pair);
    }

    private async Task<int> SelectAsync(ParseResult line, LabelledPredictions pair)
    {
        var (top, cap, path) = (line.GetRequiredValue(_top), line.GetValue(_classCap), line.GetRequiredValue(_out));
        var selected = pair.Top(top, cap);
        await WriteAsync(path, partial => TopAgreement.Write(partial, pair.Labels.Classes, selected));
        if (line.GetValue(_json))
        {
            _terminal.WriteJson(new Selection
            {
                File = path,
                Wanted = top,
                Clips = [.. selected.Select(ranked => new SelectedClip(
                    ranked.Clip.FileName, Names(pair, ranked.Clip), ranked.Agreement, ranked.Margin, ranked.Rank))],
            });
            return ExitCode.Success;
        }
        _terminal.Out.WriteLine($"{Figures.Count(selected.Count)} of {Figures.Count(pair.Labels.Clips.Count)} clips written to {path}; "
            + $"agreement {Figures.Lwlrap(selected[^1].Agreement)} to {Figures.Lwlrap(selected[0].Agreement)}");
        if (selected.Count < top)
        {
            _terminal.Out.WriteLine(
                $"{Figures.Count(top - selected.Count)} fewer than asked for: every other clip has a class that is full at its cap, "
                + $"{Figures.Count(new ClassCap(pair.Labels.Classes.Count, cap, top).Limit)} clips");
        }
        return ExitCode.Success;
    }

    private async Task<int> RelabelAsync(ParseResult line, LabelledPredictions pair, RelabelStrategy strategy)
    {
        var path = line.GetRequiredValue(_out);
        var asked = line.GetRequiredValue(_labelsPerClip)!;
        var relabelled = pair.Relabel(strategy, asked == Auto ? LabelsPerClipOf(line, pair) : Number(asked)!.Value);
        await WriteAsync(path, partial => LabelTable.Write(partial, pair.Labels.Classes, relabelled.Clips));
        if (line.GetValue(_json))
        {
            _terminal.WriteJson(new Relabelled
            {
                File = path,
                Threshold = relabelled.Threshold,
                LabelsPerClip = relabelled.LabelsPerClip,
                Clips = [.. relabelled.Clips.Select(clip => new RelabelledClip(clip.FileName, Names(pair, clip)))],
            });
            return ExitCode.Success;
        }
        _terminal.Out.WriteLine(
            $"{Figures.Count(relabelled.Clips.Count)} of {Figures.Count(pair.Labels.Clips.Count)} clips written to {path}; "
            + $"predicted labels exceed {Figures.Lwlrap(relabelled.Threshold)}, which gives {Figures.Lwlrap(relabelled.LabelsPerClip)} a clip");
        return ExitCode.Success;
    }

    private static Task WriteAsync(string path, Action<string> write)
    {
        OutputFile.Prepare(path);
        return OutputFile.WriteAsync(path, partial =>
        {
            write(partial);
            return Task.CompletedTask;
        });
    }

    private static string[] Names(LabelledPredictions pair, LabelledClip clip) =>
        [.. clip.Labels.Select(label => pair.Labels.Classes.Names[label])];

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number > 0 && double.IsFinite(number)
            ? number
            : null;

    private double LabelsPerClipOf(ParseResult line, LabelledPredictions pair)
    {
        var path = line.GetRequiredValue(_curated);
        var trusted = pair.ReadLabels(path);
        try
        {
            return Relabelling.LabelsPerClipOf(trusted);
        }
        catch (InputException fault)
        {
            throw new InputException($"{path}: {fault.Message}", fault);
        }
    }

    private void RequireWhatTheStrategyTakes(ParseResult line)
    {
        var strategy = line.GetRequiredValue(_strategy);
        bool Given(Option option) => line.GetResult(option) is { Implicit: false };
        var ranks = strategy == TopAgreementStrategy;
        Option[] others = ranks ? [_labelsPerClip, _curated] : [_top, _classCap];
        var asked = line.GetValue(_labelsPerClip);
        var fault = others.FirstOrDefault(Given) is { } stranger ? $"{stranger.Name} is not for the strategy {strategy}"
            : ranks && !Given(_top) ? $"{TopAgreementStrategy} needs --top, how many clips to select"
            : ranks ? null
            : asked is null ? $"{strategy} needs --labels-per-clip, a number or {Auto}"
            : asked == Auto && !Given(_curated) ? $"--labels-per-clip {Auto} needs --curated, the label file whose mean is meant"
            : asked != Auto && Given(_curated) ? $"--curated is for --labels-per-clip {Auto}"
            : asked != Auto && Number(asked) is null ? $"--labels-per-clip takes a number above 0 or {Auto}, not '{asked}'"
            : null;
        if (fault is not null)
        {
            throw new InputException($"{fault}. See: tagging {Name} --help");
        }
    }

    private sealed record Selection
    {
        public required string File { get; init; }

        public required int Wanted { get; init; }

        public required SelectedClip[] Clips { get; init; }
    }

    private sealed record SelectedClip(string Fname, string[] Labels, double Agreement, double Margin, int Rank);

    private sealed record Relabelled
    {
        public required string File { get; init; }

        public required double Threshold { get; init; }

        public required double LabelsPerClip { get; init; }

        public required RelabelledClip[] Clips { get; init; }
    }

    private sealed record RelabelledClip(string Fname, string[] Labels);
}
