using System.Globalization;
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

    /// <summary>Writes the rounds, the members and the ensembles.</summary>
    public static void Write(Terminal terminal, ExperimentProgress progress)
    {
        if (progress.Rounds.Length > 0)
        {
            terminal.WriteTable(Rounds(progress.Rounds));
            terminal.Out.WriteLine("cv, test: lwlrap of the round's scorer, cross-validated and on the test clips.");
            terminal.Out.WriteLine("right: promoted clips whose labels are true; base: the same of the noisy set.");
            foreach (var diverged in progress.Rounds.Where(round => round.Diverged is not null))
            {
                terminal.Out.WriteLine(Diverged(diverged));
            }
            terminal.Out.WriteLine();
            WriteScorings(terminal, progress.Rounds);
        }
        if (progress.Relabelled.Length > 0)
        {
            terminal.WriteTable(Relabelled(progress.Relabelled));
            terminal.Out.WriteLine("labels: predicted a clip; kept: promoted clips; new: clips with the labels that they now have.");
            terminal.Out.WriteLine("right, before: of the new, those whose labels are true, now and as they were given.");
            terminal.Out.WriteLine();
        }
        WriteMembers(terminal, progress.Members);
        if (progress.Spreads.Length > 0)
        {
            terminal.Out.WriteLine();
            terminal.WriteTable(Spreads(progress.Spreads));
        }
        if (progress.Ensembles.Length > 0)
        {
            terminal.Out.WriteLine();
            terminal.WriteTable(Ensembles(progress.Ensembles));
            terminal.Out.WriteLine("of: members with a weight; test: lwlrap, and where 95 % of resamples lie.");
            if (Array.Exists(progress.Ensembles, ensemble => ensemble.HonestLwlrap is not null))
            {
                terminal.Out.WriteLine("honest: cv by what was chosen on other clips.");
            }
        }
        if (progress.EnsembleTestLwlrap is { } test)
        {
            var leaderboard = progress.EnsembleLeaderboard is { } scores
                ? $" (public {Figures.Lwlrap(scores.Public)}, private {Figures.Lwlrap(scores.Private)})"
                : "";
            terminal.Out.WriteLine($"Ensemble: test lwlrap {Figures.Lwlrap(test)}{leaderboard}");
        }
    }

    /// <summary>Why a round ended the rounds, in one line.</summary>
    public static string Diverged(RoundRecord round) =>
        $"{round.Curriculum} diverged at round {Figures.Count(round.Round)}: {round.Diverged}; the rounds end there, and "
        + (round.Round == 1 ? "nothing is promoted." : $"{round.Curriculum}@{Figures.Count(round.Round - 1)} is used in its place.");

    /// <summary>Classes of a member, the worst of the cross-validation first.</summary>
    public static DataTable Classes(MemberRecord member)
    {
        var table = new DataTable(
            "Classes", "class", DataColumn.Figure("cv lwlrap"), DataColumn.Figure("cv clips"), DataColumn.Figure("test lwlrap"),
            DataColumn.Figure("test clips"));
        foreach (var label in Enumerable.Range(0, member.Classes.Length)
            .Where(label => member.CrossValidatedPerClass.Length > 0)
            .OrderBy(label => member.CrossValidatedCounts[label] == 0 ? double.PositiveInfinity : member.CrossValidatedPerClass[label]))
        {
            var tested = member.TestCounts.Length > 0 && member.TestCounts[label] > 0;
            table.Add(
                member.Classes[label],
                Figures.Lwlrap(member.CrossValidatedCounts[label] > 0 ? member.CrossValidatedPerClass[label] : null),
                Figures.Count(member.CrossValidatedCounts[label]),
                Figures.Lwlrap(tested ? member.TestPerClass[label] : null),
                member.TestCounts.Length > 0 ? Figures.Count(member.TestCounts[label]) : Figures.Absent);
        }
        return table;
    }

    /// <summary>A figure and its interval.</summary>
    public static string WithInterval(double? figure, LwlrapInterval? interval) => interval is null
        ? Figures.Lwlrap(figure)
        : $"{Figures.Lwlrap(figure)} {Short(interval.Low)}-{Short(interval.High)}";

    private static string Short(double figure) => figure.ToString("0.000", CultureInfo.InvariantCulture);

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

    /// <summary>From the second round on: how far predictions have moved, and what either way to score would have promoted.</summary>
    private static void WriteScorings(Terminal terminal, RoundRecord[] rounds)
    {
        var later = rounds.Where(round => round is { Round: > 1, AllFolds: not null }).ToArray();
        if (later.Length == 0)
        {
            return;
        }
        var table = new DataTable(
            "From round to round",
            "round", DataColumn.Figure("cut"), DataColumn.Figure("fell"), DataColumn.Figure("dropped"), DataColumn.Figure("cut, all"),
            DataColumn.Figure("right"), DataColumn.Figure("right, all"), DataColumn.Figure("both"));
        foreach (var round in later)
        {
            table.Add(
                $"{round.Curriculum}@{Figures.Count(round.Round)}",
                Figures.Lwlrap(round.CrossFitted?.AgreementAtCut),
                Figures.Lwlrap(round.AgreementFall),
                Figures.Share(round.Dropped),
                Figures.Lwlrap(round.AllFolds!.AgreementAtCut),
                Figures.Share(round.CrossFitted?.TrulyRight),
                Figures.Share(round.AllFolds.TrulyRight),
                round.PromotedByBoth is { } both ? Figures.Count(both) : Figures.Absent);
        }
        terminal.WriteTable(table);
        terminal.Out.WriteLine("cut: agreement of the last clip promoted, by models never trained on it;");
        terminal.Out.WriteLine("fell: since the round before; dropped: of those promoted before, no longer so;");
        terminal.Out.WriteLine("all: had the average of all folds' models chosen; both: clips that either would.");
        terminal.Out.WriteLine();
    }

    private static DataTable Relabelled(RelabelRecord[] rests)
    {
        var table = new DataTable(
            "The rest", "curriculum", "how", DataColumn.Figure("labels"), DataColumn.Figure("kept"), DataColumn.Figure("new"),
            DataColumn.Figure("left out"), DataColumn.Figure("right"), DataColumn.Figure("before"));
        foreach (var rest in rests)
        {
            table.Add(
                rest.Curriculum,
                rest.Step == "done" ? rest.Rest : rest.Step,
                rest.PredictedPerClip?.ToString("0.00", CultureInfo.InvariantCulture) ?? Figures.Absent,
                Figures.Count(rest.Kept),
                Figures.Count(rest.Relabelled),
                Figures.Count(rest.Dropped),
                Figures.Share(rest.TrulyRight),
                Figures.Share(rest.GivenTrulyRight));
        }
        return table;
    }

    private static void WriteMembers(Terminal terminal, MemberRecord[] members)
    {
        var keepBest = Array.Exists(members, member => member.HonestLwlrap is not null);
        var heldOut = Array.Exists(members, member => member.HoldoutLwlrap is not null);
        var onLeaderboard = Array.Exists(members, member => member.Leaderboard is not null);
        var measure = keepBest || heldOut ? "" : " lwlrap";
        List<DataColumn> columns = ["member", "model", "selection", DataColumn.Figure("folds"), DataColumn.Figure($"cv{measure}")];
        if (keepBest)
        {
            columns.Add(DataColumn.Figure("honest"));
        }
        columns.Add(DataColumn.Figure($"test{measure}"));
        if (onLeaderboard)
        {
            columns.AddRange([DataColumn.Figure("public"), DataColumn.Figure("private")]);
        }
        if (heldOut)
        {
            columns.Add(DataColumn.Figure("hold-out"));
        }
        var table = new DataTable("Members", [.. columns]);
        foreach (var member in members)
        {
            List<string> cells =
            [
                member.Member,
                member.Model,
                member.TrainedOn is { } used && used != member.Selection ? $"{used} for {member.Selection}" : member.Selection,
                $"{Figures.Count(member.FoldsDone)}/{Figures.Count(member.FoldsTotal)}",
                Figures.Lwlrap(member.CrossValidatedLwlrap),
            ];
            if (keepBest)
            {
                cells.Add(Figures.Lwlrap(member.HonestLwlrap ?? member.CrossValidatedLwlrap));
            }
            cells.Add(Figures.Lwlrap(member.TestLwlrap));
            if (onLeaderboard)
            {
                cells.AddRange([Figures.Lwlrap(member.Leaderboard?.Public), Figures.Lwlrap(member.Leaderboard?.Private)]);
            }
            if (heldOut)
            {
                cells.Add(Figures.Lwlrap(member.HoldoutLwlrap));
            }
            table.Add([.. cells]);
        }
        terminal.WriteTable(table);
        if (keepBest)
        {
            terminal.Out.WriteLine("cv, test: lwlrap; honest: cv, every clip by the epoch that is best on other clips.");
        }
    }

    private static DataTable Spreads(SeedSpread[] spreads)
    {
        var table = new DataTable(
            "Over seeds", "members", DataColumn.Figure("seeds"), DataColumn.Figure("cv mean"), DataColumn.Figure("sd"),
            DataColumn.Figure("test mean"), DataColumn.Figure("sd"));
        foreach (var spread in spreads)
        {
            table.Add(
                spread.Name,
                Figures.Count(spread.Members.Length),
                Figures.Lwlrap(spread.CrossValidatedMean),
                Figures.Lwlrap(spread.CrossValidatedDeviation),
                Figures.Lwlrap(spread.TestMean),
                Figures.Lwlrap(spread.TestDeviation));
        }
        return table;
    }

    private static DataTable Ensembles(EnsembleRecord[] ensembles)
    {
        var chose = Array.Exists(ensembles, ensemble => ensemble.HonestLwlrap is not null);
        var heldOut = Array.Exists(ensembles, ensemble => ensemble.HoldoutLwlrap is not null);
        List<DataColumn> columns = ["ensemble", "method", DataColumn.Figure("of"), DataColumn.Figure("cv")];
        if (chose)
        {
            columns.Add(DataColumn.Figure("honest"));
        }
        columns.Add(DataColumn.Figure("test"));
        if (heldOut)
        {
            columns.Add(DataColumn.Figure("hold-out"));
        }
        var table = new DataTable("Ensembles", [.. columns]);
        foreach (var ensemble in ensembles)
        {
            List<string> cells =
            [
                ensemble.Name,
                ensemble.Method,
                Figures.Count(ensemble.Weights.Count(weight => weight > 0)),
                Figures.Lwlrap(ensemble.CrossValidatedLwlrap),
            ];
            if (chose)
            {
                cells.Add(Figures.Lwlrap(ensemble.HonestLwlrap ?? ensemble.CrossValidatedLwlrap));
            }
            cells.Add(WithInterval(ensemble.TestLwlrap, ensemble.TestInterval));
            if (heldOut)
            {
                cells.Add(Figures.Lwlrap(ensemble.HoldoutLwlrap));
            }
            table.Add([.. cells]);
        }
        return table;
    }
}
