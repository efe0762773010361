using System.Text.Json;

namespace OrleansTagging.Commands.Experiments;

/// <summary>The claims that an experiment put to the test, from its report.</summary>
internal static class ContrastTable
{
    /// <summary>Writes the table; nothing where the experiment claims nothing.</summary>
    public static void Write(Terminal terminal, JsonElement report)
    {
        if (!report.TryGetProperty("contrasts", out var contrasts) || contrasts.GetArrayLength() == 0)
        {
            return;
        }
        var table = new DataTable(
            "Contrasts", "contrast", DataColumn.Figure("cv lwlrap"), DataColumn.Figure("spread"), DataColumn.Figure("test lwlrap"),
            DataColumn.Figure("pairs"), DataColumn.Figure("holds"));
        foreach (var contrast in contrasts.EnumerateArray())
        {
            var (validation, test) = (contrast.GetProperty("cross_validated_lwlrap"), contrast.GetProperty("test_lwlrap"));
            var verdict = contrast.GetProperty("verdict").GetString()!;
            table.Add(
                contrast.GetProperty("contrast").GetString()!,
                Difference(validation),
                Figures.Lwlrap(Number(validation, "spread")),
                Difference(test),
                validation.ValueKind == JsonValueKind.Null ? Figures.Absent : Figures.Count(validation.GetProperty("pairs").GetInt32()),
                verdict switch { "holds" => "yes", "reversed" => "reversed", _ => "no" });
        }
        terminal.WriteTable(table);
        foreach (var contrast in contrasts.EnumerateArray())
        {
            var fate = contrast.GetProperty("verdict").GetString() switch
            {
                "holds" => "",
                "reversed" => ": does not hold on this data, the reverse does",
                _ => ": does not hold on this data, the difference is within its spread",
            };
            terminal.Out.WriteLine(
                $"{contrast.GetProperty("contrast").GetString()}: {contrast.GetProperty("claim").GetString()}{fate}");
        }
        terminal.Out.WriteLine("The mean difference over folds and seeds ± twice its standard error; spread: deviation of a single one.");
        terminal.Out.WriteLine();
    }

    private static string Difference(JsonElement difference) => difference.ValueKind == JsonValueKind.Null
        ? Figures.Absent
        : Figures.Difference(Number(difference, "difference"), Number(difference, "margin"));

    private static double? Number(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.GetProperty(name) is { ValueKind: JsonValueKind.Number } number
            ? number.GetDouble()
            : null;
}
