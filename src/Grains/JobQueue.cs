using Orleans;
using Orleans.Runtime;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Grains;

/// <summary>The part of the scheduler that outlives its process.</summary>
[GenerateSerializer, Alias("OrleansTagging.SchedulerState")]
public sealed class SchedulerState
{
    /// <summary>Number of the last lease.</summary>
    [Id(0)] public long LastEpoch { get; set; }

    /// <summary>The queue in the order of arrival.</summary>
    [Id(1)] public List<JobTicket> Queue { get; set; } = [];

    /// <summary>The leases.</summary>
    [Id(2)] public List<JobLease> Leases { get; set; } = [];
}

/// <summary>
/// The scheduler's rules, free of grains and clocks: who waits, who holds which device, and who is next. Jobs go by priority, then by age;
/// the first job of an accelerator that does not fit holds the later ones of that accelerator back, lest wide jobs starve.
/// </summary>
/// <param name="state">Queue and leases, changed in place.</param>
/// <param name="silence">A silo or a holder that was silent for longer is given up.</param>
/// <param name="now">The time at which the state was read; leases in it count as renewed then.</param>
public sealed class JobQueue(SchedulerState state, TimeSpan silence, DateTimeOffset now)
{
    private readonly Dictionary<SiloAddress, (SiloAnnouncement Silo, DateTimeOffset Heard)> _silos = [];
    private readonly Dictionary<long, DateTimeOffset> _renewed = state.Leases.ToDictionary(lease => lease.Epoch, _ => now);
    private readonly HashSet<long> _confirmed = [];

    /// <summary>The waiting jobs, first to go first.</summary>
    public IEnumerable<JobTicket> Waiting => state.Queue.OrderByDescending(ticket => ticket.Request.Priority);

    /// <summary>The leases.</summary>
    public IReadOnlyList<JobLease> Leases => state.Leases;

    /// <summary>The silos heard of lately.</summary>
    public IEnumerable<SiloAnnouncement> Silos => _silos.Values.Select(known => known.Silo);

    /// <summary>The leases whose holder has not yet told that it works.</summary>
    public IEnumerable<JobLease> Unconfirmed => state.Leases.Where(lease => !_confirmed.Contains(lease.Epoch));

    /// <summary>Whether a silo heard of lately has the accelerator.</summary>
    public bool HasDevice(string accelerator) => Silos.Any(silo => silo.Devices.Any(device => device.Accelerator == accelerator));

    /// <summary>Hears of a silo. An older life of the same end point is over with it.</summary>
    /// <returns>Whether the state changed.</returns>
    public bool Announce(SiloAnnouncement silo, DateTimeOffset time)
    {
        _silos[silo.Silo] = (silo, time);
        var changed = false;
        foreach (var dead in _silos.Keys.Concat(state.Leases.Select(lease => lease.Silo)).Distinct()
            .Where(other => Supersedes(silo, other)).ToArray())
        {
            changed |= Leave(dead);
        }
        return changed;
    }

    /// <summary>Gives a silo up; its jobs wait again.</summary>
    /// <returns>Whether the state changed.</returns>
    public bool Leave(SiloAddress silo)
    {
        _silos.Remove(silo);
        var ended = state.Leases.Where(lease => lease.Silo.Equals(silo)).ToArray();
        foreach (var lease in ended)
        {
            End(lease, again: true);
        }
        return ended.Length > 0;
    }

    /// <summary>Takes a job into the queue; a higher priority of one that waits already is taken over.</summary>
    /// <returns>Whether the state changed.</returns>
    public bool Enqueue(JobTicket ticket)
    {
        if (LeaseOf(ticket.Request.Job) is not null)
        {
            return false;
        }
        var at = state.Queue.FindIndex(waiting => waiting.Request.Job == ticket.Request.Job);
        if (at < 0)
        {
            state.Queue.Add(ticket);
            return true;
        }
        if (state.Queue[at].Request.Priority >= ticket.Request.Priority)
        {
            return false;
        }
        state.Queue[at] = ticket;
        return true;
    }

