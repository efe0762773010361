using System.Globalization;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Commands.Datasets;

/// <summary>A dataset's figures as tables.</summary>
internal static class DatasetTables
{
    /// <summary>Tells what is known of a dataset.</summary>
    public static void Tell(Terminal terminal, DatasetRecord record, bool asJson)
    {
        if (asJson)
        {
            terminal.WriteJson(record);
            return;
        }
        var version = record.Version[..Math.Min(16, record.Version.Length)];
        terminal.Out.WriteLine(
            $"Dataset {record.Name}: {Figures.Count(record.Classes.Length)} classes, {Figures.Count(record.Rate)} Hz, version {version}");
        var subsets = new DataTable(
            "Subsets", "subset", DataColumn.Figure("clips"), DataColumn.Figure("hours"), DataColumn.Figure("labels per clip"),
            DataColumn.Figure("left out"));
        foreach (var subset in record.Subsets)
        {
            subsets.Add(
                subset.Subset,
                Figures.Count(subset.Clips),
                Figures.Hours(subset.Hours),
                subset.LabelsPerClip > 0 ? subset.LabelsPerClip.ToString("0.00", CultureInfo.InvariantCulture) : "-",
                Figures.Count(record.LeftOut.Count(clip => clip.Subset == subset.Subset)));
        }
        terminal.WriteTable(subsets);
        if (record.LeftOut.Length > 0)
        {
            var leftOut = new DataTable("Left out", "clip", "subset", "why");
            foreach (var clip in record.LeftOut)
            {
                leftOut.Add(clip.Fname, clip.Subset, clip.Reason);
            }
            terminal.WriteTable(leftOut);
        }
    }
}
