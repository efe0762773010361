using System.CommandLine;
using Orleans;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Commands.Inspection;

/// <summary><c>inspect scheduler</c>: the queue, the leases and the silos.</summary>
internal sealed class InspectSchedulerCommand(Terminal terminal) : InspectCommand<SchedulerRecord>(
    terminal, "scheduler", "Shows the queue of jobs, the leases of devices, and the silos that have them.", "tagging inspect scheduler")
{
    private const int Shown = 20;

    protected override async Task<SchedulerRecord?> AskAsync(ParseResult line, GrainConnection host) =>
        await SiloTables.DescribeAsync(host);

    protected override string StateOf(ParseResult line, SchedulerRecord record) => "scheduler/";

    protected override string NotThere(ParseResult line) => "The scheduler does not answer.";

    protected override void Show(SchedulerRecord record)
    {
        Terminal.WriteFacts(
            "Scheduler",
            ("jobs queued", Figures.Count(record.Queue.Length)),
            ("leases", Figures.Count(record.Leases.Length)),
            ("silos", Figures.Count(record.Silos.Length)),
            ("paused experiments", Figures.Count(record.Standings.Count(standing => standing.Paused))));
        Terminal.WriteTable(SiloTables.Silos(record, record.Silos));
        Terminal.WriteTable(SiloTables.Leases(record.Leases));
        var queue = new DataTable(
            record.Queue.Length > Shown ? $"Queue, the first {Figures.Count(Shown)}" : "Queue",
            DataColumn.Figure("priority"), "needs", "what", "of", "waits for");
        foreach (var ticket in record.Queue.Take(Shown))
        {
            queue.Add(
                Figures.Count(ticket.Request.Priority), ticket.Accelerator, ticket.Request.What, ticket.Request.Parent.Experiment,
                ticket.Paused ? "its experiment, paused" : ticket.NotBefore is null ? "a device" : "another try");
        }
        Terminal.WriteTable(queue);
    }
}
