using System.CommandLine;
using System.Text.Json;
using OrleansTagging.Abstractions;
using OrleansTagging.Commands.Options;
using OrleansTagging.Grains;
using OrleansTagging.Labels;
using OrleansTagging.Storage;

namespace OrleansTagging.Commands.Export;

/// <summary><c>export</c>: everything that a paper or a colleague needs of a finished experiment, in one folder.</summary>
internal sealed class ExportCommand : TaggingCommand
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly Terminal _terminal;
    private readonly ExperimentArgument _experiment = new();
    private readonly Option<string> _to = new PathOption("--to", "DIR", "The folder to make; it must not exist yet, or be empty");
    private readonly Option<bool> _noFigures = new("--no-figures") { Description = "Leave the pictures out" };
    private readonly StoreOption _store = new();
    private readonly ConnectOption _connect = new();
    private readonly JsonOption _json = new();

    public ExportCommand(Terminal terminal) : base(
        "export",
        "Writes all of a finished experiment to a folder: file, report, selections, predictions, weights, learning curves, tables and figures.",
        "tagging export demo --to demo-export")
    {
        _terminal = terminal;
        Arguments.Add(_experiment);
        Options.Add(_to);
        Options.Add(_noFigures);
        Options.Add(_store);
        Options.Add(_connect);
        Options.Add(_json);
    }

    protected override async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var (name, folder) = (line.GetRequiredValue(_experiment), Path.GetFullPath(line.GetRequiredValue(_to)));
        await using var host = await GrainConnection.OpenAsync(line, StoreOption.OpenExisting(line), cancellationToken);
        var list = await ExportList.ReadAsync(host.Store, name, cancellationToken);
        var rounds = new List<RoundInspection>();
        foreach (var round in list.Rounds)
        {
            if (await host.Grains.GetGrain<ICurriculumGrain>($"{name}/{round.Curriculum}").InspectRound(round.Round, 0) is { } seen)
            {
                rounds.Add(seen);
            }
        }
        var lineage = await Lineage.ReadAsync(host.Store, name, cancellationToken);
        await OutputFolder.WriteAsync(folder, async partial =>
        {
            foreach (var artifact in list.Artifacts)
            {
                await CopyAsync(host.Store.Artifacts, artifact, Inside(partial, artifact.Path), cancellationToken);
            }
            await File.WriteAllTextAsync(Path.Combine(partial, "experiment.yaml"), list.Yaml, cancellationToken);
            await File.WriteAllTextAsync(
                Path.Combine(partial, "lineage.json"), JsonSerializer.Serialize(lineage.Nodes, Indented), cancellationToken);
            await File.WriteAllTextAsync(
                Path.Combine(partial, "artifacts.json"), JsonSerializer.Serialize(list.Artifacts, Indented), cancellationToken);
            foreach (var (path, table) in ExportTables.Of(list, rounds))
            {
                await File.WriteAllTextAsync(Inside(partial, path), table, cancellationToken);
            }
            if (!line.GetValue(_noFigures))
            {
                ExportFigures.Write(partial, list, rounds);
            }
        });
        var files = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/')).Order(StringComparer.Ordinal).ToArray();
        if (line.GetValue(_json))
        {
            _terminal.WriteJson(new { experiment = name, folder, files });
        }
        else
        {
            _terminal.Out.WriteLine($"Written to {folder}: {Figures.Count(files.Length)} files; artifacts.json says what they are.");
        }
        return ExitCode.Success;
    }

    private static string Inside(string folder, string path)
    {
        var file = Path.Combine(folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        return file;
    }

    private static async Task CopyAsync(IArtifactStore artifacts, ExportedArtifact artifact, string file, CancellationToken cancellationToken)
    {
        try
        {
            await using var stored = await artifacts.OpenReadAsync(artifact.Address, cancellationToken);
            await using var copy = new FileStream(file, FileMode.CreateNew, FileAccess.Write);
            await stored.CopyToAsync(copy, cancellationToken);
        }
        catch (ArtifactMissingException fault)
        {
            throw new InputException($"The store no longer has {artifact.Path} ({artifact.Address}); run the experiment again.", fault);
        }
    }
}
