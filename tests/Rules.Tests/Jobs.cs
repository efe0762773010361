using System.Net;
using Orleans.Runtime;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Rules.Tests;

/// <summary>Jobs and silos by number.</summary>
internal static class Jobs
{
    /// <summary>A job: even ones for the CPU, odd ones for CUDA.</summary>
    public static string Named(int number) => (number % 2 == 0 ? "cpu-" : "cuda-") + number;

    public static string Experiment(int number) => $"experiment{number}";

    public static JobTicket Ticket(int job, int experiment, int priority = 0, int member = 0) => new()
    {
        Accelerator = Named(job).Split('-')[0],
        Request = new JobRequest
        {
            Job = Named(job),
            Document = "",
            What = Named(job),
            Slots = 1 + (job % 3),
            Priority = priority,
            Parent = Asker(experiment, member),
            Attempt = "1",
        },
    };

    public static Parent Asker(int experiment, int member = 0) =>
        new() { Kind = ParentKind.Fold, Key = $"{Experiment(experiment)}/member{member}/curated/0" };

    public static SiloAnnouncement Silo(int number, int generation = 1, int cpu = 2, int cuda = 1) => new()
    {
        Silo = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 20_000 + number), generation),
        Host = "host",
        Devices =
        [
            .. cpu > 0 ? [new DeviceRecord { Accelerator = "cpu", Name = "cpu", Slots = cpu }] : Array.Empty<DeviceRecord>(),
            .. Enumerable.Range(0, cuda).Select(device => new DeviceRecord { Accelerator = "cuda", Name = $"cuda:{device}", Slots = 1 }),
        ],
    };
}
