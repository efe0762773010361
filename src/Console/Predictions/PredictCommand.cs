using System.CommandLine;
using OrleansTagging.Audio;
using OrleansTagging.Commands.Datasets;
using OrleansTagging.Commands.Features;
using OrleansTagging.Commands.Options;
using OrleansTagging.Grains;
using OrleansTagging.Labels;
using OrleansTagging.Storage;

namespace OrleansTagging.Commands.Predictions;

/// <summary><c>predict</c>: tags a folder of any audio with a finished experiment's ensemble, or with one of its members.</summary>
internal sealed class PredictCommand : TaggingCommand
{
    private readonly Terminal _terminal;
    private readonly Option<string> _experiment = new("--experiment")
    {
        HelpName = "NAME",
        Description = "A finished experiment",
        Required = true,
    };

    private readonly Option<string?> _member = new("--member")
    {
        HelpName = "NAME",
        Description = "One of its members [default: its ensemble, weighted as its report says]",
    };

    private readonly PathOption _audio = new("--audio", "DIR", "Folder of audio files of any rate and channels, with its subfolders");
    private readonly PathOption _out = new("--out", "FILE", "The predictions: fname and a column a class");
    private readonly Option<bool> _strict = new("--strict")
    {
        Description = "Refuse the folder when a file cannot be used, instead of leaving the file out",
    };

    private readonly StoreOption _store = new();
    private readonly JsonOption _json = new();

    public PredictCommand(Terminal terminal) : base(
        "predict",
        "Tags a folder of audio with a finished experiment: the probability of every class for every file. A file that cannot be used "
        + "is named and left out.",
        "tagging predict --experiment demo --audio ./recordings --out tags.csv")
    {
        _terminal = terminal;
        Options.Add(_experiment);
        Options.Add(_member);
        Options.Add(_audio);
        Options.Add(_out);
        Options.Add(_strict);
        Options.Add(_store);
        Options.Add(_json);
    }

    protected override async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var store = StoreOption.OpenExisting(line);
        var experiment = await FinishedExperiment.ReadAsync(store, line.GetRequiredValue(_experiment), cancellationToken);
        var (members, byRank) = Members(experiment, line.GetValue(_member));
        var folder = line.GetRequiredValue(_audio);
        FolderOfClips.FilesOf(folder);
        var path = line.GetRequiredValue(_out);
        OutputFile.Prepare(path);
        var options = new TaggingOptions { TrainerPath = TrainerProgram.Locate() };

        var work = Path.Combine(store.Scratch, $"predict-{Guid.NewGuid():N}");
        try
        {
            var facts = await PackAsync(folder, Path.Combine(work, "packed"), experiment, cancellationToken);
            if (facts.LeftOut.Count > 0 && line.GetValue(_strict))
            {
                var first = facts.LeftOut[0];
                throw new InputException($"{folder}: {Figures.Count(facts.LeftOut.Count)} of "
                    + $"{Figures.Count(facts.LeftOut.Count + facts.Test.Clips)} files cannot be used, the first: {first.FileName} "
                    + $"({first.Reason}). Take them out, or go without --strict.");
            }
            var table = await PredictAsync(store, experiment, members, byRank, options, work, cancellationToken);
            await OutputFile.WriteAsync(path, partial =>
            {
                table.Write(partial);
                return Task.CompletedTask;
            });
            Tell(experiment, members, facts, path, line.GetValue(_json));
            return ExitCode.Success;
        }
        finally
        {
            if (Directory.Exists(work))
            {
                Directory.Delete(work, recursive: true);
            }
        }
    }

    /// <summary>The members that are asked, their weights, and whether their ranks are blended.</summary>
    private static ((string Member, double Weight)[] Members, bool ByRank) Members(FinishedExperiment experiment, string? member)
    {
        if (member is not null)
        {
            return experiment.File.Members.ContainsKey(member)
                ? ([(member, 1)], false)
                : throw new InputException($"{experiment.Name} has no member '{member}'; "
                    + $"tagging inspect experiment {experiment.Name} names them.");
        }
        var ensemble = experiment.Report.GetProperty("ensemble");
        // A member without a weight would be asked in vain.
        var members = ensemble.GetProperty("members").EnumerateArray()
            .Select(part => (part.GetProperty("member").GetString()!, part.GetProperty("weight").GetDouble()))
            .Where(part => part.Item2 > 0).ToArray();
        return (members, ensemble.GetProperty("method").GetString() == "rank_mean");
    }

    private async Task<DatasetFacts> PackAsync(
        string folder, string packed, FinishedExperiment experiment, CancellationToken cancellationToken)
    {
        using var view = new ImportView(_terminal);
        return await FolderOfClips.PackAsync(
            folder, packed, experiment.Dataset.Rate, new ClassMap(experiment.Classes), view, cancellationToken);
    }

    private async Task<PredictionTable> PredictAsync(
        Store store, FinishedExperiment experiment, (string Member, double Weight)[] members, bool byRank, TaggingOptions options,
        string work, CancellationToken cancellationToken)
    {
        string[] names;
        LooseClips clips;
        using (var packed = PackedDataset.Open(Path.Combine(work, "packed")))
        {
            names = [.. packed.Clips.Select(clip => clip.FileName)];
            string At(string file) => Path.Combine(work, "packed", file);
            clips = new LooseClips
            {
                Audio = At("audio.npy"),
                Clips = At("clips.csv"),
                Facts = At("dataset.json"),
                Version = packed.Version,
                Names = names,
            };
        }
        using var view = new PredictionView(_terminal, names.Length);
        var prediction = new LoosePrediction(experiment, store, Store.Open(Path.Combine(work, "store")), options);
        var scores = await prediction.PredictAsync(clips, members, byRank, view, cancellationToken);
        return new PredictionTable(names, new ClassMap(experiment.Classes), scores);
    }

    private void Tell(
        FinishedExperiment experiment, (string Member, double Weight)[] members, DatasetFacts facts, string path, bool asJson)
    {
        if (asJson)
        {
            _terminal.WriteJson(new
            {
                File = path,
                Experiment = experiment.Name,
                Members = members.Select(member => new { member.Member, member.Weight }).ToArray(),
                Files = facts.Test.Clips,
                facts.Test.Hours,
                LeftOut = facts.LeftOut.Select(clip => new { Fname = clip.FileName, clip.Reason }).ToArray(),
            });
            return;
        }
        foreach (var clip in facts.LeftOut)
        {
            _terminal.Say($"{clip.FileName}: left out, {clip.Reason}");
        }
        var by = members.Length == 1 ? members[0].Member : $"{Figures.Count(members.Length)} members";
        _terminal.Out.WriteLine($"{Figures.Count(facts.Test.Clips)} files tagged by {by} of {experiment.Name}, "
            + $"{Figures.Count(facts.LeftOut.Count)} left out; written to {path}");
    }
}
