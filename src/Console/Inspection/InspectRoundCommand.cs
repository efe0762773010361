using System.CommandLine;
using System.Globalization;
using Orleans;
using OrleansTagging.Abstractions;
using OrleansTagging.Commands.Options;

namespace OrleansTagging.Commands.Inspection;

/// <summary><c>inspect round</c>: one round of a curriculum.</summary>
internal sealed class InspectRoundCommand : InspectCommand<object>
{
    private const string Rest = "rest";
    private const int Near = 5;
    private const int Widest = 30;

    private readonly KeyArgument _round = new(
        $"The curriculum and its round, counted from 1 (the last one begun, if left out), or {Rest} for the clips that no round promoted",
        "EXPERIMENT", "CURRICULUM", "[ROUND]");

    private readonly Option<int> _near = new NumberOption<int>("--near", "Clips to name on either side of the cut [default: 5]", 0, 1000)
    {
        DefaultValueFactory = _ => Near,
    };

    public InspectRoundCommand(Terminal terminal) : base(
        terminal,
        "round",
        "Shows one round from near: its scorer, whom it promoted and dropped, where the cut fell, how the classes moved; or what became of "
        + "the rest.",
        "tagging inspect round demo/main 2")
    {
        Arguments.Add(_round);
        Options.Add(_near);
        _round.Validators.Add(result =>
        {
            var given = string.Join('/', result.Tokens.Select(token => token.Value)).Split('/', StringSplitOptions.RemoveEmptyEntries);
            if (given.Length > 2 && given[2] != Rest && Number(given[2]) is null)
            {
                result.AddError($"ROUND is '{given[2]}'; give a number from 1 up, or {Rest}.");
            }
        });
    }

    protected override async Task<object?> AskAsync(ParseResult line, GrainConnection host)
    {
        var curriculum = host.Grains.GetGrain<ICurriculumGrain>(Key(line));
        var asked = _round.Of(line)[2];
        if (asked == Rest)
        {
            return await curriculum.GetRelabelled();
        }
        var round = asked is null ? (await curriculum.GetStatus(null)).Rounds.Length : Number(asked)!.Value;
        return await curriculum.InspectRound(round, line.GetValue(_near));
    }

    protected override string StateOf(ParseResult line, object record) => $"grain/curriculum/{Key(line)}/curriculum";

    protected override string NotThere(ParseResult line) =>
        $"{(_round.Of(line)[2] is { } round ? $"Round {round}" : "No round")} of curriculum '{_round.Of(line)[1]}' of experiment "
        + $"'{_round.Of(line)[0]}' has {(_round.Of(line)[2] is null ? "" : "not ")}begun in the store {StoreOf(line)}.";

    protected override void Show(object record)
    {
        if (record is RelabelRecord rest)
        {
            Show(rest);
        }
        else
        {
            Show((RoundInspection)record);
        }
    }

    private void Show(RoundInspection seen)
    {
        Show(seen.Record, seen);
        if (seen.Noisy == 0)
        {
            return;
        }
        Terminal.Out.WriteLine();
        Terminal.WriteTable(Histogram(seen));
        Terminal.WriteTable(Classes(seen));
        Terminal.WriteTable(AtTheCut(seen));
    }

    private static DataTable Histogram(RoundInspection seen)
    {
        var most = seen.Histogram.Max(bin => bin.Clips);
        var table = new DataTable(
            $"Agreement of the {Figures.Count(seen.Noisy)} noisy clips", "from", DataColumn.Figure("clips"), DataColumn.Figure("promoted"),
            "# promoted, - not");
        foreach (var bin in seen.Histogram)
        {
            int Bar(int clips) => (int)Math.Ceiling(clips * (double)Widest / Math.Max(1, most));
            var (all, promoted) = (Bar(bin.Clips), Bar(bin.Promoted));
            var cut = seen.Record.AgreementAtCut is { } at && bin.From <= at && (at < bin.To || bin.To == 1) ? " < cut" : "";
            table.Add(
                bin.From.ToString("0.00", CultureInfo.InvariantCulture), Figures.Count(bin.Clips), Figures.Count(bin.Promoted),
                new string('#', promoted) + new string('-', Math.Max(0, all - promoted)) + cut);
        }
        return table;
    }

    private static DataTable Classes(RoundInspection seen)
    {
        var table = new DataTable(
            "Classes", "class", DataColumn.Figure("noisy"), DataColumn.Figure("promoted"), DataColumn.Figure("before"),
            DataColumn.Figure("share"), DataColumn.Figure("before"), DataColumn.Figure("of noisy"));
        foreach (var row in seen.Classes.Where(row => row.Noisy > 0))
        {
            table.Add(
                row.Class, Figures.Count(row.Noisy), Figures.Count(row.Promoted), Figures.Count(row.PromotedBefore), Figures.Share(row.Share),
                Figures.Share(row.ShareBefore), Figures.Share(row.NoisyShare));
        }
        return table;
    }

