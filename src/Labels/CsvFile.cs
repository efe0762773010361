using System.Globalization;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;

namespace OrleansTagging.Labels;

/// <summary>
/// A CSV file with a header, read row by row: RFC 4180, UTF-8, every row as long as the header. Whatever is wrong with the file
/// becomes an <see cref="InputException"/> that names the file and the line.
/// </summary>
internal sealed class CsvFile : IDisposable
{
    // Longer than any row of names and labels; a quote that is never closed would otherwise take in the rest of a large file.
    private const int LongestField = 1 << 20;

    private readonly CsvParser _parser;

    private CsvFile(string path, CsvParser parser, string[] header)
    {
        Path = path;
        _parser = parser;
        Header = header;
    }

    public string Path { get; }

    public string[] Header { get; }

    /// <summary>The line on which the current row ends, 1-based.</summary>
    public int Line => _parser.RawRow;

    public static CsvFile Open(string path)
    {
        var parser = new CsvParser(OpenText(path), Configuration(path));
        try
        {
            if (!Advance(path, parser))
            {
                throw new InputException($"{path}: the file is empty; a header line is expected.");
            }
            var header = parser.Record!;
            if (header.Any(column => column.Contains('\0')))
            {
                throw NotText(path);
            }
            var twice = header.GroupBy(column => column, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1);
            if (twice is not null)
            {
                throw new InputException($"{path}, line 1: the header names the column '{twice.Key}' more than once.");
            }
            return new CsvFile(path, parser, header);
        }
        catch
        {
            parser.Dispose();
            throw;
        }
    }

    public int ColumnOf(string name) => Array.IndexOf(Header, name);

    /// <summary>The column that must be there, or the error that says which header is expected.</summary>
    public int RequiredColumn(string name, string expectedHeader)
    {
        var column = ColumnOf(name);
        return column >= 0
            ? column
            : throw new InputException($"{Path}, line 1: the header has no column '{name}'; expected the header {expectedHeader}.");
    }

    /// <summary>Moves to the next row; false at the end of the file.</summary>
    public bool Read()
    {
        if (!Advance(Path, _parser))
        {
            return false;
        }
        if (_parser.Count != Header.Length)
        {
            throw Fault($"malformed row: {_parser.Count} fields where the header has {Header.Length}.");
        }
        return true;
    }

    public string Field(int column) => _parser[column];

    public InputException Fault(string what) => new($"{Path}, line {Line}: {what}");

    public void Dispose() => _parser.Dispose();

    /// <summary>Writes a file whole or not at all: to a temporary name beside it, then renamed.</summary>
    public static void Write(string path, Action<CsvWriter> rows)
    {
        var partial = $"{path}.{Guid.NewGuid():N}.partial";
        try
        {
            using (var text = new StreamWriter(partial, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)))
            using (var csv = new CsvWriter(text, new CsvConfiguration(CultureInfo.InvariantCulture) { NewLine = "\n" }))
            {
                rows(csv);
            }
            File.Move(partial, path, overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }

    private static bool Advance(string path, CsvParser parser)
    {
        try
        {
            if (!parser.Read())
            {
                return false;
            }
        }
        catch (DecoderFallbackException inner)
        {
            throw new InputException(NotText(path).Message, inner);
        }
        catch (MaxFieldSizeException inner)
        {
            throw new InputException($"{path}, line {parser.RawRow}: malformed row: a quote is opened and not closed.", inner);
        }
        for (var column = 0; column < parser.Count; column++)
        {
            if (parser[column].AsSpan().ContainsAny('\n', '\r'))
            {
                throw new InputException($"{path}, line {parser.RawRow}: malformed row: a quote is opened and not closed on its line.");
            }
        }
        return true;
    }

    private static StreamReader OpenText(string path)
    {
        try
        {
            return new StreamReader(path, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
        }
        catch (Exception inner) when (inner is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"{path}: there is no such file.", inner);
        }
        catch (Exception inner) when (inner is UnauthorizedAccessException or IOException)
        {
            throw new InputException($"{path}: the file cannot be read ({inner.Message.ReplaceLineEndings(" ")}).", inner);
        }
    }

    private static CsvConfiguration Configuration(string path) => new(CultureInfo.InvariantCulture)
    {
        DetectDelimiter = false,
        MaxFieldSize = LongestField,
        BadDataFound = found => throw new InputException(
            $"{path}, line {found.Context.Parser!.RawRow}: malformed row: a quote stands inside a field or is not closed."),
    };

    private static InputException NotText(string path) => new($"{path}: this is not a CSV file but a binary one.");
}
