using Orleans.Runtime;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Grains;

/// <summary>The scheduler's head: small, and written last by every change, so that it makes the change valid.</summary>
public sealed record SchedulerHead
{
    /// <summary>Number of the last lease; a lease on a page with a higher one was never valid.</summary>
    public long LastEpoch { get; init; }

    /// <summary>The last epochs before the latest takeovers, the latest last; the <see cref="JobQueue.Leap"/> epochs after each are void.</summary>
    public long[] Takeovers { get; init; } = [];

    /// <summary>The experiments that are paused or have a priority of their own.</summary>
    public ExperimentStanding[] Standings { get; init; } = [];
}

/// <summary>Some of the scheduler's jobs, stored together.</summary>
public sealed record SchedulerPage
{
    /// <summary>The jobs, the oldest first.</summary>
    public required JobEntry[] Jobs { get; init; }
}

/// <summary>A job as the scheduler stores it.</summary>
public sealed record JobEntry
{
    /// <summary>Number in the order of arrival.</summary>
    public required long Age { get; init; }

    /// <summary>The accelerator it needs.</summary>
    public required string Accelerator { get; init; }

    /// <summary>Who asked for it; the lease, if there is one, counts for the first.</summary>
    public required JobRequest[] Askers { get; init; }

    /// <summary>When it may be granted again at the earliest; <c>null</c>: at once.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>The device it holds.</summary>
    public HeldDevice? Held { get; init; }

    /// <summary>Leases that it has had.</summary>
    public int Leases { get; init; }
}

/// <summary>A device under a lease.</summary>
public sealed record HeldDevice
{
    /// <summary>The silo whose device it is.</summary>
    public required SiloAddress Silo { get; init; }

    /// <summary>Name of the device.</summary>
    public required string Device { get; init; }

    /// <summary>Number of the lease.</summary>
    public required long Epoch { get; init; }
}
