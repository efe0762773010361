using Orleans.Runtime;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Rules.Tests;

/// <summary>
/// The queue's rules as they are told, with lists and without indexes or pages: the experiment with the highest priority goes first; among
/// equals the one that holds the fewest slots of the accelerator, then the one whose job has waited longest; within an experiment the job with
/// the highest priority, then the oldest. What does not fit holds back what comes after it.
/// </summary>
internal sealed class PlainQueue(TimeSpan silence, TimeSpan longestDelay)
{
    private static readonly ExperimentStanding s_usual = new() { Experiment = "" };

    private readonly List<Entry> _jobs = [];
    private readonly Dictionary<string, ExperimentStanding> _standings = [];
    private readonly Dictionary<SiloAddress, (SiloAnnouncement Silo, DateTimeOffset Heard)> _silos = [];
    private long _lastAge;

    public sealed class Entry
    {
        public required string Job { get; init; }

        public required string Accelerator { get; init; }

        public required long Age { get; init; }

        public List<JobRequest> Askers { get; set; } = [];

        public DateTimeOffset? NotBefore { get; set; }

        public JobLease? Lease { get; set; }

        public DateTimeOffset Renewed { get; set; }

        public bool Confirmed { get; set; }
    }

    public IEnumerable<string> Waiting => _jobs.Where(job => job.Lease is null)
        .OrderBy(job => !IsReady(job)).ThenByDescending(job => IsReady(job) ? StandingOf(First(job)!).Priority : 0)
        .ThenByDescending(job => (IsReady(job) ? First(job)! : job.Askers[0]).Priority).ThenBy(job => job.Age).Select(job => job.Job);

    public IEnumerable<Entry> Leased => _jobs.Where(job => job.Lease is not null).OrderBy(job => job.Lease!.Epoch);

    public IEnumerable<long> Recalled => Leased.Where(job => First(job) is null).Select(job => job.Lease!.Epoch);

    public IEnumerable<long> Unconfirmed(DateTimeOffset now, TimeSpan patience) =>
        Leased.Where(job => !job.Confirmed && now - job.Renewed >= patience).Select(job => job.Lease!.Epoch);

    public void Announce(SiloAnnouncement silo, DateTimeOffset now)
    {
        foreach (var dead in _silos.Keys.Concat(Leased.Select(job => job.Lease!.Silo)).Distinct().Where(other => !other.Equals(silo.Silo)
            && (silo.Alone || (other.Endpoint.Equals(silo.Silo.Endpoint) && other.Generation < silo.Silo.Generation))).ToArray())
        {
            Leave(dead);
        }
        _silos[silo.Silo] = (silo, now);
    }

    public void Leave(SiloAddress silo)
    {
        _silos.Remove(silo);
        foreach (var job in Leased.Where(job => job.Lease!.Silo.Equals(silo)).ToArray())
        {
            End(job, again: true);
        }
    }

    public void Enqueue(JobTicket ticket)
    {
        var request = ticket.Request;
        if (_jobs.Find(known => known.Job == request.Job) is not { } job)
        {
            _jobs.Add(job = new Entry { Job = request.Job, Accelerator = ticket.Accelerator, Age = ++_lastAge });
        }
        var at = job.Askers.FindIndex(asker => asker.Parent == request.Parent);
        if (at < 0)
        {
            job.Askers.Add(request);
            return;
        }
        job.Askers[at] = request;
    }

    public void Withdraw(int job) => _jobs.RemoveAll(known => known.Job == Jobs.Named(job));

    public void Release(int job, Parent asker) => Remove(known => known.Job == Jobs.Named(job), request => request.Parent == asker);

    public void Cancel(string experiment) => Remove(_ => true, request => request.Parent.Experiment == experiment);

    public void Set(ExperimentStanding standing) => _standings[standing.Experiment] = standing;

    public bool Renew(string job, long epoch, DateTimeOffset now)
    {
        if (HolderOf(job, epoch) is not { } holder)
        {
            return false;
        }
        (holder.Renewed, holder.Confirmed) = (now, true);
        return true;
    }

    public bool Finish(string job, long epoch, bool again, DateTimeOffset? notBefore)
    {
        if (HolderOf(job, epoch) is not { } holder)
        {
            return false;
        }
        holder.NotBefore = notBefore;
        End(holder, again);
        return true;
    }

    public void Expire(DateTimeOffset now)
    {
        foreach (var silo in _silos.Where(known => now - known.Value.Heard > silence).Select(known => known.Key).ToArray())
        {
            Leave(silo);
        }
        foreach (var job in Leased.Where(job => now - job.Renewed > silence).ToArray())
        {
            End(job, again: true);
        }
    }

