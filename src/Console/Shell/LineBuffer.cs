namespace OrleansTagging.Commands.Shell;

/// <summary>A line that is being typed: its text, the cursor, the lines before it, and what the keys do to them.</summary>
internal sealed class LineBuffer(IReadOnlyList<string> history)
{
    private int _line = history.Count;
    private string _typed = "";

    /// <summary>The text.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Characters before the cursor.</summary>
    public int Cursor { get; private set; }

    /// <summary>Takes a key that edits or moves; others do nothing.</summary>
    public void Press(ConsoleKeyInfo key)
    {
        var control = key.Modifiers.HasFlag(ConsoleModifiers.Control);
        switch (key.Key)
        {
            case ConsoleKey.Backspace when Cursor > 0:
                Replace(Cursor - 1, Cursor, "");
                break;
            case ConsoleKey.Delete when Cursor < Text.Length:
                Replace(Cursor, Cursor + 1, "");
                break;
            case ConsoleKey.LeftArrow when Cursor > 0:
                Cursor--;
                break;
            case ConsoleKey.RightArrow when Cursor < Text.Length:
                Cursor++;
                break;
            case ConsoleKey.UpArrow:
                Recall(_line - 1);
                break;
            case ConsoleKey.DownArrow:
                Recall(_line + 1);
                break;
            case ConsoleKey.Home:
            case ConsoleKey.A when control:
                Cursor = 0;
                break;
            case ConsoleKey.End:
            case ConsoleKey.E when control:
                Cursor = Text.Length;
                break;
            case ConsoleKey.U when control:
                Replace(0, Cursor, "");
                break;
            case ConsoleKey.K when control:
                Replace(Cursor, Text.Length, "");
                break;
            case ConsoleKey.W when control:
                Replace(Text[..Cursor].TrimEnd().LastIndexOf(' ') + 1, Cursor, "");
                break;
            default:
                if (!char.IsControl(key.KeyChar))
                {
                    Replace(Cursor, Cursor, key.KeyChar.ToString());
                }
                break;
        }
    }

    /// <summary>Completes the word before the cursor as far as the choices agree; a single one is followed by a space.</summary>
    /// <param name="choices">What may stand there.</param>
    /// <returns>The choices that fit, where there is more than one and none could be preferred.</returns>
    public string[] Complete(IEnumerable<string> choices)
    {
        var from = Text[..Cursor].LastIndexOf(' ') + 1;
        var word = Text[from..Cursor];
        string[] fitting = [.. choices.Where(choice => choice.StartsWith(word, StringComparison.Ordinal)).Distinct()];
        if (fitting.Length == 0)
        {
            return [];
        }
        var common = fitting[0].Length;
        foreach (var choice in fitting)
        {
            common = Math.Min(common, fitting[0].AsSpan().CommonPrefixLength(choice));
        }
        var completed = fitting[0][..common] + (fitting.Length == 1 ? " " : "");
        if (completed != word)
        {
            Replace(from, Cursor, completed);
            return [];
        }
        return fitting;
    }

    private void Replace(int from, int to, string text)
    {
        Text = Text[..from] + text + Text[to..];
        Cursor = from + text.Length;
    }

    private void Recall(int line)
    {
        if (line < 0 || line > history.Count)
        {
            return;
        }
        if (_line == history.Count)
        {
            _typed = Text;
        }
        _line = line;
        Text = line == history.Count ? _typed : history[line];
        Cursor = Text.Length;
    }
}
