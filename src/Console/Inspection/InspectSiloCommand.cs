using System.CommandLine;
using Orleans;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Commands.Inspection;

/// <summary>A silo and what its devices do.</summary>
internal sealed record InspectedSilo
{
    /// <summary>The silo and its devices.</summary>
    public required SiloAnnouncement Silo { get; init; }

    /// <summary>The leases of its devices.</summary>
    public required JobLease[] Leases { get; init; }

    /// <summary>What its devices wait for, in one line; <c>null</c> where one works.</summary>
    public string? WaitsFor { get; init; }
}

/// <summary><c>inspect silo</c>: one silo, its devices and what they work on.</summary>
internal sealed class InspectSiloCommand : InspectCommand<InspectedSilo>
{
    private readonly Argument<string?> _silo = new("SILO")
    {
        Description = "Address or host of the silo, or how one of them begins; may be left out where there is one silo",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public InspectSiloCommand(Terminal terminal) : base(
        terminal, "silo", "Shows one silo: its devices and what they work on.", "tagging inspect silo") => Arguments.Add(_silo);

    protected override async Task<InspectedSilo?> AskAsync(ParseResult line, GrainConnection host)
    {
        var scheduler = await SiloTables.DescribeAsync(host);
        var asked = line.GetValue(_silo) ?? "";
        var meant = scheduler.Silos.Where(silo =>
            silo.Silo.ToString().StartsWith(asked, StringComparison.Ordinal) || silo.Host.StartsWith(asked, StringComparison.Ordinal)).ToArray();
        if (meant is not [var one])
        {
            return null;
        }
        var leases = Array.FindAll(scheduler.Leases, lease => lease.Silo.Equals(one.Silo));
        return new InspectedSilo
        {
            Silo = one,
            Leases = leases,
            WaitsFor = leases.Length > 0 ? null : one.Devices.Length == 0 ? "nothing: it has no device" : "a job that its devices can run",
        };
    }

    protected override string StateOf(ParseResult line, InspectedSilo record) => "scheduler/";

    protected override string NotThere(ParseResult line) => line.GetValue(_silo) is { } asked
        ? $"No silo, or more than one, is meant by '{asked}'; tagging inspect scheduler lists them."
        : "No silo, or more than one, has announced itself; tagging inspect scheduler lists them.";

    protected override void Show(InspectedSilo record)
    {
        Terminal.WriteFacts(
            $"Silo {record.Silo.Silo}", ("host", record.Silo.Host), ("alone", record.Silo.Alone ? "yes" : "no"),
            ("waits for", Figures.Text(record.WaitsFor)));
        Terminal.WriteTable(SiloTables.Silos(
            new SchedulerRecord { Queue = [], Leases = record.Leases, Silos = [record.Silo] }, [record.Silo]));
        Terminal.WriteTable(SiloTables.Leases(record.Leases));
    }
}
