using System.CommandLine;
using Orleans;
using OrleansTagging.Abstractions;
using OrleansTagging.Commands.Options;

namespace OrleansTagging.Commands.Inspection;

/// <summary><c>inspect round</c>: one round of a curriculum.</summary>
internal sealed class InspectRoundCommand : InspectCommand<RoundRecord>
{
    private readonly Argument<string> _experiment = new("EXPERIMENT") { Description = "Name of the experiment" };
    private readonly Argument<string> _curriculum = new("CURRICULUM") { Description = "Name of the curriculum" };
    private readonly NumberArgument _round = new("ROUND", "The round, counted from 1", 1);

    public InspectRoundCommand(Terminal terminal) : base(
        terminal,
        "round",
        "Shows one round: its scorer, what it promoted, and how much of that is true.",
        "tagging inspect round demo main 2")
    {
        Arguments.Add(_experiment);
        Arguments.Add(_curriculum);
        Arguments.Add(_round);
    }

    protected override Task<RoundRecord?> AskAsync(ParseResult line, IGrainFactory grains) => grains
        .GetGrain<ICurriculumGrain>($"{line.GetRequiredValue(_experiment)}/{line.GetRequiredValue(_curriculum)}")
        .GetRound(line.GetRequiredValue(_round));

    protected override string NotThere(ParseResult line) =>
        $"Round {line.GetRequiredValue(_round)} of curriculum '{line.GetRequiredValue(_curriculum)}' of experiment "
        + $"'{line.GetRequiredValue(_experiment)}' has not begun in the store {StoreOf(line)}.";

    protected override void Show(RoundRecord record) => Terminal.WriteFacts(
        $"Round {Figures.Count(record.Round)} of {record.Curriculum}",
        ("step", record.Step),
        ("scorer trained on", record.ScorerSelection),
        ("scorer's folds done", $"{Figures.Count(record.FoldsDone)} of {Figures.Count(record.Folds)}"),
        ("cross-validated lwlrap", Figures.Lwlrap(record.CrossValidatedLwlrap)),
        ("test lwlrap", Figures.Lwlrap(record.TestLwlrap)),
        ("promoted", $"{Figures.Count(record.Promoted)} of {Figures.Count(record.K)}"),
        ("of those promoted before", Figures.Count(record.Overlap)),
        ("agreement of the last", Figures.Lwlrap(record.AgreementAtCut)),
        ("truly right", Figures.Share(record.TrulyRight)),
        ("truly right in the noisy set", Figures.Share(record.BaseRate)),
        ("the promoted clips", Figures.Text(record.Selection)));
}
