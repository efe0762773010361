using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace OrleansTagging.Abstractions;

/// <summary>The queue of jobs and the leases of devices of a cluster (key: <see cref="Key"/>).</summary>
[Alias("OrleansTagging.ISchedulerGrain")]
public interface ISchedulerGrain : IGrainWithStringKey
{
    /// <summary>Key of the one scheduler of a cluster.</summary>
    const string Key = "cluster";

    /// <summary>A silo tells that it lives and what it has; to be repeated, since a silent silo loses its leases.</summary>
    [Alias("Announce")]
    Task Announce(SiloAnnouncement silo);

    /// <summary>A silo ends in good order: its leases end now.</summary>
    [Alias("Leave")]
    Task Leave(SiloAddress silo);

    /// <summary>Puts a job into the queue, or notes another asker of one that is queued or leased.</summary>
    [Alias("Enqueue")]
    Task Enqueue(JobTicket ticket);

    /// <summary>Takes a job out of the queue, or ends its lease, whoever asked for it.</summary>
    [Alias("Withdraw")]
    Task Withdraw(string job);

    /// <summary>Somebody no longer asks for a job; one that nobody asks for leaves the queue, or its holder is told to stop.</summary>
    [Alias("Release")]
    Task Release(string job, Parent asker);

    /// <summary>
    /// Gives an experiment a priority and says whether it is paused: nothing is granted to a job that only paused experiments ask for, and
    /// the holders of such jobs are told to stop.
    /// </summary>
    [Alias("Set")]
    Task Set(ExperimentStanding standing);

    /// <summary>Forgets all that an experiment asked for.</summary>
    [Alias("Cancel")]
    Task Cancel(string experiment);

    /// <summary>The holder of a lease tells that it works. <c>false</c>: the lease has ended, and the work must be dropped.</summary>
    [Alias("Renew")]
    Task<bool> Renew(string job, long epoch);

    /// <summary>
    /// The holder ends its lease. <c>false</c>: the lease had ended before, and nothing changed.
    /// </summary>
    /// <param name="job">The job.</param>
    /// <param name="epoch">Epoch of the lease.</param>
    /// <param name="again">Whether the job goes back into the queue.</param>
    /// <param name="delay">Time until it may be given a device again; <c>null</c>: at once. Clocks of two silos differ, hence no date.</param>
    [Alias("Finish")]
    Task<bool> Finish(string job, long epoch, bool again, TimeSpan? delay = null);

    /// <summary>Whether a living silo has the device.</summary>
    [Alias("HasDevice")]
    Task<bool> HasDevice(string accelerator);

    /// <summary>Jobs in the queue and under leases.</summary>
    [AlwaysInterleave, Alias("Count")]
    Task<int> Count();

    /// <summary>What is wanted of an accelerator now, for whoever brings silos that have it up and down.</summary>
    [AlwaysInterleave, Alias("Demand")]
    Task<AcceleratorDemand> Demand(string accelerator);

    /// <summary>The queue, the leases and the silos.</summary>
    [AlwaysInterleave, Alias("Describe")]
    Task<SchedulerRecord> Describe();
}

/// <summary>A device of a silo.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.DeviceRecord")]
public sealed record DeviceRecord
{
    /// <summary><c>cpu</c> or <c>cuda</c>.</summary>
    [Id(0)] public required string Accelerator { get; init; }

    /// <summary>Name: <c>cpu</c>, <c>cuda:0</c>.</summary>
    [Id(1)] public required string Name { get; init; }

    /// <summary>Slots: threads of a CPU, jobs at a time of a GPU.</summary>
    [Id(2)] public required int Slots { get; init; }
}

/// <summary>A silo and its devices.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.SiloAnnouncement")]
public sealed record SiloAnnouncement
{
    /// <summary>Address of the silo.</summary>
    [Id(0)] public required SiloAddress Silo { get; init; }

    /// <summary>Host it runs on.</summary>
    [Id(1)] public required string Host { get; init; }

    /// <summary>Its devices.</summary>
    [Id(2)] public required DeviceRecord[] Devices { get; init; }

    /// <summary>Whether it is the only silo of its cluster: whoever else holds a lease has died.</summary>
    [Id(3)] public bool Alone { get; init; }
}

/// <summary>A job in the queue.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.JobTicket")]
public sealed record JobTicket
{
    /// <summary>What is asked for, and by whom.</summary>
    [Id(0)] public required JobRequest Request { get; init; }

    /// <summary>The accelerator it needs.</summary>
    [Id(1)] public required string Accelerator { get; init; }

    /// <summary>When it may be given a device at the earliest; <c>null</c>: at once.</summary>
    [Id(2)] public DateTimeOffset? NotBefore { get; init; }

    /// <summary>Whether every experiment that asked for it is paused.</summary>
    [Id(3)] public bool Paused { get; init; }
}

/// <summary>What the scheduler keeps of an experiment.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.ExperimentStanding")]
public sealed record ExperimentStanding
{
    /// <summary>Name of the experiment.</summary>
    [Id(0)] public required string Experiment { get; init; }

    /// <summary>Its priority; the jobs of the highest go first.</summary>
    [Id(1)] public int Priority { get; init; }

    /// <summary>Whether it is paused.</summary>
    [Id(2)] public bool Paused { get; init; }
}

/// <summary>A device given to a job for as long as its holder renews it.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.JobLease")]
public sealed record JobLease
{
    /// <summary>The job.</summary>
    [Id(0)] public required JobRequest Request { get; init; }

    /// <summary>The silo whose device it is.</summary>
    [Id(1)] public required SiloAddress Silo { get; init; }

    /// <summary>Name of the device: <c>cpu</c>, <c>cuda:0</c>.</summary>
    [Id(2)] public required string Device { get; init; }

    /// <summary>Number of the lease; every later lease of the cluster has a higher one.</summary>
    [Id(3)] public required long Epoch { get; init; }

    /// <summary>All that asked for the job when the lease was given.</summary>
    [Id(4)] public JobRequest[] Askers { get; init; } = [];

    /// <summary>Leases that the job has had since it was asked for, with this one.</summary>
    [Id(5)] public int Number { get; init; } = 1;
}

/// <summary>What is wanted of an accelerator.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.AcceleratorDemand")]
public sealed record AcceleratorDemand
{
    /// <summary>Jobs that wait for it, and those that hold it; without the ones that wait only for paused experiments.</summary>
    [Id(0)] public required int Jobs { get; init; }

    /// <summary>The silos whose device a job holds, once for each such job.</summary>
    [Id(1)] public required SiloAddress[] Holders { get; init; }
}

/// <summary>What the scheduler holds.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.SchedulerRecord")]
public sealed record SchedulerRecord
{
    /// <summary>The queue, first to go first.</summary>
    [Id(0)] public required JobTicket[] Queue { get; init; }

    /// <summary>The leases.</summary>
    [Id(1)] public required JobLease[] Leases { get; init; }

    /// <summary>The silos heard of lately.</summary>
    [Id(2)] public required SiloAnnouncement[] Silos { get; init; }

    /// <summary>The experiments that are paused or have a priority of their own.</summary>
    [Id(3)] public ExperimentStanding[] Standings { get; init; } = [];

    /// <summary>States that it wrote or removed since it came to life.</summary>
    [Id(4)] public long Writes { get; init; }

    /// <summary>Bytes that it wrote since.</summary>
    [Id(5)] public long WrittenBytes { get; init; }
}
