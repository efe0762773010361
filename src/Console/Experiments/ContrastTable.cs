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
            DataColumn.Figure("pairs"), "on this data");
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
                verdict == "holds" ? "holds" : $"does not hold: {verdict}");
        }
        terminal.WriteTable(table);
        foreach (var contrast in contrasts.EnumerateArray())
        {
            terminal.Out.WriteLine($"{contrast.GetProperty("contrast").GetString()}: {contrast.GetProperty("claim").GetString()}");
        }
        terminal.Out.WriteLine("The mean difference over folds and seeds, ± twice its standard error; spread: standard deviation of one difference.");
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
