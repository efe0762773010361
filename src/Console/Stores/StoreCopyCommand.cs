using System.CommandLine;
using System.Globalization;
using OrleansTagging.Commands.Options;
using OrleansTagging.Labels;
using OrleansTagging.Storage;

namespace OrleansTagging.Commands.Stores;

/// <summary><c>store copy</c>: a backup, a restoration, or a move from a folder to a container.</summary>
internal sealed class StoreCopyCommand : TaggingCommand
{
    private readonly Terminal _terminal;
    private readonly PathOption _from = new("--from", "STORE", "The store to copy; silos and runs may use it meanwhile");
    private readonly PathOption _to = new("--to", "STORE", "The store that becomes a copy: empty, or an older copy of the same store");
    private readonly Option<bool> _replace = new("--replace")
    {
        Description = "Overwrite the states of a store that is no copy, or has been used since",
    };

    private readonly Option<bool> _verify = new("--verify")
    {
        Description = "Hash every artifact of the copy in the end, those too that were there before",
    };

    private readonly JsonOption _json = new();

    public StoreCopyCommand(Terminal terminal) : base(
        "copy",
        "Copies a store, folder or container, into another: its states as they were at one instant, the artifacts that they lead to, "
        + "and the last checkpoints. What is there already is not copied again. A backup, and with the two exchanged its restoration.",
        "tagging store copy --from ./tagging-store --to azure:backup")
    {
        _terminal = terminal;
        Options.Add(_from);
        Options.Add(_to);
        Options.Add(_replace);
        Options.Add(_verify);
        Options.Add(_json);
    }

    protected override async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var from = StoreOption.OpenExisting(line.GetRequiredValue(_from), _from.Name);
        var to = Store.Open(line.GetRequiredValue(_to));
        var options = new StoreCopyOptions { Replace = line.GetValue(_replace), Verify = line.GetValue(_verify) };
        try
        {
            using var view = new CopyView(_terminal);
            var copy = new StoreCopy(from, to, options, view);
            // A store that somebody hosts would go on with what it has in memory.
            using var held = LocalSilo.Lock(to);
            var report = await copy.RunAsync(cancellationToken);
            view.Dispose();
            Tell(from, to, report, line.GetValue(_json));
            return ExitCode.Success;
        }
        catch (Exception fault) when (fault is StoreCopyException or StoreDamagedException or StateDamagedException)
        {
            throw new InputException(fault.Message, fault);
        }
    }

    private void Tell(Store from, Store to, StoreCopyReport report, bool asJson)
    {
        if (asJson)
        {
            _terminal.WriteJson(report);
            return;
        }
        var taken = report.Taken.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        _terminal.Out.WriteLine($"{to.Location} is {from.Location} as it was on {taken} UTC");
        _terminal.Out.WriteLine($"{Figures.Count(report.States)} states, {Figures.Count(report.StatesWritten)} of them new or changed");
        _terminal.Out.WriteLine(
            $"{Figures.Count(report.Artifacts)} artifacts, {Figures.Bytes(report.Bytes)}, {Figures.Count(report.ArtifactsCopied)} of them new, "
            + $"{Figures.Bytes(report.BytesCopied)}: {(report.Verified ? "all hashed" : "all there, the new ones hashed")}");
        if (report.Checkpoints > 0)
        {
            _terminal.Out.WriteLine($"{Figures.Count(report.Checkpoints)} checkpoints of jobs at work");
        }
    }
}
