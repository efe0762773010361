using System.Diagnostics.CodeAnalysis;

namespace OrleansTagging.Labels;

/// <summary>
/// A label file of FSDKaggle2019: the header <c>fname,labels</c>, a row a clip, labels joined by commas and quoted. An empty label
/// cell is a clip without labels. Further columns (<c>usage</c>, <c>freesound_id</c>, <c>license</c>, …) are passed over.
/// </summary>
public sealed class LabelTable
{
    private const string ExpectedHeader = "fname,labels";

    private readonly Dictionary<string, int> _positions;

    /// <summary>Makes the table of these clips, in this order.</summary>
    /// <exception cref="InputException">A clip is given twice, a label is given twice in one clip, or a label is no class.</exception>
    public LabelTable(ClassMap classes, IEnumerable<LabelledClip> clips)
    {
        Classes = classes;
        Clips = [.. clips];
        _positions = new Dictionary<string, int>(Clips.Count, StringComparer.Ordinal);
        foreach (var clip in Clips)
        {
            if (!_positions.TryAdd(clip.FileName, _positions.Count))
            {
                throw new InputException($"The clip '{clip.FileName}' is given twice.");
            }
            for (var at = 0; at < clip.Labels.Length; at++)
            {
                var label = clip.Labels[at];
                if ((uint)label >= (uint)classes.Count)
                {
                    throw new InputException($"The clip '{clip.FileName}' has the label {label}, but there are {classes.Count} classes.");
                }
                if (clip.Labels.AsSpan(0, at).Contains(label))
                {
                    throw new InputException($"The clip '{clip.FileName}' has the label '{classes.Names[label]}' twice.");
                }
            }
        }
    }

    private LabelTable(ClassMap classes, List<LabelledClip> clips, Dictionary<string, int> positions)
    {
        Classes = classes;
        Clips = clips;
        _positions = positions;
    }

    /// <summary>The classes that the labels are positions of.</summary>
    public ClassMap Classes { get; }

    /// <summary>The clips in the order of the file.</summary>
    public IReadOnlyList<LabelledClip> Clips { get; }

    /// <summary>Reads a label file.</summary>
    /// <exception cref="InputException">
    /// The file is missing, empty or binary, has no such header, a malformed row, an unknown or repeated label, or a clip twice; the
    /// message names the file and the line.
    /// </exception>
    public static LabelTable Read(string path, ClassMap classes)
    {
        var clips = new List<LabelledClip>();
        var positions = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (clip, csv) in Rows(path, classes))
        {
            if (!positions.TryAdd(clip.FileName, clips.Count))
            {
                throw csv.Fault($"the clip '{clip.FileName}' is given twice.");
            }
            clips.Add(clip);
        }
        return new LabelTable(classes, clips, positions);
    }

    /// <summary>Writes a label file, whole or not at all: UTF-8 without a byte order mark, lines end in a line feed.</summary>
    public static void Write(string path, ClassMap classes, IEnumerable<LabelledClip> clips) => CsvFile.Write(path, csv =>
    {
        csv.WriteField("fname");
        csv.WriteField("labels");
        csv.NextRecord();
        foreach (var clip in clips)
        {
            csv.WriteField(clip.FileName);
            csv.WriteField(Cell(classes, clip.Labels));
            csv.NextRecord();
        }
    });

    /// <summary>The clip of this name, if the table has it.</summary>
    public bool TryGetClip(string fileName, [NotNullWhen(true)] out LabelledClip? clip)
    {
        clip = _positions.TryGetValue(fileName, out var position) ? Clips[position] : null;
        return clip is not null;
    }

    /// <summary>The rows of a label file one by one, for files larger than memory; the caller looks for clips given twice.</summary>
    internal static IEnumerable<(LabelledClip Clip, CsvFile Csv)> Rows(string path, ClassMap classes)
    {
        using var csv = CsvFile.Open(path);
        var nameColumn = csv.RequiredColumn("fname", ExpectedHeader);
        var labelColumn = csv.RequiredColumn("labels", ExpectedHeader);
        while (csv.Read())
        {
            var name = csv.Field(nameColumn);
            if (string.IsNullOrWhiteSpace(name))
            {
                throw csv.Fault("malformed row: the file name is empty.");
            }
            yield return (new LabelledClip(name, Labels(csv, csv.Field(labelColumn), classes)), csv);
        }
    }

    /// <summary>The label cell of a clip: class names joined by commas, not yet quoted.</summary>
    internal static string Cell(ClassMap classes, int[] labels) => string.Join(',', labels.Select(label => classes.Names[label]));

    private static int[] Labels(CsvFile csv, string cell, ClassMap classes)
    {
        if (string.IsNullOrWhiteSpace(cell))
        {
            return [];
        }
        var labels = new int[cell.AsSpan().Count(',') + 1];
        var found = 0;
        foreach (var part in cell.AsSpan().Split(','))
        {
            var name = cell.AsSpan(part).Trim();
            if (name.IsEmpty)
            {
                throw csv.Fault($"malformed row: the label cell '{cell}' has an empty label.");
            }
            if (!classes.TryGetIndex(name, out var label))
            {
                throw csv.Fault(classes.Unknown(name.ToString(), "label"));
            }
            if (labels.AsSpan(0, found).Contains(label))
            {
                throw csv.Fault($"the label '{name}' is given twice in one cell.");
            }
            labels[found++] = label;
        }
        return labels;
    }
}
