namespace OrleansTagging.Commands;

/// <summary>A table to be shown: a title, columns and rows of text.</summary>
/// <param name="Title">The line above it.</param>
/// <param name="Columns">The columns.</param>
public sealed record DataTable(string Title, params DataColumn[] Columns)
{
    /// <summary>The rows, each with a cell a column.</summary>
    public List<string[]> Rows { get; } = [];

    /// <summary>Adds a row.</summary>
    public DataTable Add(params string[] cells)
    {
        Rows.Add(cells);
        return this;
    }
}

/// <summary>A column of a table.</summary>
/// <param name="Name">Its head.</param>
/// <param name="IsFigure">Whether it holds figures: aligned to the right, never wrapped.</param>
public sealed record DataColumn(string Name, bool IsFigure = false)
{
    /// <summary>A column of text.</summary>
    public static implicit operator DataColumn(string name) => new(name);

    /// <summary>A column of figures.</summary>
    public static DataColumn Figure(string name) => new(name, IsFigure: true);
}
