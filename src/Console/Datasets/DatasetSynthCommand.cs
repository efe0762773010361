using System.CommandLine;
using System.Globalization;
using OrleansTagging.Audio;
using OrleansTagging.Commands.Options;

namespace OrleansTagging.Commands.Datasets;

/// <summary><c>dataset synth</c>: writes the synthetic dataset.</summary>
internal sealed class DatasetSynthCommand : TaggingCommand
{
    private const double LeastScale = 0.001;
    private const double MostScale = 1000;

    private readonly Terminal _terminal;
    private readonly PathOption _out = new("--out", "DIR", "The dataset's folder; absent or empty");
    private readonly NumberOption<ulong> _seed = new("--seed", "Seed of everything", 0, ulong.MaxValue) { DefaultValueFactory = _ => 1 };
    private readonly NumberOption<double> _scale = new(
        "--scale",
        string.Create(CultureInfo.InvariantCulture,
            $"Size; 1 is {SyntheticDataset.CuratedClips} curated, {SyntheticDataset.NoisyClips} noisy, {SyntheticDataset.TestClips} test clips"),
        LeastScale,
        MostScale)
    { DefaultValueFactory = _ => 1 };

    private readonly JsonOption _json = new();

    public DatasetSynthCommand(Terminal terminal) : base(
        "synth",
        "Writes a synthetic dataset in FSDKaggle2019's layout: sixteen classes of modelled sounds; "
        + "45 % of the noisy clips are wrongly labelled.",
        "tagging dataset synth --out ./dataset --seed 1 --scale 0.5")
    {
        _terminal = terminal;
        Options.Add(_out);
        Options.Add(_seed);
        Options.Add(_scale);
        Options.Add(_json);
    }

    protected override async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var folder = line.GetRequiredValue(_out);
        OutputFile.PrepareFolder(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))) ?? folder);
        // The rendering keeps every core busy; off this thread, a signal is answered at once.
        var report = await Task.Run(
            () => SyntheticDataset.Write(folder, line.GetValue(_seed), line.GetValue(_scale), cancellationToken), CancellationToken.None);
        if (line.GetValue(_json))
        {
            _terminal.WriteJson(
                new { Folder = folder, report.Classes, report.Curated, report.Noisy, report.NoisyWrong, report.Test, report.Hours });
        }
        else
        {
            _terminal.Out.WriteLine(
                $"{folder}: {Figures.Count(report.Curated)} curated, {Figures.Count(report.Noisy)} noisy "
                + $"({Figures.Count(report.NoisyWrong)} wrongly labelled) and {Figures.Count(report.Test)} test clips "
                + $"of {Figures.Count(report.Classes.Count)} classes, {Figures.Hours(report.Hours)} h");
        }
        return ExitCode.Success;
    }
}
