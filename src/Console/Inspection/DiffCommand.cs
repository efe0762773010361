using System.CommandLine;
using OrleansTagging.Commands.Options;
using OrleansTagging.Grains;

namespace OrleansTagging.Commands.Inspection;

/// <summary><c>diff</c>: the selections of two rounds, or of two curricula, side by side.</summary>
internal sealed class DiffCommand : TaggingCommand
{
    private const int Shown = 10;

    private readonly Terminal _terminal;
    private readonly Argument<string> _a = new("A") { Description = "EXPERIMENT/CURRICULUM@ROUND, or @relabelled" };
    private readonly Argument<string> _b = new("B") { Description = "The other one" };
    private readonly StoreOption _store = new();
    private readonly ConnectOption _connect = new();
    private readonly JsonOption _json = new();

    public DiffCommand(Terminal terminal) : base(
        "diff", "Compares the clips that two rounds, or two curricula, selected.", "tagging diff demo/main@1 demo/main@2")
    {
        _terminal = terminal;
        Arguments.Add(_a);
        Arguments.Add(_b);
        Options.Add(_store);
        Options.Add(_connect);
        Options.Add(_json);
    }

    protected override async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        await using var host = await GrainConnection.OpenAsync(line, StoreOption.OpenExisting(line), cancellationToken);
        var difference = await SelectionDifference.OfAsync(
            host.Grains, host.Store.Artifacts, line.GetRequiredValue(_a), line.GetRequiredValue(_b)).WaitAsync(cancellationToken);
        if (line.GetValue(_json))
        {
            _terminal.WriteJson(difference);
        }
        else
        {
            Show(difference);
        }
        return ExitCode.Success;
    }

    private void Show(SelectionDifference difference)
    {
        var (a, b) = (difference.A, difference.B);
        _terminal.WriteFacts(
            $"{a.Name} and {b.Name}",
            ($"clips of {a.Name}", Figures.Count(a.Clips)),
            ($"clips of {b.Name}", Figures.Count(b.Clips)),
            ("in both", Figures.Count(difference.Both)),
            ("with other labels", Figures.Count(difference.Relabelled.Length)),
            ($"in {a.Name} alone", Figures.Count(difference.OnlyA.Length)),
            ($"in {b.Name} alone", Figures.Count(difference.OnlyB.Length)),
            ("agreement at the cuts", $"{Figures.Lwlrap(a.AgreementAtCut)}, {Figures.Lwlrap(b.AgreementAtCut)}"));
        Show($"In {a.Name} alone", difference.OnlyA, clip => (clip.LabelsInA, clip.AgreementInA));
        Show($"In {b.Name} alone", difference.OnlyB, clip => (clip.LabelsInB, clip.AgreementInB));
        var classes = new DataTable("Classes", "class", DataColumn.Figure(a.Name), DataColumn.Figure(b.Name));
        foreach (var row in difference.Classes)
        {
            classes.Add(row.Class, Figures.Count(row.A), Figures.Count(row.B));
        }
        _terminal.WriteTable(classes);
    }

    private void Show(string title, DifferentClip[] clips, Func<DifferentClip, (string? Labels, double? Agreement)> of)
    {
        if (clips.Length == 0)
        {
            return;
        }
        var table = new DataTable(
            clips.Length > Shown ? $"{title}, the first {Figures.Count(Shown)}" : title, "clip", DataColumn.Figure("agreement"), "labels");
        foreach (var clip in clips.Take(Shown))
        {
            table.Add(clip.Fname, Figures.Lwlrap(of(clip).Agreement), Figures.Text(of(clip).Labels));
        }
        _terminal.WriteTable(table);
    }
}
