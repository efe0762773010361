namespace OrleansTagging.Commands.Experiments;

/// <summary>A row of figures as small bars in one line of text, from the lowest to the highest.</summary>
internal static class Sparkline
{
    private const string Bars = "▁▂▃▄▅▆▇█";

    /// <summary>The figures as bars.</summary>
    /// <param name="figures">The figures, in order.</param>
    /// <param name="width">Characters at most; of more figures each character is the mean of some.</param>
    public static string Of(IReadOnlyList<double> figures, int width)
    {
        var count = Math.Min(figures.Count, width);
        if (count == 0)
        {
            return "";
        }
        var shown = new double[count];
        for (var i = 0; i < count; i++)
        {
            var (from, to) = (i * figures.Count / count, (i + 1) * figures.Count / count);
            shown[i] = figures.Skip(from).Take(to - from).Average();
        }
        var (least, most) = (shown.Min(), shown.Max());
        return string.Concat(shown.Select(figure =>
            Bars[most > least ? (int)Math.Round((figure - least) / (most - least) * (Bars.Length - 1)) : Bars.Length / 2]));
    }

    /// <summary>A bar that is full to a share.</summary>
    /// <param name="share">From 0 to 1.</param>
    /// <param name="width">Characters.</param>
    public static string Bar(double share, int width)
    {
        var full = (int)Math.Round(Math.Clamp(share, 0, 1) * width);
        return new string('█', full) + new string('░', width - full);
    }
}
