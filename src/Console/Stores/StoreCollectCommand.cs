using System.CommandLine;
using OrleansTagging.Commands.Options;
using OrleansTagging.Labels;
using OrleansTagging.Storage;

namespace OrleansTagging.Commands.Stores;

/// <summary><c>store gc</c>: lists what nothing refers to, and deletes it when asked.</summary>
internal sealed class StoreCollectCommand : TaggingCommand
{
    private const double UsualHours = 1;
    private const double MostHours = 24 * 365;

    private readonly Terminal _terminal;
    private readonly Option<bool> _delete = new("--delete") { Description = "Delete it; without this option it is only listed" };
    private readonly NumberOption<double> _leastAge = new("--min-age", "Hours for which whatever was stored is left alone", 0, MostHours)
    {
        DefaultValueFactory = _ => UsualHours,
    };

    private readonly StoreOption _store = new();
    private readonly JsonOption _json = new();

    public StoreCollectCommand(Terminal terminal) : base(
        "gc",
        "Lists the artifacts that no grain's state refers to, directly or through a document, and how much they take. "
        + "With --delete it deletes them. A folder in use by a run is refused.",
        "tagging store gc --delete")
    {
        _terminal = terminal;
        Options.Add(_delete);
        Options.Add(_leastAge);
        Options.Add(_store);
        Options.Add(_json);
    }

    protected override async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var store = StoreOption.OpenExisting(line);
        using var held = LocalSilo.Lock(store);
        Garbage garbage;
        try
        {
            var leastAge = TimeSpan.FromHours(line.GetValue(_leastAge));
            garbage = await GarbageCollection.FindAsync(store, leastAge, DateTimeOffset.UtcNow, cancellationToken);
        }
        catch (StoreDamagedException fault)
        {
            throw new InputException(fault.Message, fault);
        }
        var deletes = line.GetValue(_delete);
        var deleted = deletes ? await GarbageCollection.DeleteAsync(store, garbage, cancellationToken) : [];
        if (line.GetValue(_json))
        {
            _terminal.WriteJson(new
            {
                Deleted = deletes,
                Artifacts = (deletes ? deleted : garbage.Artifacts).Select(artifact => new { artifact.Address, artifact.Bytes }),
                Bytes = (deletes ? deleted : garbage.Artifacts).Sum(artifact => artifact.Bytes),
                garbage.Kept,
                garbage.KeptBytes,
                garbage.Young,
            });
        }
        else
        {
            Tell(garbage, deletes ? deleted : null);
        }
        return ExitCode.Success;
    }

    private void Tell(Garbage garbage, IReadOnlyList<StoredArtifact>? deleted)
    {
        var told = deleted ?? garbage.Artifacts;
        foreach (var artifact in told)
        {
            // Lines of their own: a table would break the addresses.
            _terminal.Out.WriteLine($"{artifact.Address}  {Figures.Bytes(artifact.Bytes)}");
        }
        var what = $"{Figures.Count(told.Count)} artifacts that nothing refers to, {Figures.Bytes(told.Sum(artifact => artifact.Bytes))}";
        _terminal.Out.WriteLine(deleted is null ? what : $"Deleted {what}");
        _terminal.Out.WriteLine($"In use: {Figures.Count(garbage.Kept)} artifacts, {Figures.Bytes(garbage.KeptBytes)}");
        if (garbage.Young > 0)
        {
            _terminal.Out.WriteLine($"Too young to be judged (--min-age): {Figures.Count(garbage.Young)} artifacts");
        }
        if (deleted is null && told.Count > 0)
        {
            _terminal.Out.WriteLine("Nothing was deleted; --delete does it.");
        }
    }
}