    /// <summary>What is granted, in order, with the numbers that <paramref name="epochs"/> brings.</summary>
    public List<JobLease> Grant(DateTimeOffset now, IEnumerator<long> epochs)
    {
        foreach (var due in _jobs.Where(job => job.NotBefore <= now))
        {
            due.NotBefore = null;
        }
        var granted = new List<JobLease>();
        foreach (var accelerator in _jobs.Select(job => job.Accelerator).Distinct().Order(StringComparer.Ordinal).ToArray())
        {
            while (NextOf(accelerator) is { } job && DeviceFor(job) is { } device && epochs.MoveNext())
            {
                var request = First(job)!;
                job.Askers = [request, .. job.Askers.Where(asker => asker != request)];
                job.Lease = new JobLease
                {
                    Request = request, Silo = device.Silo, Device = device.Device.Name, Epoch = epochs.Current, Askers = [.. job.Askers],
                };
                (job.Renewed, job.Confirmed) = (now, false);
                granted.Add(job.Lease);
            }
        }
        return granted;
    }

    /// <summary>
    /// Silos are forgotten until they are heard again, leases count as renewed and as the first asker's, and none without an asker is kept.
    /// </summary>
    public void Restart(DateTimeOffset now)
    {
        _silos.Clear();
        _jobs.RemoveAll(job => job.Askers.Count == 0);
        foreach (var job in _jobs)
        {
            (job.Renewed, job.Confirmed) = (now, false);
            job.Lease = job.Lease is { } lease ? lease with { Request = job.Askers[0] } : null;
            job.NotBefore = job.NotBefore > now + longestDelay ? now + longestDelay : job.NotBefore;
        }
    }

    private Entry? NextOf(string accelerator)
    {
        var ready = _jobs.Where(job => job.Accelerator == accelerator && job.Lease is null && IsReady(job)).ToArray();
        return ready.GroupBy(job => First(job)!.Parent.Experiment)
            .Select(share => share.OrderByDescending(job => First(job)!.Priority).ThenBy(job => job.Age).First())
            .OrderByDescending(job => StandingOf(First(job)!).Priority)
            .ThenBy(job => Leased.Where(held => held.Accelerator == accelerator
                && held.Lease!.Request.Parent.Experiment == First(job)!.Parent.Experiment).Sum(held => held.Lease!.Request.Slots))
            .ThenBy(job => job.Age).FirstOrDefault();
    }

    private (SiloAddress Silo, DeviceRecord Device)? DeviceFor(Entry job)
    {
        var fitting = _silos.Values.SelectMany(known => known.Silo.Devices.Select(device => (known.Silo.Silo, Device: device)))
            .Where(known => known.Device.Accelerator == job.Accelerator).Where(known => FreeOf(known) >= Math.Min(First(job)!.Slots, known.Device.Slots))
            .OrderByDescending(FreeOf).ThenBy(known => known.Silo, Comparer<SiloAddress>.Create((left, right) => left.CompareTo(right)))
            .ThenBy(known => known.Device.Name, StringComparer.Ordinal).ToArray();
        return fitting.Length == 0 ? null : fitting[0];
    }

    private int FreeOf((SiloAddress Silo, DeviceRecord Device) known) => known.Device.Slots
        - Leased.Where(job => job.Lease!.Silo.Equals(known.Silo) && job.Lease.Device == known.Device.Name)
            .Sum(job => Math.Min(job.Lease!.Request.Slots, known.Device.Slots));

    private bool IsReady(Entry job) => job.NotBefore is null && First(job) is not null;

    private JobRequest? First(Entry job)
    {
        JobRequest? first = null;
        foreach (var asker in job.Askers)
        {
            if (StandingOf(asker) is { Paused: false } standing
                && (first is null || (standing.Priority, asker.Priority).CompareTo((StandingOf(first).Priority, first.Priority)) > 0))
            {
                first = asker;
            }
        }
        return first;
    }

    private ExperimentStanding StandingOf(JobRequest asker) =>
        _standings.GetValueOrDefault(asker.Parent.Experiment, s_usual);

    private Entry? HolderOf(string job, long epoch) => _jobs.Find(known => known.Job == job && known.Lease?.Epoch == epoch);

    private void End(Entry job, bool again)
    {
        job.Lease = null;
        if (!again || job.Askers.Count == 0)
        {
            _jobs.Remove(job);
        }
    }

    private void Remove(Predicate<Entry> jobs, Predicate<JobRequest> askers)
    {
        foreach (var job in _jobs.Where(job => jobs(job)).ToArray())
        {
            job.Askers.RemoveAll(askers);
            if (job.Askers.Count == 0 && job.Lease is null)
            {
                _jobs.Remove(job);
            }
        }
    }
}
