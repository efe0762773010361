using OrleansTagging.Abstractions;

namespace OrleansTagging.Commands.Experiments;

/// <summary>An experiment's rounds and members as tables.</summary>
internal static class ExperimentTables
{
    /// <summary>Where it stands, in a phrase.</summary>
    public static string Status(ExperimentProgress progress)
    {
        var status = progress.Status.ToString().ToLowerInvariant();
        return (progress.Problem ?? progress.WaitsFor) is { } why ? $"{status}: {why}" : status;
    }

    /// <summary>Writes the rounds, the members and the ensemble.</summary>
    public static void Write(Terminal terminal, ExperimentProgress progress)
    {
        if (progress.Rounds.Length > 0)
        {
            terminal.WriteTable(Rounds(progress.Rounds));
            terminal.Out.WriteLine("cv, test: lwlrap of the round's scorer, cross-validated and on the test clips.");
            terminal.Out.WriteLine("right: promoted clips whose labels are true; base: the same of the noisy set.");
            terminal.Out.WriteLine();
        }
        terminal.WriteTable(Members(progress.Members));
        if (progress.EnsembleTestLwlrap is { } ensemble)
        {
            var leaderboard = progress.EnsembleLeaderboard is { } scores
                ? $" (public {Figures.Lwlrap(scores.Public)}, private {Figures.Lwlrap(scores.Private)})"
                : "";
            terminal.Out.WriteLine($"Ensemble: test lwlrap {Figures.Lwlrap(ensemble)}{leaderboard}");
        }
    }

    private static DataTable Rounds(RoundRecord[] rounds)
    {
        var table = new DataTable(
            "Rounds",
            "round", "scorer on", DataColumn.Figure("cv"), DataColumn.Figure("test"),
            DataColumn.Figure("promoted"), DataColumn.Figure("right"), DataColumn.Figure("base"));
        foreach (var round in rounds)
        {
            table.Add(
                $"{round.Curriculum}@{Figures.Count(round.Round)}",
                round.ScorerSelection,
                Figures.Lwlrap(round.CrossValidatedLwlrap),
                Figures.Lwlrap(round.TestLwlrap),
                round.Step == "done" ? Figures.Count(round.Promoted) : round.Step,
                Figures.Share(round.TrulyRight),
                Figures.Share(round.BaseRate));
        }
        return table;
    }

    private static DataTable Members(MemberRecord[] members)
    {
        var hasLeaderboards = Array.Exists(members, member => member.Leaderboard is not null);
        DataColumn[] leaderboards = hasLeaderboards ? [DataColumn.Figure("public"), DataColumn.Figure("private")] : [];
        var table = new DataTable(
            "Members", ["member", "model", "selection", DataColumn.Figure("folds"), DataColumn.Figure("cv lwlrap"),
            DataColumn.Figure("test lwlrap"), .. leaderboards]);
        foreach (var member in members)
        {
            string[] scores = hasLeaderboards
                ? [Figures.Lwlrap(member.Leaderboard?.Public), Figures.Lwlrap(member.Leaderboard?.Private)]
                : [];
            table.Add([
                member.Member,
                member.Model,
                member.Selection,
                $"{Figures.Count(member.FoldsDone)}/{Figures.Count(member.FoldsTotal)}",
                Figures.Lwlrap(member.CrossValidatedLwlrap),
                Figures.Lwlrap(member.TestLwlrap),
                .. scores]);
        }
        return table;
    }
}
