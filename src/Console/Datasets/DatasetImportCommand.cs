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
    private const string PackedAudio = "audio.npy";

    private readonly Terminal _terminal;
    private readonly Argument<string> _source = new("SOURCE")
    {
        Description = "Folder in FSDKaggle2019's layout, or a zip, tar or tar.gz archive of one",
    };

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
    private readonly ConnectOption _connect = new();
    private readonly JsonOption _json = new();

    public DatasetImportCommand(Terminal terminal) : base(
        "import",
        "Checks every clip of a dataset, packs it into the store, and says what was left out and why. "
        + $"A {DatasetTruth.FileName} beside the other files (true labels of noisy and test clips) is kept for reports alone, and so is "
        + "FSDKaggle2019's test_post_competition.csv. The layout of that dataset's published archive is read as well. "
        + "An import that was broken off, in whatever way, goes on where it was when the same command is given again.",
        "tagging dataset import ./dataset --name synthetic")
    {
        _terminal = terminal;
        Arguments.Add(_source);
        Options.Add(_name);
        Options.Add(_rate);
        Options.Add(_strict);
        Options.Add(_keepKnownBad);
        Options.Add(_store);
        Options.Add(_connect);
        Options.Add(_json);
    }

    protected override async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var source = line.GetRequiredValue(_source);
        var name = CheckedName(line.GetRequiredValue(_name));
        if (!Directory.Exists(source) && !File.Exists(source))
        {
            throw new InputException($"{source}: there is no such folder or archive.");
        }
        var store = StoreOption.Open(line);
        // The grain is asked last, yet the store is taken first: nobody should wait for an import that cannot be registered.
        await using var host = await GrainConnection.OpenAsync(line, store, cancellationToken);
        using var work = ImportWork.Open(store.Scratch, name, source);
        try
        {
            var folder = Directory.Exists(source) ? source : await UnpackAsync(source, work, cancellationToken);
            var stored = work.AudioAddress is { } address && await store.Artifacts.ExistsAsync(address, cancellationToken) ? address : null;
            var options = new ImportOptions
            {
                Rate = line.GetResult(_rate) is null ? null : line.GetValue(_rate),
                Strict = line.GetValue(_strict),
                KeepKnownBad = line.GetValue(_keepKnownBad),
                Resumes = true,
                AudioIsTaken = stored is not null && !File.Exists(Path.Combine(work.Packed, PackedAudio)),
            };
            var (report, record) = await ImportAsync(options, folder, source, name, work, store, cancellationToken);
            if (await host.Grains.GetGrain<IDatasetGrain>(name).Register(record).WaitAsync(cancellationToken) is { } refusal)
            {
                throw new InputException(refusal);
            }
            work.Done();
            if (report.Unlisted.Count > 0)
            {
                _terminal.Say($"{Figures.Count(report.Unlisted.Count)} files in {source} stand in no CSV and were passed over, "
                    + $"the first: {report.Unlisted[0]}");
            }
            DatasetTables.Tell(_terminal, record, line.GetValue(_json));
            return ExitCode.Success;
        }
        catch (InputException)
        {
            // Whoever corrects it may not come back to the same name.
            work.Done();
            throw;
        }
    }

    private static string CheckedName(string name) =>
        name.Length is > 0 and <= 64 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-')
            ? name
            : throw new InputException($"'{name}' cannot be a dataset's name; use up to 64 letters, digits, _ and -.");

    private async Task<string> UnpackAsync(string archive, ImportWork work, CancellationToken cancellationToken)
    {
        using var view = new ImportView(_terminal);
        return await DatasetArchive.UnpackAsync(archive, work.Unpacked, view, cancellationToken);
    }

    private async Task<(ImportReport Report, DatasetRecord Record)> ImportAsync(
        ImportOptions options, string folder, string source, string name, ImportWork work, Store store, CancellationToken cancellationToken)
    {
        using var view = new ImportView(_terminal);
        try
        {
            var report = await new DatasetImporter(options, view).ImportAsync(folder, work.Packed, cancellationToken);
            return (report, await StoreAsync(store, name, report, work, folder, view, cancellationToken));
        }
        catch (InputException fault) when (folder != source)
        {
            // What is wrong is wrong in the archive.
            throw new InputException(fault.Message.Replace(folder, source, StringComparison.Ordinal), fault);
        }
    }

    private static async Task<DatasetRecord> StoreAsync(
        Store store, string name, ImportReport report, ImportWork work, string folder, ImportView view,
        CancellationToken cancellationToken)
    {
        var (artifacts, facts) = (store.Artifacts, report.Facts);
        Task<string> Keep(string file, string extension) =>
            artifacts.PutFileAsync(Path.Combine(work.Packed, file), extension, cancellationToken);
        var truth = await DatasetTruth.StoreAsync(artifacts, report, folder, work.Packed, cancellationToken);
        var (clips, json) = (await Keep("clips.csv", "csv"), await Keep("dataset.json", "json"));
        return new DatasetRecord
        {
            Name = name,
            Version = facts.Version,
            Rate = facts.Rate,
            Classes = [.. facts.Classes],
            Audio = await StoreAudioAsync(store, work, view, cancellationToken),
            Clips = clips,
            Facts = json,
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

    /// <summary>Gives the audio to the store, in the end compared with what the store then has.</summary>
    private static async Task<string> StoreAudioAsync(Store store, ImportWork work, ImportView view, CancellationToken cancellationToken)
    {
        var path = Path.Combine(work.Packed, PackedAudio);
        var address = work.AudioAddress;
        if (File.Exists(path))
        {
            // Known before the file is given away: who is killed in between finds it again.
            work.AudioAddress = address = await ArtifactAddress.OfFileAsync(path, "npy", cancellationToken);
            var stored = await store.Artifacts.MoveFileAsync(path, "npy", view.Storing(new FileInfo(path).Length), cancellationToken);
            if (stored != address)
            {
                throw new IOException($"{path} changed while it was being stored.");
            }
        }
        if (!store.IsFolder)
        {
            view.Begin("reading what is stored and comparing it");
            await store.Artifacts.VerifyAsync(address!, cancellationToken);
        }
        return address!;
    }

    private static SubsetCounts Counts(ClipSubset subset, SubsetFacts facts) =>
        new() { Subset = Called(subset), Clips = facts.Clips, Hours = facts.Hours, LabelsPerClip = facts.LabelsPerClip };

    private static string Called(ClipSubset subset) => subset.ToString().ToLowerInvariant();
}
