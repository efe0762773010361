namespace OrleansTagging.Commands.Shell;

/// <summary>Reads lines from a terminal, with history and completion; from a pipe as they come.</summary>
/// <param name="prompt">What stands before the line.</param>
/// <param name="complete">What may stand at a place of a line.</param>
internal sealed class LineEditor(string prompt, Func<string, int, IEnumerable<string>> complete)
{
    private const int MostLines = 500;
    private const int LeastWidth = 20;
    private const int UsualWidth = 80;

    private readonly List<string> _history = [];
    private readonly string _file = Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify),
        "orleans-tagging",
        "history");

    /// <summary>Reads what was typed in earlier sessions.</summary>
    public void Load()
    {
        if (File.Exists(_file))
        {
            _history.AddRange(File.ReadLines(_file).TakeLast(MostLines));
        }
    }

    /// <summary>The next line; <c>null</c> at the end of the input.</summary>
    public string? Read()
    {
        if (System.Console.IsInputRedirected || System.Console.IsOutputRedirected)
        {
            return System.Console.In.ReadLine();
        }
        var line = Type();
        if (line is { Length: > 0 } && (_history.Count == 0 || _history[^1] != line))
        {
            _history.Add(line);
            Remember();
        }
        return line;
    }

    private string? Type()
    {
        var buffer = new LineBuffer(_history);
        System.Console.TreatControlCAsInput = true;
        try
        {
            while (true)
            {
                Draw(buffer);
                var key = System.Console.ReadKey(intercept: true);
                var control = key.Modifiers.HasFlag(ConsoleModifiers.Control);
                switch (key.Key)
                {
                    case ConsoleKey.Enter:
                        System.Console.WriteLine();
                        return buffer.Text.Trim();
                    case ConsoleKey.D when control && buffer.Text.Length == 0:
                        System.Console.WriteLine();
                        return null;
                    case ConsoleKey.C when control:
                        System.Console.WriteLine();
                        buffer = new LineBuffer(_history);
                        break;
                    case ConsoleKey.Tab:
                        if (buffer.Complete(complete(buffer.Text, buffer.Cursor)) is { Length: > 0 } choices)
                        {
                            System.Console.WriteLine();
                            System.Console.WriteLine(string.Join("  ", choices));
                        }
                        break;
                    default:
                        buffer.Press(key);
                        break;
                }
            }
        }
        finally
        {
            System.Console.TreatControlCAsInput = false;
        }
    }

    /// <summary>Draws the line; of one that is wider than the terminal, the part around the cursor.</summary>
    private void Draw(LineBuffer buffer)
    {
        // A terminal may not know its width.
        var width = System.Console.WindowWidth is >= LeastWidth and var own ? own : UsualWidth;
        var room = width - prompt.Length - 1;
        var from = Math.Max(0, buffer.Cursor - room + 1);
        var shown = buffer.Text.Substring(from, Math.Min(room, buffer.Text.Length - from));
        System.Console.Write($"\r{prompt}{shown}\u001b[K\r\u001b[{prompt.Length + buffer.Cursor - from}C");
    }

    private void Remember()
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_file)!);
            File.WriteAllLines(_file, _history.TakeLast(MostLines));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // A home that takes no files costs the history alone.
        }
    }
}
