using System.CommandLine;
using System.Globalization;
using Orleans;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Commands.Inspection;

/// <summary><c>inspect round</c>: one round of a curriculum.</summary>
internal sealed class InspectRoundCommand : InspectCommand<object>
{
    private const string Rest = "rest";

    private readonly Argument<string> _experiment = new("EXPERIMENT") { Description = "Name of the experiment" };
    private readonly Argument<string> _curriculum = new("CURRICULUM") { Description = "Name of the curriculum" };
    private readonly Argument<string> _round = new("ROUND") { Description = $"The round, counted from 1, or {Rest} for the clips that no round promoted" };

    public InspectRoundCommand(Terminal terminal) : base(
        terminal,
        "round",
        "Shows one round: its scorer, what it promoted, and how much of that is true; or what became of the rest.",
        "tagging inspect round demo main 2")
    {
        Arguments.Add(_experiment);
        Arguments.Add(_curriculum);
        Arguments.Add(_round);
        _round.Validators.Add(result =>
        {
            var asked = result.Tokens is [var token, ..] ? token.Value : "";
            if (asked != Rest && Number(asked) is null)
            {
                result.AddError($"ROUND is '{asked}'; give a number from 1 up, or {Rest}.");
            }
        });
    }

    protected override async Task<object?> AskAsync(ParseResult line, IGrainFactory grains)
    {
        var curriculum = grains.GetGrain<ICurriculumGrain>(
            $"{line.GetRequiredValue(_experiment)}/{line.GetRequiredValue(_curriculum)}");
        return Number(line.GetRequiredValue(_round)) is { } round ? await curriculum.GetRound(round) : await curriculum.GetRelabelled();
    }

    protected override string NotThere(ParseResult line) =>
        $"Round {line.GetRequiredValue(_round)} of curriculum '{line.GetRequiredValue(_curriculum)}' of experiment "
        + $"'{line.GetRequiredValue(_experiment)}' has not begun in the store {StoreOf(line)}.";

    protected override void Show(object record)
    {
        if (record is RelabelRecord rest)
        {
            Show(rest);
        }
        else
        {
            Show((RoundRecord)record);
        }
    }

    private void Show(RoundRecord record) => Terminal.WriteFacts(
        $"Round {Figures.Count(record.Round)} of {record.Curriculum}",
        ("step", record.Diverged is { } why ? $"{record.Step}: {why}" : record.Step),
        ("scorer trained on", record.ScorerSelection),
        ("scorer's folds done", $"{Figures.Count(record.FoldsDone)} of {Figures.Count(record.Folds)}"),
        ("cross-validated lwlrap", Figures.Lwlrap(record.CrossValidatedLwlrap)),
        ("test lwlrap", Figures.Lwlrap(record.TestLwlrap)),
        ("promoted", $"{Figures.Count(record.Promoted)} of {Figures.Count(record.K)}"),
        ("of those promoted before", Figures.Count(record.Overlap)),
        ("promoted before and no longer", Figures.Share(record.Dropped)),
        ("agreement of the last", Figures.Lwlrap(record.AgreementAtCut)),
        ("its fall since the round before", Figures.Lwlrap(record.AgreementFall)),
        ("margin of the last", Figures.Lwlrap(record.MarginAtCut)),
        ("mean agreement", Figures.Lwlrap(record.MeanAgreement)),
        ("truly right", Figures.Share(record.TrulyRight)),
        ("truly right in the noisy set", Figures.Share(record.BaseRate)),
        ("scored by", record.Scoring.Replace('_', ' ')),
        ("cross-fitted would promote", Told(record.CrossFitted)),
        ("all folds would promote", Told(record.AllFolds)),
        ("clips that both would", record.PromotedByBoth is { } both ? Figures.Count(both) : Figures.Absent),
        ("the promoted clips", Figures.Text(record.Selection)));

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
