using System.CommandLine;
using Orleans;
using OrleansTagging.Abstractions;
using OrleansTagging.Commands.Options;

namespace OrleansTagging.Commands.Inspection;

/// <summary><c>inspect fold</c>: one fold of a member, or of a curriculum's scorer.</summary>
internal sealed class InspectFoldCommand : InspectCommand<FoldRecord>
{
    private readonly Argument<string> _experiment = new("EXPERIMENT") { Description = "Name of the experiment" };
    private readonly Argument<string> _member = new("MEMBER") { Description = "Name of the member, or CURRICULUM.scorer" };
    private readonly Argument<string> _selection = new("SELECTION") { Description = "What it is trained on: curated or CURRICULUM@ROUND" };
    private readonly NumberArgument _fold = new("FOLD", "The fold, counted from 0", 0);

    public InspectFoldCommand(Terminal terminal) : base(
        terminal, "fold", "Shows one fold: its jobs, its clips, its validation lwlrap.", "tagging inspect fold demo main.scorer curated 0")
    {
        Arguments.Add(_experiment);
        Arguments.Add(_member);
        Arguments.Add(_selection);
        Arguments.Add(_fold);
    }

    protected override Task<FoldRecord?> AskAsync(ParseResult line, IGrainFactory grains) =>
        grains.GetGrain<IFoldGrain>(Key(line)).GetStatus();

    protected override string NotThere(ParseResult line) =>
        $"There is no fold '{Key(line)}' in the store {StoreOf(line)}; "
        + $"tagging inspect experiment {line.GetRequiredValue(_experiment)} names the members.";

    protected override void Show(FoldRecord record) => Terminal.WriteFacts(
        $"Fold {record.Owner} {record.Selection} {Figures.Count(record.Fold)}",
        ("state", record.Problem ?? (record.Done ? "done" : record.WaitsFor ?? "running")),
        ("lwlrap on its validation clips", Figures.Lwlrap(record.Lwlrap)),
        ("the same, honest", Figures.Lwlrap(record.HonestLwlrap)),
        ("best epoch", record.BestEpoch is { } epoch ? Figures.Count(epoch) : Figures.Absent),
        ("clips trained on", Figures.Count(record.TrainClips)),
        ("clips validated on", Figures.Count(record.ValidationClips)),
        ("training job", Figures.Text(record.TrainingJob)),
        ("which continues", record.ContinuedJobs.Length == 0 ? Figures.Absent : string.Join(", ", record.ContinuedJobs)),
        ("job for the noisy clips", Figures.Text(record.NoisyJob)),
        ("job for the test clips", Figures.Text(record.TestJob)),
        ("validation clips", Figures.Text(record.ValidationList)),
        ("out-of-fold predictions", Figures.Text(record.OutOfFold)),
        ("predictions of noisy clips", Figures.Text(record.NoisyPredictions)),
        ("predictions of test clips", Figures.Text(record.TestPredictions)));

    private string Key(ParseResult line) => string.Join('/',
        line.GetRequiredValue(_experiment),
        line.GetRequiredValue(_member),
        line.GetRequiredValue(_selection),
        Figures.Count(line.GetRequiredValue(_fold)));
}
