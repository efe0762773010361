using System.CommandLine;
using System.Globalization;
using Orleans;
using OrleansTagging.Abstractions;
using OrleansTagging.Commands.Options;

namespace OrleansTagging.Commands.Inspection;

/// <summary><c>inspect fold</c>: one fold of a member, or of a curriculum's scorer.</summary>
internal sealed class InspectFoldCommand : InspectCommand<FoldRecord>
{
    private readonly KeyArgument _fold = new(
        "The fold, counted from 0; CURRICULUM.scorer in the member's place for a curriculum's own models", "EXPERIMENT", "MEMBER", "SELECTION", "FOLD");

    public InspectFoldCommand(Terminal terminal) : base(
        terminal, "fold", "Shows one fold: its jobs, its clips, its validation lwlrap.", "tagging inspect fold demo/main.scorer/curated/0")
    {
        Arguments.Add(_fold);
        _fold.Validators.Add(result =>
        {
            var last = result.Tokens[^1].Value.Split('/')[^1];
            if (!int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                result.AddError($"FOLD is a whole number from 0 up, not '{last}'.");
            }
        });
    }

    protected override Task<FoldRecord?> AskAsync(ParseResult line, GrainConnection host) =>
        host.Grains.GetGrain<IFoldGrain>(_fold.KeyOf(line)).GetStatus();

    protected override string StateOf(ParseResult line, FoldRecord record) => $"grain/fold/{_fold.KeyOf(line)}/fold";

    protected override string NotThere(ParseResult line) =>
        $"There is no fold '{_fold.KeyOf(line)}' in the store {StoreOf(line)}; "
        + $"tagging inspect experiment {_fold.Of(line)[0]} names the members.";

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
}
