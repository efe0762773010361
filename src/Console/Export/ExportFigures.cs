using System.Globalization;
using OrleansTagging.Abstractions;
using OrleansTagging.Grains;
using ScottPlot;

namespace OrleansTagging.Commands.Export;

/// <summary>The pictures of an export, each as SVG and as PNG: learning curves, rounds, the agreement of the noisy clips round by round.</summary>
internal static class ExportFigures
{
    private const int Width = 900;
    private const int Height = 560;

    /// <summary>Draws all of them below <c>figures</c>.</summary>
    /// <param name="folder">The export's folder, whose curves are written already.</param>
    /// <param name="list">What the experiment left.</param>
    /// <param name="rounds">Its rounds.</param>
    public static void Write(string folder, ExportList list, List<RoundInspection> rounds)
    {
        var into = Path.Combine(folder, "figures");
        Directory.CreateDirectory(into);
        Curves(folder, into, list);
        foreach (var curriculum in rounds.GroupBy(seen => seen.Record.Curriculum))
        {
            Rounds(into, curriculum.Key, [.. curriculum.Select(seen => seen.Record)]);
        }
        foreach (var seen in rounds.Where(seen => seen.Noisy > 0))
        {
            Agreement(into, seen);
        }
    }

    private static void Curves(string folder, string into, ExportList list)
    {
        // One picture for each model on each selection: a line a fold.
        foreach (var owner in list.Artifacts.Where(artifact => artifact.Path.StartsWith("curves/", StringComparison.Ordinal))
            .GroupBy(artifact => string.Join(' ', artifact.Path.Split('/')[1..^1])))
        {
            var (loss, lwlrap) = (new Plot(), new Plot());
            foreach (var curve in owner)
            {
                var rows = File.ReadLines(Path.Combine(folder, curve.Path)).Skip(1).Select(line => line.Split(',')).ToArray();
                Add(loss, rows, 2, Path.GetFileNameWithoutExtension(curve.Path));
                Add(lwlrap, rows, 3, Path.GetFileNameWithoutExtension(curve.Path));
            }
            WholeNumbersBelow(loss);
            WholeNumbersBelow(lwlrap);
            var name = owner.Key.Replace(' ', '-');
            Save(loss, into, $"loss-{name}", $"Training loss: {owner.Key}", "epoch", "mean loss");
            Save(lwlrap, into, $"lwlrap-{name}", $"Validation lwlrap: {owner.Key}", "epoch", "lwlrap");
        }
    }

    private static void Add(Plot plot, string[][] rows, int column, string legend)
    {
        var told = rows.Where(row => row[column].Length > 0).ToArray();
        var line = plot.Add.Scatter(
            Array.ConvertAll(told, row => Number(row[0])), Array.ConvertAll(told, row => Number(row[column])));
        line.LegendText = legend;
    }

    private static void Rounds(string into, string curriculum, RoundRecord[] rounds)
    {
        var plot = new Plot();
        void Line(string name, Func<RoundRecord, double?> figure)
        {
            var told = rounds.Where(round => figure(round) is not null).ToArray();
            if (told.Length > 0)
            {
                plot.Add.Scatter(Array.ConvertAll(told, round => (double)round.Round), Array.ConvertAll(told, round => figure(round)!.Value))
                    .LegendText = name;
            }
        }
        Line("scorer's cv lwlrap", round => round.CrossValidatedLwlrap);
        Line("scorer's test lwlrap", round => round.TestLwlrap);
        Line("agreement at the cut", round => round.AgreementAtCut);
        Line("promoted clips truly right", round => round.TrulyRight);
        Line("noisy set truly right", round => round.BaseRate);
        WholeNumbersBelow(plot);
        Save(plot, into, $"rounds-{curriculum}", $"Rounds of {curriculum}", "round", "lwlrap, agreement, share");
    }

    private static void Agreement(string into, RoundInspection seen)
    {
        var plot = new Plot();
        Bars("noisy clips", bin => bin.Clips, "#b0b8c4");
        Bars("promoted", bin => bin.Promoted, "#2f6fb3");
        if (seen.Record.AgreementAtCut is { } cut)
        {
            plot.Add.VerticalLine(cut, 2, Color.FromHex("#c0392b")).LegendText = "cut";
        }
        var name = string.Create(CultureInfo.InvariantCulture, $"{seen.Record.Curriculum}@{seen.Record.Round}");
        plot.Axes.Margins(bottom: 0);
        Save(plot, into, $"agreement-{name}", $"Agreement of the noisy clips: {name}", "agreement", "clips");

        void Bars(string legend, Func<HistogramBin, int> height, string color)
        {
            var bars = plot.Add.Bars(
                Array.ConvertAll(seen.Histogram, bin => (bin.From + bin.To) / 2), Array.ConvertAll(seen.Histogram, bin => (double)height(bin)));
            bars.LegendText = legend;
            foreach (var bar in bars.Bars)
            {
                (bar.Size, bar.FillColor, bar.LineWidth) = (1d / seen.Histogram.Length * 0.9, Color.FromHex(color), 0);
            }
        }
    }

    // Half an epoch, or half a round, there is none.
    private static void WholeNumbersBelow(Plot plot) =>
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic { IntegerTicksOnly = true };

    private static void Save(Plot plot, string into, string name, string title, string x, string y)
    {
        plot.Title(title);
        plot.XLabel(x);
        plot.YLabel(y);
        plot.ShowLegend(Edge.Right);
        plot.SaveSvg(Path.Combine(into, $"{name}.svg"), Width, Height);
        plot.SavePng(Path.Combine(into, $"{name}.png"), Width, Height);
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
