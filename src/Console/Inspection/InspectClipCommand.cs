using System.CommandLine;
using System.Globalization;
using Orleans;
using OrleansTagging.Abstractions;
using OrleansTagging.Commands.Options;

namespace OrleansTagging.Commands.Inspection;

/// <summary><c>inspect clip</c>, <c>why</c>: the story of one noisy clip.</summary>
internal sealed class InspectClipCommand : InspectCommand<ClipRecord>
{
    private readonly KeyArgument _clip = new("The curriculum and the noisy clip", "EXPERIMENT", "CURRICULUM", "FNAME");

    public InspectClipCommand(Terminal terminal, string name) : base(
        terminal,
        name,
        "Tells why a noisy clip was promoted or not: what each round's models predicted, its agreement and rank, and who was trained on it.",
        $"tagging {(name == "why" ? "why" : "inspect clip")} demo/main 0a1b2c3d.wav") => Arguments.Add(_clip);

    protected override Task<ClipRecord?> AskAsync(ParseResult line, GrainConnection host) =>
        host.Grains.GetGrain<ICurriculumGrain>(Curriculum(line)).GetClip(_clip.Of(line)[2]!);

    // The shards that hold the clip's scores among those of others.
    protected override string StateOf(ParseResult line, ClipRecord record) => $"grain/noisy-scores/{Curriculum(line)}/";

    protected override string NotThere(ParseResult line) =>
        $"Curriculum '{_clip.Of(line)[1]}' of experiment '{_clip.Of(line)[0]}' has not scored a noisy clip '{_clip.Of(line)[2]}' in the store "
        + $"{StoreOf(line)}.";

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
            }),
            ("decided by hand", DecisionText.Of(record.Decision)));
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
                (round.Promoted ? "yes" : "no") + (round.Decision is null ? "" : ", by hand"),
                Predicted(round.Predicted));
        }
        Terminal.WriteTable(table);
        var models = new DataTable(
            "Models", DataColumn.Figure("round"), DataColumn.Figure("fold"), "heard it", "counts", "trained by job", "predicted");
        foreach (var round in record.Rounds)
        {
            foreach (var model in round.Models)
            {
                models.Add(
                    Figures.Count(round.Round), Figures.Count(model.Fold), model.TrainedOnIt ? "yes" : "no", model.Counts ? "yes" : "no",
                    Figures.Text(model.TrainingJob), Predicted(model.Predicted[..1]));
            }
        }
        Terminal.WriteTable(models);
        if (record.UsedBy.Length > 0)
        {
            var uses = new DataTable("Trained on it", "who", "selection", "folds", "as");
            foreach (var use in record.UsedBy)
            {
                uses.Add(use.Owner, use.Selection, string.Join(' ', use.Folds.Select(fold => Figures.Count(fold))), string.Join(", ", use.Labels));
            }
            Terminal.WriteTable(uses);
        }
    }

    private static string Predicted(IEnumerable<PredictedLabel> labels) => string.Join(", ", labels.Select(predicted =>
        string.Create(CultureInfo.InvariantCulture, $"{predicted.Label} {predicted.Probability:0.00}")));

    private string Curriculum(ParseResult line) => string.Join('/', _clip.Of(line).Take(2));
}
