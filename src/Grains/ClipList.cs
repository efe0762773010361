using System.Globalization;
using System.Text;
using OrleansTagging.Labels;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>A clip of a list: its labels, and the fold that is never trained on it.</summary>
/// <param name="Fname">File name.</param>
/// <param name="Subset"><c>curated</c>, <c>noisy</c> or <c>test</c>.</param>
/// <param name="Labels">Label names, comma-joined; empty for a clip without labels.</param>
/// <param name="Fold">Fold, counted from 0; -1 where none was assigned.</param>
internal sealed record ListedClip(string Fname, string Subset, string Labels, int Fold)
{
    /// <summary>Positions of the labels in the class map.</summary>
    public int[] LabelsIn(ClassMap classes) =>
        [.. Labels.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(classes.IndexOf)];
}

/// <summary>How long a clip is.</summary>
/// <param name="Fname">File name.</param>
/// <param name="Subset"><c>curated</c>, <c>noisy</c> or <c>test</c>.</param>
/// <param name="Seconds">Its length in seconds.</param>
internal sealed record ClipDuration(string Fname, string Subset, double Seconds);

/// <summary>
/// Lists of clips as CSV artifacts: columns are found by name, cells with a comma or a quote are quoted, lines end in a line feed.
/// </summary>
internal static class ClipList
{
    /// <summary>Reads a list; a column that it lacks reads as empty.</summary>
    /// <exception cref="InputException">It has no header with <c>fname</c>, or a row has too few cells.</exception>
    public static async Task<List<ListedClip>> ReadAsync(IArtifactStore artifacts, string address)
    {
        var rows = await ReadRowsAsync(artifacts, address);
        if (rows.Count == 0)
        {
            throw new InputException($"{address}: the list of clips is empty; it needs a header with fname.");
        }
        int Column(string name) => Array.IndexOf(rows[0], name);
        var (fname, subset, labels, fold) = (Column("fname"), Column("subset"), Column("labels"), Column("fold"));
        if (fname < 0)
        {
            throw new InputException($"{address}, line 1: the header lacks fname.");
        }
        var clips = new List<ListedClip>(rows.Count - 1);
        for (var row = 1; row < rows.Count; row++)
        {
            var cells = rows[row];
            if (cells.Length != rows[0].Length)
            {
                throw new InputException($"{address}, row {row}: {cells.Length} cells where the header has {rows[0].Length}.");
            }
            clips.Add(new ListedClip(
                cells[fname],
                subset < 0 ? "" : cells[subset],
                labels < 0 ? "" : cells[labels],
                fold < 0 ? -1 : int.Parse(cells[fold], CultureInfo.InvariantCulture)));
        }
        return clips;
    }

    /// <summary>Reads how long a dataset's clips are from its index (<c>fname,subset,offset,samples,labels</c>).</summary>
    public static async Task<List<ClipDuration>> ReadDurationsAsync(IArtifactStore artifacts, string address, int rate)
    {
        var rows = await ReadRowsAsync(artifacts, address);
        var (fname, subset, samples) = (rows[0].IndexOf("fname"), rows[0].IndexOf("subset"), rows[0].IndexOf("samples"));
        return [.. rows.Skip(1).Select(row =>
            new ClipDuration(row[fname], row[subset], double.Parse(row[samples], CultureInfo.InvariantCulture) / rate))];
    }

    /// <summary>The rows of a CSV artifact, the header first.</summary>
    public static async Task<List<string[]>> ReadRowsAsync(IArtifactStore artifacts, string address)
    {
        await using var stream = await artifacts.OpenReadAsync(address);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return Parse(await reader.ReadToEndAsync());
    }

    /// <summary>Stores a label file (<c>fname,labels</c>), the form that a job's document names.</summary>
    public static Task<string> PutLabelsAsync(IArtifactStore artifacts, IEnumerable<ListedClip> clips) =>
        PutAsync(artifacts, ["fname", "labels"], clips.Select(clip => new[] { clip.Fname, clip.Labels }));

    /// <summary>Stores a list with its folds (<c>fname,subset,labels,fold</c>).</summary>
    public static Task<string> PutFoldsAsync(IArtifactStore artifacts, IEnumerable<ListedClip> clips) =>
        PutAsync(artifacts, ["fname", "subset", "labels", "fold"],
            clips.Select(clip => new[] { clip.Fname, clip.Subset, clip.Labels, Text(clip.Fold) }));

    /// <summary>Stores a table.</summary>
    public static Task<string> PutAsync(IArtifactStore artifacts, string[] header, IEnumerable<string[]> rows)
    {
        var text = new StringBuilder();
        AppendRow(text, header);
        foreach (var row in rows)
        {
            AppendRow(text, row);
        }
        return artifacts.PutAsync(Encoding.UTF8.GetBytes(text.ToString()), "csv");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static void AppendRow(StringBuilder text, string[] cells)
    {
        for (var cell = 0; cell < cells.Length; cell++)
        {
            if (cell > 0)
            {
                text.Append(',');
            }
            if (cells[cell].AsSpan().IndexOfAny(",\"\r\n") >= 0)
            {
                text.Append('"').Append(cells[cell].Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
            }
            else
            {
                text.Append(cells[cell]);
            }
        }
        text.Append('\n');
    }

    private static List<string[]> Parse(string text)
    {
        var rows = new List<string[]>();
        var cells = new List<string>();
        var cell = new StringBuilder();
        var quoted = false;
        for (var at = 0; at < text.Length; at++)
        {
            var unit = text[at];
            if (quoted)
            {
                if (unit != '"')
                {
                    cell.Append(unit);
                }
                else if (at + 1 < text.Length && text[at + 1] == '"')
                {
                    cell.Append('"');
                    at++;
                }
                else
                {
                    quoted = false;
                }
                continue;
            }
            switch (unit)
            {
                case '"':
                    quoted = true;
                    break;
                case ',':
                    cells.Add(cell.ToString());
                    cell.Clear();
                    break;
                case '\r':
                    break;
                case '\n':
                    EndRow();
                    break;
                default:
                    cell.Append(unit);
                    break;
            }
        }
        EndRow();
        return rows;

        void EndRow()
        {
            if (cells.Count > 0 || cell.Length > 0)
            {
                cells.Add(cell.ToString());
                rows.Add([.. cells]);
            }
            cells.Clear();
            cell.Clear();
        }
    }
}
