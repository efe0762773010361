using System.Globalization;

namespace OrleansTagging.Labels;

/// <summary>
/// Scores of clips, <c>[clips, classes]</c>: probabilities, logits or any figures that grow with the belief in a class. As a file: the
/// column <c>fname</c> and a column a class, like FSDKaggle2019's <c>sample_submission.csv</c>.
/// </summary>
public sealed class PredictionTable
{
    private readonly string[] _fileNames;
    private readonly double[] _scores;
    private readonly Dictionary<string, int> _positions;

    /// <summary>Makes the table of these clips, in this order.</summary>
    /// <param name="fileNames">Names of the clips, none twice.</param>
    /// <param name="classes">The classes, in the order of the columns.</param>
    /// <param name="scores">Scores <c>[clips, classes]</c>, row-major; finite. The table keeps the array.</param>
    /// <exception cref="ArgumentException">The array is not clips times classes long.</exception>
    /// <exception cref="InputException">A clip is given twice, or a score is not finite.</exception>
    public PredictionTable(IEnumerable<string> fileNames, ClassMap classes, double[] scores)
    {
        _fileNames = [.. fileNames];
        _scores = scores;
        Classes = classes;
        if (scores.Length != (long)_fileNames.Length * classes.Count)
        {
            throw new ArgumentException(
                $"{scores.Length} scores given for {_fileNames.Length} clips of {classes.Count} classes.", nameof(scores));
        }
        _positions = new Dictionary<string, int>(_fileNames.Length, StringComparer.Ordinal);
        foreach (var name in _fileNames)
        {
            if (!_positions.TryAdd(name, _positions.Count))
            {
                throw new InputException($"The clip '{name}' is predicted twice.");
            }
        }
        for (var at = 0; at < scores.Length; at++)
        {
            if (!double.IsFinite(scores[at]))
            {
                throw new InputException($"The clip '{_fileNames[at / classes.Count]}' has no finite score for the class "
                    + $"'{classes.Names[at % classes.Count]}'.");
            }
        }
    }

    /// <summary>The names of the clips, in the order of the rows.</summary>
    public IReadOnlyList<string> FileNames => _fileNames;

    /// <summary>The classes, in the order of the columns.</summary>
    public ClassMap Classes { get; }

    /// <summary>The scores <c>[clips, classes]</c>, row-major.</summary>
    public ReadOnlySpan<double> Scores => _scores;

    /// <summary>The number of clips.</summary>
    public int Count => _fileNames.Length;

    /// <summary>The scores <c>[classes]</c> of one clip.</summary>
    public ReadOnlySpan<double> Row(int clip) => _scores.AsSpan(clip * Classes.Count, Classes.Count);

    /// <summary>The row of a clip, if it is predicted.</summary>
    public bool TryGetRow(string fileName, out int row) => _positions.TryGetValue(fileName, out row);

    /// <summary>Reads a predictions file; columns and rows may come in any order.</summary>
    /// <param name="path">The file.</param>
    /// <param name="expected">The classes that the file must have, and whose order the scores then have; without it the file's own.</param>
    /// <exception cref="InputException">
    /// The file is missing, empty or binary; a class is missing or unknown; a clip is predicted twice; a score is no finite number. The
    /// message names the file, and the line and the clip where there is one.
    /// </exception>
    public static PredictionTable Read(string path, ClassMap? expected)
    {
        using var csv = CsvFile.Open(path);
        var nameColumn = csv.RequiredColumn("fname", "fname and a column a class");
        var classes = expected ?? ClassMap.Of(csv.Header.Where((_, column) => column != nameColumn), path);
        var classOfColumn = ClassOfColumn(csv, nameColumn, classes);

        var names = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var scores = new List<double>();
        var row = new double[classes.Count];
        while (csv.Read())
        {
            var name = csv.Field(nameColumn);
            if (string.IsNullOrWhiteSpace(name))
            {
                throw csv.Fault("malformed row: the file name is empty.");
            }
            if (!seen.Add(name))
            {
                throw csv.Fault($"the clip '{name}' is predicted twice.");
            }
            for (var column = 0; column < classOfColumn.Length; column++)
            {
                if (column != nameColumn)
                {
                    row[classOfColumn[column]] = Score(csv, column, name);
                }
            }
            names.Add(name);
            scores.AddRange(row);
        }
        return new PredictionTable(names, classes, [.. scores]);
    }

    /// <summary>
    /// Writes the predictions, whole or not at all, in the order of the table. Every score is the shortest text that reads back as the
    /// same number, so that equal tables give equal bytes.
    /// </summary>
    public void Write(string path) => CsvFile.Write(path, csv =>
    {
        csv.WriteField("fname");
        foreach (var name in Classes.Names)
        {
            csv.WriteField(name);
        }
        csv.NextRecord();
        for (var clip = 0; clip < Count; clip++)
        {
            csv.WriteField(_fileNames[clip]);
            foreach (var score in Row(clip))
            {
                csv.WriteField(score.ToString("R", CultureInfo.InvariantCulture));
            }
            csv.NextRecord();
        }
    });

    /// <summary>The row of a clip that must be predicted.</summary>
    /// <exception cref="InputException">It is not.</exception>
    internal int RequiredRow(string fileName) => TryGetRow(fileName, out var row)
        ? row
        : throw new InputException($"The clip '{fileName}' has labels but is missing from the predictions.");

    internal static void RequireSameClasses(ClassMap labels, ClassMap predictions)
    {
        if (!labels.Equals(predictions))
        {
            var odd = labels.Names.Except(predictions.Names).Concat(predictions.Names.Except(labels.Names)).FirstOrDefault();
            throw new InputException(odd is null
                ? "The predictions have the classes in another order than the labels; read both with one class map."
                : $"The class '{odd}' stands in only one of the labels and the predictions.");
        }
    }

    private static int[] ClassOfColumn(CsvFile csv, int nameColumn, ClassMap classes)
    {
        var classOfColumn = new int[csv.Header.Length];
        for (var column = 0; column < csv.Header.Length; column++)
        {
            if (column != nameColumn && !classes.TryGetIndex(csv.Header[column], out classOfColumn[column]))
            {
                throw new InputException($"{csv.Path}, line 1: the column '{csv.Header[column]}' is no class; "
                    + $"the nearest one is '{classes.Nearest(csv.Header[column])}'.");
            }
        }
        var missing = classes.Names.FirstOrDefault(name => csv.ColumnOf(name) < 0);
        return missing is null
            ? classOfColumn
            : throw new InputException($"{csv.Path}, line 1: the class '{missing}' is missing; a column a class is expected.");
    }

    private static double Score(CsvFile csv, int column, string clip)
    {
        var text = csv.Field(column);
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var score))
        {
            throw csv.Fault($"the clip '{clip}' has '{text}' for the class '{csv.Header[column]}', which is no number.");
        }
        return double.IsFinite(score)
            ? score
            : throw csv.Fault($"the clip '{clip}' has '{text}' for the class '{csv.Header[column]}'; a finite number is expected.");
    }
}
