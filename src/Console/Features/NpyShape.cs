using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace OrleansTagging.Commands.Features;

/// <summary>The shape of a two-dimensional NumPy array in a file, from its header.</summary>
internal static partial class NpyShape
{
    // Version 1.0: six bytes of magic, two of version, two of length.
    private const int HeaderStart = 10;

    /// <summary>Reads <c>[rows][columns]</c>.</summary>
    /// <exception cref="InvalidDataException">The file is no such array.</exception>
    public static async Task<(int Rows, int Columns)> ReadAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        var start = new byte[Math.Min(file.Length, 256)];
        await file.ReadExactlyAsync(start, cancellationToken);
        var shape = Shape().Match(Encoding.Latin1.GetString(start.AsSpan(Math.Min(HeaderStart, start.Length))));
        int Extent(int group) => int.Parse(shape.Groups[group].ValueSpan, CultureInfo.InvariantCulture);
        return shape.Success
            ? (Extent(1), Extent(2))
            : throw new InvalidDataException($"{path} is no two-dimensional NumPy array.");
    }

    [GeneratedRegex(@"'shape':\s*\((\d+),\s*(\d+)\)")]
    private static partial Regex Shape();
}
