using System.Globalization;
using System.Text;
using OrleansTagging.Abstractions;
using OrleansTagging.Grains;

namespace OrleansTagging.Commands.Export;

/// <summary>The tables of an export, CSV: a file a member with its classes, one of all rounds, a file a round with its classes.</summary>
internal static class ExportTables
{
    /// <summary>Paths below the export's folder and texts.</summary>
    public static IEnumerable<(string Path, string Text)> Of(ExportList list, List<RoundInspection> rounds)
    {
        foreach (var member in list.Members.Where(member => member.CrossValidatedPerClass.Length > 0))
        {
            yield return ($"tables/members/{member.Member}.classes.csv", Table(
                ["class", "cross_validated_lwlrap", "cross_validated_labels", "test_lwlrap", "test_labels"],
                member.Classes.Select((name, label) => new[]
                {
                    name, At(member.CrossValidatedPerClass, label), At(member.CrossValidatedCounts, label), At(member.TestPerClass, label),
                    At(member.TestCounts, label),
                })));
        }
        yield return ("tables/rounds.csv", Table(
            ["curriculum", "round", "k", "promoted", "cross_validated_lwlrap", "test_lwlrap", "agreement_at_cut", "mean_agreement", "dropped",
                "label_shift", "truly_right", "base_rate"],
            rounds.Select(seen => new[]
            {
                seen.Record.Curriculum, Text(seen.Record.Round), Text(seen.Record.K), Text(seen.Record.Promoted),
                Text(seen.Record.CrossValidatedLwlrap), Text(seen.Record.TestLwlrap), Text(seen.Record.AgreementAtCut),
                Text(seen.Record.MeanAgreement), Text(seen.Record.Dropped), Text(seen.LabelShift), Text(seen.Record.TrulyRight),
                Text(seen.Record.BaseRate),
            })));
        foreach (var seen in rounds)
        {
            var name = $"{seen.Record.Curriculum}@{Text(seen.Record.Round)}";
            yield return ($"tables/rounds/{name}.classes.csv", Table(
                ["class", "noisy", "promoted", "promoted_before", "share", "share_before", "noisy_share"],
                seen.Classes.Select(row => new[]
                {
                    row.Class, Text(row.Noisy), Text(row.Promoted), Text(row.PromotedBefore), Text(row.Share), Text(row.ShareBefore),
                    Text(row.NoisyShare),
                })));
            yield return ($"tables/rounds/{name}.agreement.csv", Table(
                ["from", "to", "clips", "promoted"],
                seen.Histogram.Select(bin => new[] { Text(bin.From), Text(bin.To), Text(bin.Clips), Text(bin.Promoted) })));
        }
    }

    private static string Table(string[] header, IEnumerable<string[]> rows)
    {
        var text = new StringBuilder();
        foreach (var row in rows.Prepend(header))
        {
            text.AppendJoin(',', row.Select(Quoted)).Append('\n');
        }
        return text.ToString();
    }

    private static string Quoted(string cell) =>
        cell.AsSpan().IndexOfAny(",\"\n") >= 0 ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell;

    private static string At(double[] figures, int label) => label < figures.Length ? Text(figures[label]) : "";

    private static string At(int[] counts, int label) => label < counts.Length ? Text(counts[label]) : "";

    private static string Text(double? figure) => figure?.ToString("R", CultureInfo.InvariantCulture) ?? "";

    private static string Text(int count) => count.ToString(CultureInfo.InvariantCulture);
}
