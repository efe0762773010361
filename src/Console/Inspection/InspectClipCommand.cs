using System.CommandLine;
using System.Globalization;
using Orleans;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Commands.Inspection;

/// <summary><c>inspect clip</c>: what every round found about one noisy clip.</summary>
internal sealed class InspectClipCommand : InspectCommand<ClipRecord>
{
    private readonly Argument<string> _experiment = new("EXPERIMENT") { Description = "Name of the experiment" };
    private readonly Argument<string> _curriculum = new("CURRICULUM") { Description = "Name of the curriculum" };
    private readonly Argument<string> _clip = new("CLIP") { Description = "File name of a noisy clip" };

    public InspectClipCommand(Terminal terminal) : base(
        terminal,
        "clip",
        "Shows what each round found about a noisy clip: agreement, rank, predicted labels.",
        "tagging inspect clip demo main 0a1b2c3d.wav")
    {
        Arguments.Add(_experiment);
        Arguments.Add(_curriculum);
        Arguments.Add(_clip);
    }

    protected override Task<ClipRecord?> AskAsync(ParseResult line, IGrainFactory grains) => grains
        .GetGrain<ICurriculumGrain>($"{line.GetRequiredValue(_experiment)}/{line.GetRequiredValue(_curriculum)}")
        .GetClip(line.GetRequiredValue(_clip));

    protected override string NotThere(ParseResult line) =>
        $"Curriculum '{line.GetRequiredValue(_curriculum)}' of experiment '{line.GetRequiredValue(_experiment)}' has not scored "
        + $"a noisy clip '{line.GetRequiredValue(_clip)}' in the store {StoreOf(line)}.";

    protected override void Show(ClipRecord record)
    {
        Terminal.WriteFacts(
            $"Clip {record.Fname}",
            ("given labels", string.Join(", ", record.GivenLabels)),
            ("fold", Figures.Count(record.Fold)),
            ("used in the end as", record.RelabelledAs switch
            {
                null => Figures.Absent,
                [] => "left out",
                var labels => string.Join(", ", labels),
            }));
        var table = new DataTable(
            "Rounds", DataColumn.Figure("round"), DataColumn.Figure("agreement"), DataColumn.Figure("margin"), DataColumn.Figure("rank"),
            "promoted", "predicted");
        foreach (var round in record.Rounds)
        {
            table.Add(
                Figures.Count(round.Round),
                Figures.Lwlrap(round.Agreement),
                round.Margin.ToString("0.000", CultureInfo.InvariantCulture),
                round.Rank == 0 ? "-" : Figures.Count(round.Rank),
                round.Promoted ? "yes" : "no",
                string.Join(", ", round.Predicted.Select(predicted =>
                    string.Create(CultureInfo.InvariantCulture, $"{predicted.Label} {predicted.Probability:0.00}"))));
        }
        Terminal.WriteTable(table);
    }
}
