using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace OrleansTagging.Commands;

/// <summary>
/// Where a command writes: data to standard output, messages and progress to standard error. Colour and live widgets appear only on a
/// terminal that wants them (not redirected, <c>NO_COLOR</c> unset, <c>TERM</c> not <c>dumb</c>).
/// </summary>
public sealed class Terminal
{
    private const int PlainWidth = 80;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private static readonly JsonSerializerOptions JsonInOneLine = new(Json) { WriteIndented = false };

    private readonly IAnsiConsole _data;

    /// <summary>A terminal on two writers.</summary>
    /// <param name="data">Standard output.</param>
    /// <param name="messages">Standard error.</param>
    /// <param name="dataIsLive">Whether the first is a terminal that takes escape codes.</param>
    /// <param name="messagesAreLive">Whether the second is.</param>
    /// <param name="width">Columns; of a terminal its own, otherwise 80.</param>
    public Terminal(TextWriter data, TextWriter messages, bool dataIsLive = false, bool messagesAreLive = false, int width = PlainWidth)
    {
        Out = data;
        Error = messages;
        IsLive = messagesAreLive;
        IsOutLive = dataIsLive;
        _data = Console(data, dataIsLive, width);
        Messages = Console(messages, messagesAreLive, width);
    }

    /// <summary>Standard output as text, for lines that must not be wrapped.</summary>
    public TextWriter Out { get; }

    /// <summary>Standard error as text.</summary>
    public TextWriter Error { get; }

    /// <summary>Standard error for widgets.</summary>
    public IAnsiConsole Messages { get; }

    /// <summary>Whether progress may be drawn in place; otherwise it is told in lines.</summary>
    public bool IsLive { get; }

    /// <summary>Whether standard output may be drawn in place.</summary>
    public bool IsOutLive { get; }

    /// <summary>Standard output for widgets.</summary>
    public IAnsiConsole Data => _data;

    /// <summary>The terminal of this process.</summary>
    public static Terminal OfProcess()
    {
        var plain = Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 }
            || Environment.GetEnvironmentVariable("TERM") is "dumb";
        var width = Width();
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        return new Terminal(
            new StreamWriter(System.Console.OpenStandardOutput(), utf8) { AutoFlush = true },
            new StreamWriter(System.Console.OpenStandardError(), utf8) { AutoFlush = true },
            !plain && !System.Console.IsOutputRedirected,
            !plain && !System.Console.IsErrorRedirected,
            width);
    }

    /// <summary>Writes a message line to standard error.</summary>
    public void Say(string line) => Error.WriteLine(line);

    /// <summary>Writes data as JSON: camelCase, indented, without nulls.</summary>
    public void WriteJson<T>(T value) => Out.WriteLine(JsonSerializer.Serialize(value, Json));

    /// <summary>A value as JSON in one line.</summary>
    public static string JsonLine<T>(T value) => JsonSerializer.Serialize(value, JsonInOneLine);

    /// <summary>Writes data as JSON in one line.</summary>
    public void WriteJsonLine<T>(T value) => Out.WriteLine(JsonLine(value));

    /// <summary>Writes a table of data under a title.</summary>
    public void WriteTable(DataTable table)
    {
        Out.WriteLine(table.Title);
        var widget = new Table { Border = TableBorder.Simple, UseSafeBorder = true };
        foreach (var column in table.Columns)
        {
            widget.AddColumn(new TableColumn(new Text(column.Name))
            {
                Alignment = column.IsFigure ? Justify.Right : Justify.Left,
                NoWrap = column.IsFigure,
            });
        }
        foreach (var row in table.Rows)
        {
            widget.AddRow(row.Select(cell => new Text(cell)));
        }
        using var text = new StringWriter();
        Console(text, live: false, _data.Profile.Width).Write(widget);
        // Spectre fills every line up to the table's width and frames the table with empty ones.
        var lines = text.ToString().ReplaceLineEndings("\n").Split('\n').Select(line => line.TrimEnd());
        foreach (var line in lines.Where(line => line.Length > 0))
        {
            Out.WriteLine(line);
        }
        Out.WriteLine();
    }

    /// <summary>Writes facts under a title, a line each; a value that would cross the edge, an address, gets its own.</summary>
    public void WriteFacts(string title, params ReadOnlySpan<(string Name, string Value)> facts)
    {
        Out.WriteLine(title);
        var indent = 0;
        foreach (var (name, _) in facts)
        {
            indent = Math.Max(indent, name.Length);
        }
        foreach (var (name, value) in facts)
        {
            var beside = $"  {name.PadRight(indent)}  {value}";
            Out.WriteLine(beside.Length <= _data.Profile.Width ? beside : $"  {name}\n    {value}");
        }
    }

    private static IAnsiConsole Console(TextWriter writer, bool live, int width)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = live ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = live ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = live ? InteractionSupport.Yes : InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        console.Profile.Width = width;
        console.Profile.Capabilities.Unicode = true;
        return console;
    }

    private static int Width()
    {
        try
        {
            return System.Console.IsOutputRedirected && System.Console.IsErrorRedirected || System.Console.WindowWidth < 20
                ? PlainWidth
                : System.Console.WindowWidth;
        }
        catch (IOException)
        {
            return PlainWidth;
        }
    }
}
