using System.CommandLine;
using Orleans;
using OrleansTagging.Abstractions;
using OrleansTagging.Commands.Options;

namespace OrleansTagging.Commands.Inspection;

/// <summary>A curriculum as it is told.</summary>
internal sealed record InspectedCurriculum
{
    /// <summary>Its key: experiment/curriculum.</summary>
    public required string Curriculum { get; init; }

    /// <summary>Whether all of it is done.</summary>
    public required bool Done { get; init; }

    /// <summary>What it waits for, in one line.</summary>
    public string? WaitsFor { get; init; }

    /// <summary>Why it cannot go on, in one line.</summary>
    public string? Problem { get; init; }

    /// <summary>The rounds begun.</summary>
    public required RoundRecord[] Rounds { get; init; }

    /// <summary>What becomes of the rest.</summary>
    public RelabelRecord? Relabelled { get; init; }

    /// <summary>The decisions made by hand that hold for the rounds to come.</summary>
    public required ManualDecision[] Decisions { get; init; }

    /// <summary>Its jobs.</summary>
    public required JobCounts Jobs { get; init; }
}

/// <summary><c>inspect curriculum</c>: its rounds, what it waits for, and what was decided by hand.</summary>
internal sealed class InspectCurriculumCommand : InspectCommand<InspectedCurriculum>
{
    private readonly KeyArgument _curriculum = new("The curriculum", "EXPERIMENT", "CURRICULUM");

    public InspectCurriculumCommand(Terminal terminal) : base(
        terminal, "curriculum", "Shows a curriculum: its rounds, what it waits for, and what was decided by hand.",
        "tagging inspect curriculum demo/main") => Arguments.Add(_curriculum);

    protected override async Task<InspectedCurriculum?> AskAsync(ParseResult line, GrainConnection host)
    {
        var grain = host.Grains.GetGrain<ICurriculumGrain>(_curriculum.KeyOf(line));
        var status = await grain.GetStatus(null);
        return status.Jobs.Total == 0 ? null : new InspectedCurriculum
        {
            Curriculum = _curriculum.KeyOf(line),
            Done = status.Done,
            WaitsFor = status.WaitsFor,
            Problem = status.Problem,
            Rounds = status.Rounds,
            Relabelled = status.Relabelled,
            Decisions = await grain.GetDecisions(),
            Jobs = status.Jobs,
        };
    }

    protected override string StateOf(ParseResult line, InspectedCurriculum record) => $"grain/curriculum/{record.Curriculum}/curriculum";

    protected override string NotThere(ParseResult line) =>
        $"There is no curriculum '{_curriculum.KeyOf(line)}' in the store {StoreOf(line)}; "
        + $"tagging inspect experiment {_curriculum.Of(line)[0]} names the rounds of all of them.";

    protected override void Show(InspectedCurriculum record)
    {
        Terminal.WriteFacts(
            $"Curriculum {record.Curriculum}",
            ("state", record.Problem ?? (record.Done ? "done" : record.WaitsFor is { } waits ? $"waits for {waits}" : "running")),
            ("jobs done", $"{Figures.Count(record.Jobs.Done)} of {Figures.Count(record.Jobs.Total)}"));
        var table = new DataTable(
            "Rounds", DataColumn.Figure("round"), "step", DataColumn.Figure("k"), DataColumn.Figure("promoted"), DataColumn.Figure("cut"),
            DataColumn.Figure("dropped"), DataColumn.Figure("cv"), DataColumn.Figure("by hand"));
        foreach (var round in record.Rounds)
        {
            table.Add(
                Figures.Count(round.Round), round.Step, Figures.Count(round.K), Figures.Count(round.Promoted),
                Figures.Lwlrap(round.AgreementAtCut), Figures.Share(round.Dropped), Figures.Lwlrap(round.CrossValidatedLwlrap),
                Figures.Count(round.Decisions.Length));
        }
        Terminal.WriteTable(table);
        if (record.Decisions.Length > 0)
        {
            var decisions = new DataTable("Decided by hand", "clip", "what");
            foreach (var decision in record.Decisions)
            {
                decisions.Add(decision.Fname, DecisionText.Of(decision));
            }
            Terminal.WriteTable(decisions);
        }
    }
}
