using System.CommandLine;
using OrleansTagging.Abstractions;
using OrleansTagging.Audio;
using OrleansTagging.Commands.Options;
using OrleansTagging.Labels;
using OrleansTagging.Storage;

namespace OrleansTagging.Commands.Datasets;

/// <summary><c>dataset import</c>: checks, packs and registers a dataset in FSDKaggle2019's layout.</summary>
internal sealed class DatasetImportCommand : TaggingCommand
{
    private readonly Terminal _terminal;
    private readonly Argument<string> _folder = new("DIR") { Description = "Folder in FSDKaggle2019's layout" };
    private readonly Option<string> _name = new("--name")
    {
        HelpName = "NAME",
        Description = "Name of the dataset, as experiment files use it",
        Required = true,
    };

    private readonly NumberOption<int> _rate = new(
        "--rate", "Sample rate in Hz [default: the most common among the files]", AudioFile.LowestRate, AudioFile.HighestRate);

    private readonly Option<bool> _strict = new("--strict")
    {
        Description = "Refuse the dataset when a clip cannot be used, instead of leaving the clip out",
    };

    private readonly Option<bool> _keepKnownBad = new("--keep-known-bad")
    {
        Description = "Keep the six curated clips of FSDKaggle2019 that its publishers named as wrongly labelled or without signal",
    };

    private readonly StoreOption _store = new();
    private readonly JsonOption _json = new();

    public DatasetImportCommand(Terminal terminal) : base(
        "import",
        "Checks every clip of a dataset, packs it into the store, and says what was left out and why. "
        + $"A {DatasetTruth.FileName} beside the other files (true labels of noisy and test clips) is kept for reports alone, and so is "
        + "FSDKaggle2019's test_post_competition.csv. The layout of that dataset's published archive is read as well.",
        "tagging dataset import ./dataset --name synthetic")
    {
        _terminal = terminal;
        Arguments.Add(_folder);
        Options.Add(_name);
        Options.Add(_rate);
        Options.Add(_strict);
        Options.Add(_keepKnownBad);
        Options.Add(_store);
        Options.Add(_json);
    }

    protected override async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var source = line.GetRequiredValue(_folder);
        var name = CheckedName(line.GetRequiredValue(_name));
        if (!Directory.Exists(source))
        {
            throw new InputException($"{source}: there is no such folder.");
        }
        var options = new ImportOptions
        {
            Rate = line.GetResult(_rate) is null ? null : line.GetValue(_rate),
            Strict = line.GetValue(_strict),
            KeepKnownBad = line.GetValue(_keepKnownBad),
        };
        var store = StoreOption.Open(line);
        // The grain is asked last, yet the store is taken first: nobody should wait for an import that cannot be registered.
        await using var silo = await LocalSilo.StartAsync(store, cancellationToken);
        var packed = Path.Combine(store.Scratch, $"import-{Guid.NewGuid():N}");
        try
        {
            var report = await ImportAsync(options, source, packed, cancellationToken);
            var record = await StoreAsync(store.Artifacts, name, report, packed, source, cancellationToken);
            if (await silo.Grains.GetGrain<IDatasetGrain>(name).Register(record).WaitAsync(cancellationToken) is { } refusal)
            {
                throw new InputException(refusal);
            }
            if (report.Unlisted.Count > 0)
            {
                _terminal.Say($"{Figures.Count(report.Unlisted.Count)} files in {source} stand in no CSV and were passed over, "
                    + $"the first: {report.Unlisted[0]}");
            }
            DatasetTables.Tell(_terminal, record, line.GetValue(_json));
            return ExitCode.Success;
        }
        finally
        {
            if (Directory.Exists(packed))
            {
                Directory.Delete(packed, recursive: true);
            }
        }
    }

    private static string CheckedName(string name) =>
        name.Length is > 0 and <= 64 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-')
            ? name
            : throw new InputException($"'{name}' cannot be a dataset's name; use up to 64 letters, digits, _ and -.");

    private async Task<ImportReport> ImportAsync(ImportOptions options, string source, string packed, CancellationToken cancellationToken)
    {
        using var view = ImportView.For(_terminal);
        return await new DatasetImporter(options, view).ImportAsync(source, packed, cancellationToken);
    }

    private static async Task<DatasetRecord> StoreAsync(
        IArtifactStore artifacts, string name, ImportReport report, string packed, string source, CancellationToken cancellationToken)
    {
        Task<string> Keep(string file, string extension) =>
            artifacts.MoveFileAsync(Path.Combine(packed, file), extension, cancellationToken);
        var facts = report.Facts;
        var truth = await DatasetTruth.StoreAsync(artifacts, report, source, packed, cancellationToken);
        return new DatasetRecord
        {
            Name = name,
            Version = facts.Version,
            Rate = facts.Rate,
            Classes = [.. facts.Classes],
            Audio = await Keep("audio.npy", "npy"),
            Clips = await Keep("clips.csv", "csv"),
            Facts = await Keep("dataset.json", "json"),
            Truth = truth,
            Subsets = [.. Enum.GetValues<ClipSubset>().Select(subset => Counts(subset, facts.Of(subset)))],
            LeftOut =
            [
                .. facts.LeftOut.Select(clip => new Abstractions.LeftOutClip
                {
                    Fname = clip.FileName,
                    Subset = Called(clip.Subset),
                    Reason = clip.Reason,
                }),
            ],
        };
    }

    private static SubsetCounts Counts(ClipSubset subset, SubsetFacts facts) =>
        new() { Subset = Called(subset), Clips = facts.Clips, Hours = facts.Hours, LabelsPerClip = facts.LabelsPerClip };

    private static string Called(ClipSubset subset) => subset.ToString().ToLowerInvariant();
}