    private static DataTable AtTheCut(RoundInspection seen)
    {
        var table = new DataTable(
            "Nearest to the cut", DataColumn.Figure("rank"), "clip", DataColumn.Figure("agreement"), DataColumn.Figure("margin"), "promoted",
            "given labels");
        foreach (var clip in seen.Above.Concat(seen.Below))
        {
            table.Add(
                Figures.Count(clip.Rank), clip.Fname, Figures.Lwlrap(clip.Agreement), clip.Margin.ToString("0.000", CultureInfo.InvariantCulture),
                clip.Promoted ? "yes" : "no", string.Join(", ", clip.GivenLabels));
        }
        return table;
    }

    private void Show(RoundRecord record, RoundInspection seen) => Terminal.WriteFacts(
        $"Round {Figures.Count(record.Round)} of {record.Curriculum}",
        ("step", record.Diverged is { } why ? $"{record.Step}: {why}" : record.Step),
        ("scorer trained on", record.ScorerSelection),
        ("scorer's folds done", $"{Figures.Count(record.FoldsDone)} of {Figures.Count(record.Folds)}"),
        ("cross-validated lwlrap", Figures.Lwlrap(record.CrossValidatedLwlrap)),
        ("test lwlrap", Figures.Lwlrap(record.TestLwlrap)),
        ("promoted", $"{Figures.Count(record.Promoted)} of {Figures.Count(record.K)}"),
        ("of those promoted before", Figures.Count(record.Overlap)),
        ("come in since", Figures.Count(seen.CameIn.Length)),
        ("promoted before and no longer", Limited(Figures.Share(record.Dropped), seen.Stop?.Dropped, "at most")),
        ("agreement of the last", Limited(Figures.Lwlrap(record.AgreementAtCut), seen.Stop?.AgreementAtCut, "at least")),
        ("its fall since the round before", Limited(Figures.Lwlrap(record.AgreementFall), seen.Stop?.AgreementFall, "at most")),
        ("margin of the last", Figures.Lwlrap(record.MarginAtCut)),
        ("mean agreement", Figures.Lwlrap(record.MeanAgreement)),
        ("label shares moved by", Figures.Share(seen.LabelShift)),
        ("and differ from the noisy set by", Figures.Share(seen.LabelShiftFromNoisy)),
        ("truly right", Figures.Share(record.TrulyRight)),
        ("truly right in the noisy set", Figures.Share(record.BaseRate)),
        ("scored by", record.Scoring.Replace('_', ' ')),
        ("cross-fitted would promote", Told(record.CrossFitted)),
        ("all folds would promote", Told(record.AllFolds)),
        ("clips that both would", record.PromotedByBoth is { } both ? Figures.Count(both) : Figures.Absent),
        ("decisions by hand honoured", Figures.Count(record.Decisions.Length)),
        ("the promoted clips", Figures.Text(record.Selection)));

    private static string Limited(string figure, double? limit, string which) => limit is { } bound
        ? string.Create(CultureInfo.InvariantCulture, $"{figure} ({which} {bound}, else the rounds end)")
        : figure;

    private string Key(ParseResult line) => string.Join('/', _round.Of(line).Take(2));

    private void Show(RelabelRecord record) => Terminal.WriteFacts(
        $"The rest of {record.Curriculum}",
        ("step", record.Step),
        ("how", record.Rest),
        ("scorer trained on", record.ScorerSelection),
        ("scorer's folds done", $"{Figures.Count(record.FoldsDone)} of {Figures.Count(record.Folds)}"),
        ("cross-validated lwlrap", Figures.Lwlrap(record.CrossValidatedLwlrap)),
        ("test lwlrap", Figures.Lwlrap(record.TestLwlrap)),
        ("labels a clip, wanted", Figures.Lwlrap(record.LabelsPerClip)),
        ("labels a clip, predicted", Figures.Lwlrap(record.PredictedPerClip)),
        ("threshold", Figures.Lwlrap(record.Threshold)),
        ("promoted clips kept", Figures.Count(record.Kept)),
        ("clips with new labels", Figures.Count(record.Relabelled)),
        ("clips left out", Figures.Count(record.Dropped)),
        ("of the new, truly right", Figures.Share(record.TrulyRight)),
        ("as they were given", Figures.Share(record.GivenTrulyRight)),
        ("the clips used", Figures.Text(record.Selection)));

    private static int? Number(string asked) =>
        int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;

    private static string Told(ScoringFigures? figures) => figures is null
        ? Figures.Absent
        : $"down to {Figures.Lwlrap(figures.AgreementAtCut)}, mean {Figures.Lwlrap(figures.MeanAgreement)}"
            + (figures.TrulyRight is { } right ? $", {Figures.Share(right)} truly right" : "");
}
