using System.Diagnostics;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Commands.Inspection;

/// <summary>Silos and leases as tables.</summary>
internal static class SiloTables
{
    private static readonly TimeSpan Announcement = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);

    /// <summary>What the scheduler holds; a host that has just begun is given a moment to announce itself.</summary>
    public static async Task<SchedulerRecord> DescribeAsync(GrainConnection host)
    {
        var scheduler = host.Grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key);
        for (var patience = Stopwatch.StartNew(); ; await Task.Delay(LookAgain))
        {
            if (await scheduler.Describe() is var record && (record.Silos.Length > 0 || patience.Elapsed > Announcement))
            {
                return record;
            }
        }
    }

    /// <summary>Silos and how much of their devices is leased.</summary>
    public static DataTable Silos(SchedulerRecord record, SiloAnnouncement[] silos)
    {
        var table = new DataTable("Silos", "silo", "host", "device", DataColumn.Figure("slots"), DataColumn.Figure("leased"));
        foreach (var silo in silos)
        {
            foreach (var device in silo.Devices)
            {
                var leased = record.Leases.Where(lease => lease.Silo.Equals(silo.Silo) && lease.Device == device.Name)
                    .Sum(lease => lease.Request.Slots);
                table.Add(silo.Silo.ToString(), silo.Host, device.Name, Figures.Count(device.Slots), Figures.Count(leased));
            }
        }
        return table;
    }

    /// <summary>Leases.</summary>
    public static DataTable Leases(IEnumerable<JobLease> leases)
    {
        var table = new DataTable("Leases", DataColumn.Figure("epoch"), "device", "silo", "what", "job");
        foreach (var lease in leases)
        {
            table.Add(Figures.Count(lease.Epoch), lease.Device, lease.Silo.ToString(), lease.Request.What, lease.Request.Job);
        }
        return table;
    }
}
