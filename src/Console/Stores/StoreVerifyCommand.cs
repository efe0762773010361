using System.CommandLine;
using System.Diagnostics;
using OrleansTagging.Commands.Options;
using OrleansTagging.Storage;

namespace OrleansTagging.Commands.Stores;

/// <summary><c>store verify</c>: hashes every artifact and reads every state.</summary>
internal sealed class StoreVerifyCommand : TaggingCommand
{
    // Results of jobs and what is made of them; the same bytes come out when they are worked out again.
    private static readonly string[] WorkedOut = ["training", "fold", "member", "curriculum", "noisy-scores"];

    private readonly Terminal _terminal;
    private readonly Option<bool> _repair = new("--repair")
    {
        Description = "Delete damaged artifacts and forget the results that name a lost one, so that they are worked out again; "
            + "end a copy that was broken off",
    };

    private readonly StoreOption _store = new();
    private readonly JsonOption _json = new();

    public StoreVerifyCommand(Terminal terminal) : base(
        "verify",
        "Hashes every artifact, reads every state, and names what is damaged, half-written or missing. "
        + "Exit code 1 where anything is damaged or missing.",
        "tagging store verify --repair")
    {
        _terminal = terminal;
        Options.Add(_repair);
        Options.Add(_store);
        Options.Add(_json);
    }

    protected override async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var store = StoreOption.OpenExisting(line);
        // Looking changes nothing and may be done beside a run; repairing may not.
        using var held = line.GetValue(_repair) ? LocalSilo.Lock(store) : null;
        var found = await StoreVerification.OfAsync(store, new Progress(_terminal), cancellationToken);
        var cleared = line.GetValue(_repair) ? await found.RepairAsync(store, WorkedOut, cancellationToken) : null;
        if (line.GetValue(_json))
        {
            _terminal.WriteJson(new
            {
                Sound = found.IsSound,
                found.Artifacts,
                found.Bytes,
                found.States,
                found.Damaged,
                found.Missing,
                found.DamagedStates,
                found.Leftovers,
                found.UnfinishedCopy,
                Cleared = cleared,
            });
        }
        else
        {
            Tell(found);
        }
        if (found.IsSound)
        {
            return ExitCode.Success;
        }
        if (found is { UnfinishedCopy: not null, Damaged: [], Missing: [], DamagedStates: [] })
        {
            _terminal.Say(cleared is null ? "Run the same tagging store copy once more, or tagging store verify --repair." : "The copy has been ended.");
            return ExitCode.Fault;
        }
        _terminal.Say(cleared is null
            ? "The store is damaged. Run tagging store verify --repair, then what is lost again: "
                + "dataset import for audio, clips and truth, run for the rest."
            : $"Repaired as far as it can be: {Figures.Count(found.Damaged.Count)} artifacts deleted, "
                + $"{Figures.Count(cleared.Count)} results forgotten. Import again what was imported and run the experiments again; "
                + "what is lost is worked out anew.");
        return ExitCode.Fault;
    }

    private void Tell(StoreVerification found)
    {
        if (found.UnfinishedCopy is { } unfinished)
        {
            _terminal.Out.WriteLine($"unfinished: {unfinished}");
        }
        NameAll("damaged", found.Damaged);
        NameAll("missing", found.Missing);
        NameAll("damaged state", found.DamagedStates);
        foreach (var file in found.Leftovers)
        {
            _terminal.Out.WriteLine($"half-written: {file} (left by a process that was killed, or being written; no part of the store)");
        }
        _terminal.Out.WriteLine(
            $"{Figures.Count(found.Artifacts)} artifacts, {Figures.Bytes(found.Bytes)}, {Figures.Count(found.States)} states: "
            + (found.IsSound ? "all as they were written" : found.UnfinishedCopy is not null ? "a copy into it has not ended" : $"{Figures.Count(found.Damaged.Count)} artifacts damaged, "
                + $"{Figures.Count(found.Missing.Count)} missing, {Figures.Count(found.DamagedStates.Count)} states damaged"));
    }

    private void NameAll(string what, IEnumerable<StoreFault> faults)
    {
        foreach (var fault in faults)
        {
            var referrer = fault.Referrer is null ? "nothing refers to it" : $"referred to by {fault.Referrer}";
            var more = what == "damaged state" ? $": {fault.Problem}" : $", {referrer}";
            _terminal.Out.WriteLine($"{what}: {fault.Name}{more}");
        }
    }

    private sealed class Progress(Terminal terminal) : IProgress<int>
    {
        private static readonly TimeSpan SayEvery = TimeSpan.FromSeconds(10);
        private readonly Stopwatch _since = Stopwatch.StartNew();

        public void Report(int value)
        {
            if (_since.Elapsed >= SayEvery)
            {
                _since.Restart();
                terminal.Say($"{Figures.Count(value)} artifacts hashed");
            }
        }
    }
}
