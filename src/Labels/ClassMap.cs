using System.Globalization;

namespace OrleansTagging.Labels;

/// <summary>
/// The ordered names of the classes: position c of every label and column c of every array of scores <c>[clips, classes]</c> is
/// <c>Names[c]</c>. Names are compared ordinally.
/// </summary>
public sealed class ClassMap : IEquatable<ClassMap>
{
    private static readonly string[] HeaderCells = ["", "index", "class", "label", "labels", "name", "mid", "mids"];

    private readonly string[] _names;
    private readonly Dictionary<string, int> _indices;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _indicesBySpan;

    /// <summary>Makes the map of these names, in this order.</summary>
    /// <exception cref="InputException">A name is empty, given twice, or cannot stand in a cell of comma-joined labels.</exception>
    public ClassMap(IEnumerable<string> names)
    {
        _names = [.. names];
        if (_names.Length == 0)
        {
            throw new InputException("A class map needs at least one class.");
        }
        _indices = new Dictionary<string, int>(_names.Length, StringComparer.Ordinal);
        foreach (var name in _names)
        {
            if (string.IsNullOrEmpty(name) || name.Trim() != name || name.AsSpan().IndexOfAny(",\"\r\n") >= 0)
            {
                throw new InputException(
                    $"'{name.ReplaceLineEndings(" ")}' cannot name a class: a name has no comma, no quote and no blank at its ends.");
            }
            if (!_indices.TryAdd(name, _indices.Count))
            {
                throw new InputException($"The class '{name}' is named twice.");
            }
        }
        _indicesBySpan = _indices.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The names in their order.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>The number of classes.</summary>
    public int Count => _names.Length;

    /// <summary>
    /// Reads the classes from the header of FSDKaggle2019's <c>sample_submission.csv</c>: <c>fname</c>, then one column a class, in order.
    /// </summary>
    /// <exception cref="InputException">The file is missing or has another header.</exception>
    public static ClassMap FromSampleSubmission(string path)
    {
        using var csv = CsvFile.Open(path);
        if (csv.Header[0] != "fname" || csv.Header.Length < 2)
        {
            throw new InputException($"{path}, line 1: expected the header fname,<class>,<class>,…");
        }
        return Of(csv.Header[1..], path);
    }

    /// <summary>
    /// Reads the classes from the <c>vocabulary.csv</c> of FSDKaggle2019's published archive: a class a line, in order, with or without its
    /// position before it, its AudioSet id (<c>/m/…</c>) beside it, and a header.
    /// </summary>
    /// <exception cref="InputException">The file is missing or empty, a line names no class, or a class is named twice.</exception>
    public static ClassMap FromVocabulary(string path)
    {
        using var csv = CsvFile.Open(path);
        var names = new List<string>();
        // The first line is the header to the reader; whether it is one only its cells can tell.
        if (!csv.Header.All(cell => HeaderCells.Contains(cell.Trim().ToLowerInvariant())))
        {
            names.Add(Name(csv.Header));
        }
        while (csv.Read())
        {
            names.Add(Name([.. Enumerable.Range(0, csv.Header.Length).Select(csv.Field)]));
        }
        try
        {
            return new ClassMap(names);
        }
        catch (InputException fault)
        {
            throw new InputException($"{path}: {fault.Message}", fault);
        }

        string Name(string[] cells) => Array.Find(cells, IsName) ?? throw csv.Fault("malformed row: no class is named.");

        static bool IsName(string cell) =>
            !string.IsNullOrWhiteSpace(cell) && !cell.StartsWith('/')
            && !int.TryParse(cell, NumberStyles.Integer, CultureInfo.InvariantCulture, out _);
    }

    /// <summary>The position of a class.</summary>
    /// <exception cref="InputException">There is no such class; the nearest one is suggested.</exception>
    public int IndexOf(string name) => TryGetIndex(name, out var index) ? index : throw new InputException(Unknown(name));

    /// <summary>The position of a class, if there is such a class.</summary>
    public bool TryGetIndex(string name, out int index) => _indices.TryGetValue(name, out index);

    /// <inheritdoc cref="TryGetIndex(string, out int)"/>
    public bool TryGetIndex(ReadOnlySpan<char> name, out int index) => _indicesBySpan.TryGetValue(name, out index);

    /// <summary>The class whose name is fewest edits away (Levenshtein, case aside); the earlier one on a tie.</summary>
    public string Nearest(string name) => _names.MinBy(candidate => Edits(name.ToLowerInvariant(), candidate.ToLowerInvariant()))!;

    /// <summary>Two maps are equal when they have the same names in the same order.</summary>
    public bool Equals(ClassMap? other) => other is not null && _names.AsSpan().SequenceEqual(other._names);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ClassMap);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var name in _names)
        {
            hash.Add(name, StringComparer.Ordinal);
        }
        return hash.ToHashCode();
    }

    internal static ClassMap Of(IEnumerable<string> columns, string path)
    {
        try
        {
            return new ClassMap(columns);
        }
        catch (InputException fault)
        {
            throw new InputException($"{path}, line 1: {fault.Message}", fault);
        }
    }

    internal string Unknown(string name, string kind = "class") => $"unknown {kind} '{name}'; the nearest one is '{Nearest(name)}'.";

    private static int Edits(string from, string to)
    {
        var above = Enumerable.Range(0, to.Length + 1).ToArray();
        var row = new int[to.Length + 1];
        for (var i = 1; i <= from.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = above[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                row[j] = Math.Min(replaced, Math.Min(above[j], row[j - 1]) + 1);
            }
            (above, row) = (row, above);
        }
        return above[to.Length];
    }
}
