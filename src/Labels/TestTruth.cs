using System.Diagnostics.CodeAnalysis;

namespace OrleansTagging.Labels;

/// <summary>
/// The labels of the test clips and the leaderboard that each counted for: FSDKaggle2019's <c>test_post_competition.csv</c>, with the
/// columns <c>fname</c>, <c>labels</c> and <c>usage</c> (<c>Public</c> or <c>Private</c>). Further columns are passed over.
/// </summary>
public sealed class TestTruth
{
    /// <summary>The <c>usage</c> of a clip of the public leaderboard.</summary>
    public const string Public = "Public";

    /// <summary>The <c>usage</c> of a clip of the private leaderboard.</summary>
    public const string Private = "Private";

    private const string UsageColumn = "usage";
    private const string ExpectedHeader = "fname,labels,usage";

    private readonly Dictionary<string, string> _usages;

    private TestTruth(LabelTable labels, Dictionary<string, string> usages) => (Labels, _usages) = (labels, usages);

    /// <summary>The clips with their labels, in the order of the file.</summary>
    public LabelTable Labels { get; }

    /// <summary>The usage of a clip, <see cref="Public"/> or <see cref="Private"/>, if the file has the clip.</summary>
    public bool TryGetUsage(string fileName, [NotNullWhen(true)] out string? usage) => _usages.TryGetValue(fileName, out usage);

    /// <summary>The clips of one usage, <see cref="Public"/> or <see cref="Private"/>, in the order of the file.</summary>
    public LabelTable Of(string usage) => new(Labels.Classes, Labels.Clips.Where(clip => _usages[clip.FileName] == usage));

    /// <summary>Whether a label file says which leaderboard each clip counted for.</summary>
    /// <exception cref="InputException">The file is missing, empty or binary.</exception>
    public static bool IsIn(string path)
    {
        using var csv = CsvFile.Open(path);
        return csv.ColumnOf(UsageColumn) >= 0;
    }

    /// <summary>Reads the file.</summary>
    /// <exception cref="InputException">
    /// As for <see cref="LabelTable.Read"/>; or the column <c>usage</c> is missing, or holds anything but Public and Private.
    /// </exception>
    public static TestTruth Read(string path, ClassMap classes)
    {
        var labels = LabelTable.Read(path, classes);
        var usages = new Dictionary<string, string>(labels.Clips.Count, StringComparer.Ordinal);
        using var csv = CsvFile.Open(path);
        var nameColumn = csv.RequiredColumn("fname", ExpectedHeader);
        var usageColumn = csv.RequiredColumn(UsageColumn, ExpectedHeader);
        while (csv.Read())
        {
            usages[csv.Field(nameColumn)] = csv.Field(usageColumn) switch
            {
                Public => Public,
                Private => Private,
                var other => throw csv.Fault($"the usage of '{csv.Field(nameColumn)}' is '{other}'; it is Public or Private."),
            };
        }
        return new TestTruth(labels, usages);
    }

    /// <summary>
    /// Writes the labels of these clips and of all test clips as one file, <c>fname,labels,usage</c>, whole or not at all. The usage of a
    /// clip that is none of the test clips is empty.
    /// </summary>
    public void Write(string path, IEnumerable<LabelledClip> others) => CsvFile.Write(path, csv =>
    {
        csv.WriteField("fname");
        csv.WriteField("labels");
        csv.WriteField(UsageColumn);
        csv.NextRecord();
        foreach (var clip in others.Where(clip => !_usages.ContainsKey(clip.FileName)).Concat(Labels.Clips))
        {
            csv.WriteField(clip.FileName);
            csv.WriteField(LabelTable.Cell(Labels.Classes, clip.Labels));
            csv.WriteField(_usages.GetValueOrDefault(clip.FileName, ""));
            csv.NextRecord();
        }
    });
}
