using Orleans.Runtime;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Grains;

/// <summary>What a job's grain does when it is told to start under a lease.</summary>
internal enum LeaseStart
{
    /// <summary>Nothing: the lease is older than the one it holds, or the leased silo is not to be had.</summary>
    Ignore,

    /// <summary>It sends the start on to the leased silo and ends here.</summary>
    HandOver,

    /// <summary>It starts a Trainer, if the scheduler confirms the lease.</summary>
    Begin,

    /// <summary>Its Trainer goes on under the lease, if the scheduler confirms it.</summary>
    Adopt,

    /// <summary>Its Trainer stops: the job was given to another silo.</summary>
    Yield,
}

/// <summary>What a job's grain does with a Trainer that has ended.</summary>
internal enum LeaseEnd
{
    /// <summary>It tells of the end again, which is on disk already.</summary>
    TellAgain,

    /// <summary>It gives the device back; no result counts.</summary>
    GiveBack,

    /// <summary>It tells again of the crash, which is on disk already.</summary>
    TellCrashAgain,

    /// <summary>It drops the result: the lease had ended before.</summary>
    Drop,

    /// <summary>It records the result, if it still holds the lease.</summary>
    Record,
}

/// <summary>A holder's side of the leases; <see cref="JobQueue"/> has the scheduler's. Free of grains and clocks.</summary>
internal static class LeaseRules
{
    /// <summary>What to do when told to start.</summary>
    /// <param name="lease">The lease.</param>
    /// <param name="here">The silo that the grain is on.</param>
    /// <param name="held">Epoch of the lease under which its Trainer works; <c>null</c> where none does.</param>
    /// <param name="sentOn">Whether this start was sent on from another silo.</param>
    public static LeaseStart OnStart(JobLease lease, SiloAddress here, long? held, bool sentOn) => (lease.Silo.Equals(here), held) switch
    {
        (true, null) => LeaseStart.Begin,
        // Sent on once and not here: the leased silo is not to be had. The scheduler sends the start anew, or gives the silo up.
        (false, null) => sentOn ? LeaseStart.Ignore : LeaseStart.HandOver,
        (true, { } epoch) when lease.Epoch >= epoch => LeaseStart.Adopt,
        (_, { } epoch) => lease.Epoch > epoch ? LeaseStart.Yield : LeaseStart.Ignore,
    };

    /// <summary>What to do with a Trainer that has ended.</summary>
    /// <param name="isStored">Whether the job's end is on disk.</param>
    /// <param name="stopped">Whether the Trainer was told to stop.</param>
    /// <param name="fenced">Whether the lease is known to have ended.</param>
    /// <param name="crashIsStored">Whether this Trainer's crash is on disk.</param>
    public static LeaseEnd OnEnd(bool isStored, bool stopped, bool fenced, bool crashIsStored) =>
        isStored ? LeaseEnd.TellAgain
        : stopped && !fenced ? LeaseEnd.GiveBack
        : crashIsStored ? LeaseEnd.TellCrashAgain
        : fenced ? LeaseEnd.Drop
        : LeaseEnd.Record;

    /// <summary>Whether a lease was confirmed so lately that the scheduler need not be asked again.</summary>
    /// <param name="confirmed">When the scheduler was last asked and confirmed it.</param>
    /// <param name="now">The present time of the same <see cref="SteadyClock"/>.</param>
    /// <param name="heartbeat">Time between two confirmations.</param>
    public static bool IsFresh(DateTimeOffset confirmed, DateTimeOffset now, TimeSpan heartbeat) => now - confirmed < heartbeat / 2;
}
