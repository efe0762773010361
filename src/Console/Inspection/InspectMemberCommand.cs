using System.CommandLine;
using Orleans;
using OrleansTagging.Abstractions;
using OrleansTagging.Commands.Experiments;
using OrleansTagging.Commands.Options;

namespace OrleansTagging.Commands.Inspection;

/// <summary><c>inspect member</c>: one member, its folds and its classes.</summary>
internal sealed class InspectMemberCommand : InspectCommand<MemberRecord>
{
    private readonly KeyArgument _member = new("The member", "EXPERIMENT", "MEMBER");

    public InspectMemberCommand(Terminal terminal) : base(
        terminal, "member", "Shows one member: its figures, its folds, and class by class how good it is.",
        "tagging inspect member demo/curated_only") => Arguments.Add(_member);

    protected override Task<MemberRecord?> AskAsync(ParseResult line, GrainConnection host) =>
        host.Grains.GetGrain<IEnsembleMemberGrain>(_member.KeyOf(line)).GetStatus(null);

    protected override string StateOf(ParseResult line, MemberRecord record) => $"grain/member/{_member.KeyOf(line)}/member";

    protected override string NotThere(ParseResult line) =>
        $"Member '{_member.Of(line)[1]}' of experiment '{_member.Of(line)[0]}' has not begun in the store "
        + $"{StoreOf(line)}; tagging inspect experiment {_member.Of(line)[0]} names the members.";

    protected override void Show(MemberRecord record)
    {
        Terminal.WriteFacts(
            $"Member {record.Member}",
            ("state", record.Problem ?? (record.Done ? "done" : record.WaitsFor ?? "running")),
            ("model", record.Model),
            ("selection", record.Selection),
            ("trained on", Figures.Text(record.TrainedOn)),
            ("cv lwlrap, 95 % of resamples", ExperimentTables.WithInterval(record.CrossValidatedLwlrap, record.CrossValidatedInterval)),
            ("honest cv lwlrap", Figures.Lwlrap(record.HonestLwlrap)),
            ("test lwlrap, 95 % of resamples", ExperimentTables.WithInterval(record.TestLwlrap, record.TestInterval)),
            ("hold-out lwlrap", Figures.Lwlrap(record.HoldoutLwlrap)),
            ("predictions of test clips", Figures.Text(record.TestPredictions)));
        var folds = new DataTable(
            "Folds", DataColumn.Figure("fold"), DataColumn.Figure("trained on"), DataColumn.Figure("validated on"), DataColumn.Figure("lwlrap"),
            DataColumn.Figure("honest"), DataColumn.Figure("best epoch"));
        foreach (var fold in record.Folds)
        {
            folds.Add(
                Figures.Count(fold.Fold), Figures.Count(fold.TrainClips), Figures.Count(fold.ValidationClips), Figures.Lwlrap(fold.Lwlrap),
                Figures.Lwlrap(fold.HonestLwlrap), fold.BestEpoch is { } epoch ? Figures.Count(epoch) : Figures.Absent);
        }
        Terminal.WriteTable(folds);
        if (record.CrossValidatedPerClass.Length > 0)
        {
            Terminal.WriteTable(ExperimentTables.Classes(record));
        }
    }
}