    /// <summary>Forgets a job, whether it waits or holds a device.</summary>
    /// <returns>Whether the state changed.</returns>
    public bool Withdraw(string job)
    {
        var waited = state.Queue.RemoveAll(ticket => ticket.Request.Job == job) > 0;
        if (LeaseOf(job) is not { } lease)
        {
            return waited;
        }
        End(lease, again: false);
        return true;
    }

    /// <summary>Takes note that a holder works; <c>false</c> where it no longer holds.</summary>
    public bool Renew(string job, long epoch, DateTimeOffset time)
    {
        if (LeaseOf(job)?.Epoch != epoch)
        {
            return false;
        }
        _renewed[epoch] = time;
        _confirmed.Add(epoch);
        return true;
    }

    /// <summary>Ends a lease at its holder's word; <c>false</c>, and nothing changed, where the holder no longer holds.</summary>
    public bool Finish(string job, long epoch, bool again)
    {
        if (LeaseOf(job) is not { } lease || lease.Epoch != epoch)
        {
            return false;
        }
        End(lease, again);
        return true;
    }

    /// <summary>Gives up whoever was silent for too long.</summary>
    /// <returns>Whether the state changed.</returns>
    public bool Expire(DateTimeOffset time)
    {
        var changed = false;
        foreach (var silo in _silos.Where(known => time - known.Value.Heard > silence).Select(known => known.Key).ToArray())
        {
            changed |= Leave(silo);
        }
        foreach (var lease in state.Leases.Where(lease => time - _renewed[lease.Epoch] > silence).ToArray())
        {
            End(lease, again: true);
            changed = true;
        }
        return changed;
    }

    /// <summary>Gives free devices to waiting jobs.</summary>
    /// <returns>The new leases.</returns>
    public IReadOnlyList<JobLease> Grant(DateTimeOffset time)
    {
        var granted = new List<JobLease>();
        var held = new HashSet<string>();
        foreach (var ticket in Waiting.ToArray())
        {
            if (held.Contains(ticket.Accelerator))
            {
                continue;
            }
            if (FreeDevice(ticket) is not var (silo, device))
            {
                held.Add(ticket.Accelerator);
                continue;
            }
            var lease = new JobLease { Request = ticket.Request, Silo = silo, Device = device, Epoch = ++state.LastEpoch };
            state.Queue.Remove(ticket);
            state.Leases.Add(lease);
            _renewed[lease.Epoch] = time;
            granted.Add(lease);
        }
        return granted;
    }

    private (SiloAddress Silo, string Device)? FreeDevice(JobTicket ticket)
    {
        (SiloAddress Silo, string Device)? best = null;
        var most = 0;
        foreach (var silo in Silos.OrderBy(silo => silo.Silo))
        {
            foreach (var device in silo.Devices.Where(device => device.Accelerator == ticket.Accelerator))
            {
                var free = device.Slots - state.Leases
                    .Where(lease => lease.Silo.Equals(silo.Silo) && lease.Device == device.Name)
                    .Sum(lease => Math.Min(lease.Request.Slots, device.Slots));
                // A job wider than the whole device takes the whole device; the device with most room keeps the load even.
                if (free >= Math.Min(ticket.Request.Slots, device.Slots) && free > most)
                {
                    (best, most) = ((silo.Silo, device.Name), free);
                }
            }
        }
        return best;
    }

    private JobLease? LeaseOf(string job) => state.Leases.Find(lease => lease.Request.Job == job);

    private void End(JobLease lease, bool again)
    {
        state.Leases.Remove(lease);
        _renewed.Remove(lease.Epoch);
        _confirmed.Remove(lease.Epoch);
        if (again)
        {
            // It has waited longest of its priority.
            state.Queue.Insert(0, new JobTicket
            {
                Request = lease.Request,
                Accelerator = AcceleratorPlacementDirector.AcceleratorOf(lease.Request.Job),
            });
        }
    }

    private static bool Supersedes(SiloAnnouncement young, SiloAddress old) =>
        !young.Silo.Equals(old) && (young.Alone || (young.Silo.Endpoint.Equals(old.Endpoint) && young.Silo.Generation > old.Generation));
}
