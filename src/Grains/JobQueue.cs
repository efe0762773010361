using Orleans.Runtime;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Grains;

/// <summary>
/// The scheduler's rules, free of grains and clocks: who waits, who holds which device, and who is next. The experiment with the highest
/// priority goes first; among equals the one that holds the fewest slots of the accelerator, then the one whose job has waited longest; within
/// an experiment the job with the highest priority, then the oldest. The first job of an accelerator that does not fit holds the later ones
/// of that accelerator back, lest wide jobs starve. A job that several experiments asked for goes with the first of them that is not
/// paused and has the highest priority; where all of them are paused it is not granted.
/// </summary>
/// <param name="silence">A silo or a holder that was silent for longer is given up.</param>
public sealed class JobQueue(TimeSpan silence)
{
    /// <summary>Jobs of one page at most: what a change of one job writes.</summary>
    public const int PageSize = 64;

    /// <summary>
    /// Epochs that are left out when a new activation takes the scheduler over: its predecessor may have written leases with them that it
    /// could no longer make valid. It never gives more of them at a time.
    /// </summary>
    public const int Leap = 1000;

    private const int TakeoversKept = 16;

    private readonly Dictionary<SiloAddress, (SiloAnnouncement Silo, DateTimeOffset Heard)> _silos = [];
    private readonly Dictionary<(SiloAddress Silo, string Device), Device> _devices = [];
    private readonly Dictionary<string, QueuedJob> _jobs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, QueuedJob> _leased = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<QueuedJob>> _asked = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, ExperimentStanding> _standings = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Line> _lines = new(StringComparer.Ordinal);
    private readonly SortedSet<QueuedJob> _delayed = new(Comparer<QueuedJob>.Create((left, right) =>
        left.NotBefore != right.NotBefore ? Nullable.Compare(left.NotBefore, right.NotBefore) : left.Age.CompareTo(right.Age)));
    private readonly Dictionary<int, HashSet<QueuedJob>> _pages = [];
    private readonly SortedSet<int> _roomy = [];
    private readonly SortedSet<int> _changed = [];
    private readonly long[] _takeovers = [];
    private readonly DateTimeOffset? _latest;
    private long _lastEpoch;
    private long _lastAge;
    private int _lastPage;
    private int _open;
    private bool _headChanged;

    /// <summary>Goes on from what was stored. Leases whose epoch was never made valid are void.</summary>
    /// <param name="head">The head.</param>
    /// <param name="pages">The pages by their numbers.</param>
    /// <param name="silence">A silo or a holder that was silent for longer is given up.</param>
    /// <param name="now">The present time; leases count as renewed now.</param>
    /// <param name="longestDelay">No job waits longer than that for its next attempt; <c>null</c> where the stored times hold.</param>
    public JobQueue(
        SchedulerHead head, IEnumerable<KeyValuePair<int, SchedulerPage>> pages, TimeSpan silence, DateTimeOffset now,
        TimeSpan? longestDelay = null)
        : this(silence)
    {
        // The clock by which they were stored may have been ahead of the present one.
        _latest = now + longestDelay;
        _lastEpoch = head.LastEpoch;
        _takeovers = head.Takeovers;
        foreach (var standing in head.Standings)
        {
            _standings[standing.Experiment] = standing;
        }
        foreach (var (number, page) in pages.OrderBy(page => page.Key))
        {
            foreach (var entry in page.Jobs)
            {
                Restore(number, entry, now);
            }
        }
        // Epochs that the activation before gives from now on are not made valid any more.
        _takeovers = [.. _takeovers.TakeLast(TakeoversKept - 1), _lastEpoch];
        _lastEpoch += Leap;
        _headChanged = true;
    }

    /// <summary>The waiting jobs: by the priority of their experiment, then by their own, then by age; delayed and paused ones last.</summary>
    public IEnumerable<JobTicket> Waiting => _jobs.Values.Where(job => job.Lease is null)
        .OrderBy(job => job.Share is null).ThenByDescending(job => job.Share?.Priority ?? 0).ThenByDescending(job => job.Charged.Priority)
        .ThenBy(job => job.Age)
        .Select(job => new JobTicket
        {
            Request = job.Charged,
            Accelerator = job.Accelerator,
            NotBefore = job.NotBefore,
            Paused = job.Share is null && job.NotBefore is null,
        });

    /// <summary>The leases, the oldest first.</summary>
    public IEnumerable<JobLease> Leases => _leased.Values.Select(job => job.Lease!).OrderBy(lease => lease.Epoch);

    /// <summary>The silos heard of lately.</summary>
    public IEnumerable<SiloAnnouncement> Silos => _silos.Values.Select(known => known.Silo);

    /// <summary>The experiments that are paused or have a priority of their own.</summary>
    public IEnumerable<ExperimentStanding> Standings => _standings.Values;

    /// <summary>The leases of jobs that no experiment wants to go on.</summary>
    public IEnumerable<JobLease> Recalled => _leased.Values
        .Where(job => job.Askers.TrueForAll(asker => StandingOf(asker.Parent.Experiment).Paused))
        .Select(job => job.Lease!).OrderBy(lease => lease.Epoch);

    /// <summary>Jobs in the queue and under leases.</summary>
    public int Count => _jobs.Count;

    /// <summary>Whether there is something to be written.</summary>
    public bool HasChanged => _headChanged || _changed.Count > 0;

    /// <summary>The leases whose holder has not yet told that it works, a while after they were given.</summary>
    public IEnumerable<JobLease> Unconfirmed(DateTimeOffset time, TimeSpan patience) => _leased.Values
        .Where(job => !job.Confirmed && time - job.Renewed >= patience).Select(job => job.Lease!).OrderBy(lease => lease.Epoch);

    /// <summary>Whether a lease is still held.</summary>
    public bool Holds(JobLease lease) => HolderOf(lease.Request.Job, lease.Epoch) is not null;

    /// <summary>Whether a silo heard of lately has the accelerator.</summary>
    public bool HasDevice(string accelerator) => Silos.Any(silo => silo.Devices.Any(device => device.Accelerator == accelerator));

    /// <summary>What is wanted of an accelerator; a job that waits for its next attempt counts, one that is paused does not.</summary>
    public AcceleratorDemand Demand(string accelerator)
    {
        var wanted = _jobs.Values
            .Where(job => job.Accelerator == accelerator && (job.Lease is not null || FirstOf(job) is not null)).ToArray();
        return new AcceleratorDemand
        {
            Jobs = wanted.Length,
            Holders = [.. wanted.Where(job => job.Lease is not null).Select(job => job.Lease!.Silo)],
        };
    }

    /// <summary>Hears of a silo. An older life of the same end point is over with it.</summary>
    public void Announce(SiloAnnouncement silo, DateTimeOffset time)
    {
        _silos[silo.Silo] = (silo, time);
        foreach (var dead in _silos.Keys.Concat(_leased.Values.Select(job => job.Lease!.Silo)).Distinct()
            .Where(other => Supersedes(silo, other)).ToArray())
        {
            Leave(dead);
        }
        foreach (var gone in _devices.Values.Where(known => known.Silo.Equals(silo.Silo)
            && !Array.Exists(silo.Devices, device => known.Is(device))).ToArray())
        {
            Remove(gone);
        }
        foreach (var device in silo.Devices.Where(device => !_devices.ContainsKey((silo.Silo, device.Name))))
        {
            var known = new Device(silo.Silo, device);
            known.Used = _leased.Values.Where(job => job.IsOn(known)).Sum(job => known.Taken(job));
            _devices[(silo.Silo, device.Name)] = known;
            var devices = LineOf(device.Accelerator).Devices;
            devices.Add(known);
            devices.Sort((left, right) => left.Silo.Equals(right.Silo)
                ? string.CompareOrdinal(left.Name, right.Name)
                : left.Silo.CompareTo(right.Silo));
        }
    }

    /// <summary>Gives a silo up; its jobs wait again.</summary>
    public void Leave(SiloAddress silo)
    {
        _silos.Remove(silo);
        foreach (var device in _devices.Values.Where(device => device.Silo.Equals(silo)).ToArray())
        {
            Remove(device);
        }
        foreach (var job in _leased.Values.Where(job => job.Lease!.Silo.Equals(silo)).ToArray())
        {
            End(job, again: true);
        }
    }

    /// <summary>Takes a job into the queue, or another asker of one that is there; a new request of the same asker replaces its former one.</summary>
    public void Enqueue(JobTicket ticket)
    {
        var request = ticket.Request;
        if (!_jobs.TryGetValue(request.Job, out var job))
        {
            job = new QueuedJob { Job = request.Job, Accelerator = ticket.Accelerator, Age = ++_lastAge, Askers = [request] };
            _jobs[job.Job] = job;
            AskedBy(request.Parent.Experiment).Add(job);
            PutOnPage(job);
            Place(job);
            return;
        }
        var at = job.Askers.FindIndex(asker => asker.Parent == request.Parent);
        if (at >= 0 && job.Askers[at] == request)
        {
            return;
        }
        if (at >= 0)
        {
            job.Askers[at] = request;
        }
        else
        {
            job.Askers.Add(request);
            AskedBy(request.Parent.Experiment).Add(job);
        }
        Changed(job);
        Place(job);
    }

    /// <summary>Forgets a job, whether it waits or holds a device.</summary>
    public void Withdraw(string job)
    {
        if (_jobs.TryGetValue(job, out var known))
        {
            End(known, again: false);
        }
    }

    /// <summary>
    /// Forgets that somebody asked for a job. A waiting job that nobody asks for leaves the queue; one under a lease is recalled.
    /// </summary>
    public void Release(string job, Parent asker)
    {
        if (_jobs.TryGetValue(job, out var known))
        {
            RemoveAskers(known, request => request.Parent == asker);
        }
    }

    /// <summary>Forgets all that an experiment asked for.</summary>
    public void Cancel(string experiment)
    {
        foreach (var job in _asked.GetValueOrDefault(experiment)?.ToArray() ?? [])
        {
            RemoveAskers(job, request => request.Parent.Experiment == experiment);
        }
    }

    /// <summary>Takes note of an experiment's priority and whether it is paused.</summary>
    public void Set(ExperimentStanding standing)
    {
        if (StandingOf(standing.Experiment) == standing)
        {
            return;
        }
        _headChanged = true;
        if (standing is { Paused: false, Priority: 0 })
        {
            _standings.Remove(standing.Experiment);
        }
        else
        {
            _standings[standing.Experiment] = standing;
        }
        foreach (var line in _lines.Values)
        {
            if (line.Shares.TryGetValue(standing.Experiment, out var share))
            {
                line.Change(share, () => share.Priority = standing.Priority);
            }
        }
        foreach (var job in _asked.GetValueOrDefault(standing.Experiment)?.ToArray() ?? [])
        {
            Place(job);
        }
    }

    /// <summary>Takes note that a holder works; <c>false</c> where it no longer holds.</summary>
    public bool Renew(string job, long epoch, DateTimeOffset time)
    {
        if (HolderOf(job, epoch) is not { } holder)
        {
            return false;
        }
        (holder.Renewed, holder.Confirmed) = (time, true);
        return true;
    }

    /// <summary>Ends a lease at its holder's word; <c>false</c>, and nothing changed, where the holder no longer holds.</summary>
    /// <param name="job">The job.</param>
    /// <param name="epoch">Epoch of the lease.</param>
    /// <param name="again">Whether the job waits again.</param>
    /// <param name="notBefore">When it may be granted again at the earliest; <c>null</c>: at once.</param>
    public bool Finish(string job, long epoch, bool again, DateTimeOffset? notBefore = null)
    {
        if (HolderOf(job, epoch) is not { } holder)
        {
            return false;
        }
        holder.NotBefore = notBefore;
        End(holder, again);
        return true;
    }

    /// <summary>Gives up whoever was silent for too long.</summary>
    public void Expire(DateTimeOffset time)
    {
        foreach (var silo in _silos.Where(known => time - known.Value.Heard > silence).Select(known => known.Key).ToArray())
        {
            Leave(silo);
        }
        foreach (var job in _leased.Values.Where(job => time - job.Renewed > silence).ToArray())
        {
            End(job, again: true);
        }
    }

    /// <summary>Gives free devices to waiting jobs.</summary>
    /// <returns>The new leases; nobody must hear of one before it is stored.</returns>
    public IReadOnlyList<JobLease> Grant(DateTimeOffset time)
    {
        while (_delayed.Min is { } due && due.NotBefore <= time)
        {
            _delayed.Remove(due);
            due.NotBefore = null;
            Place(due);
        }
        var granted = new List<JobLease>();
        foreach (var line in _lines.Values)
        {
            while (granted.Count < Leap && line.Ready.Min is { } share && share.Waiting.Min is { } job && line.FreeDevice(job) is { } device)
            {
                granted.Add(Lease(line, share, job, device, time));
            }
        }
        return granted;
    }

    /// <summary>What has changed since it was last asked for: the head, and each changed page with its jobs; none where it is empty now.</summary>
    public (SchedulerHead Head, IReadOnlyList<(int Number, SchedulerPage? Page)> Pages) TakeChanges()
    {
        var pages = new List<(int, SchedulerPage?)>(_changed.Count);
        foreach (var number in _changed)
        {
            var jobs = _pages[number];
            // A lease that nobody asks for any more ends with this process at the latest.
            JobEntry[] entries = [.. jobs.Where(job => job.Askers.Count > 0).OrderBy(job => job.Age).Select(job => job.Entry())];
            pages.Add((number, entries.Length == 0 ? null : new SchedulerPage { Jobs = entries }));
            if (jobs.Count == 0)
            {
                _pages.Remove(number);
                _roomy.Remove(number);
            }
        }
        _changed.Clear();
        _headChanged = false;
        return (new SchedulerHead { LastEpoch = _lastEpoch, Takeovers = _takeovers, Standings = [.. _standings.Values] }, pages);
    }

    private void Restore(int number, JobEntry entry, DateTimeOffset now)
    {
        var first = entry.Askers[0];
        if (_jobs.ContainsKey(first.Job))
        {
            // It was moved to another page by an activation that did not live to write the end of it here.
            PageOf(number);
            _changed.Add(number);
            return;
        }
        var job = new QueuedJob
        {
            Job = first.Job,
            Accelerator = entry.Accelerator,
            Age = entry.Age,
            Askers = [.. entry.Askers],
            NotBefore = entry.NotBefore > _latest ? _latest : entry.NotBefore,
            Leases = entry.Leases,
            Page = number,
        };
        _lastAge = Math.Max(_lastAge, entry.Age);
        _jobs[job.Job] = job;
        var page = PageOf(number);
        page.Add(job);
        NoteRoom(number, page);
        foreach (var asker in job.Askers)
        {
            AskedBy(asker.Parent.Experiment).Add(job);
        }
        if (entry.Held is not { } held)
        {
            Place(job);
            return;
        }
        if (held.Epoch > _lastEpoch || Array.Exists(_takeovers, last => held.Epoch > last && held.Epoch <= last + Leap))
        {
            _changed.Add(number);
            Place(job);
            return;
        }
        job.Renewed = now;
        var line = LineOf(job.Accelerator);
        Hold(line, ShareOf(line, first.Parent.Experiment), job, held);
    }

    private JobLease Lease(Line line, Share share, QueuedJob job, Device device, DateTimeOffset time)
    {
        Unplace(job);
        // A leased job is its first asker's.
        var charged = job.Charged;
        job.Askers.Remove(charged);
        job.Askers.Insert(0, charged);
        (job.Renewed, job.Confirmed) = (time, false);
        job.Leases++;
        Hold(line, share, job, new HeldDevice { Silo = device.Silo, Device = device.Name, Epoch = ++_lastEpoch });
        device.Used += device.Taken(job);
        _headChanged = true;
        Changed(job);
        return job.Lease!;
    }

    private void Hold(Line line, Share share, QueuedJob job, HeldDevice held)
    {
        job.Charged = job.Askers[0];
        job.Share = share;
        job.Lease = new JobLease
        {
            Request = job.Charged,
            Askers = [.. job.Askers],
            Silo = held.Silo,
            Device = held.Device,
            Epoch = held.Epoch,
            Number = job.Leases,
        };
        _leased[job.Job] = job;
        line.Change(share, () => share.Leased += job.Charged.Slots);
    }

    private void End(QueuedJob job, bool again)
    {
        if (job.Lease is { } lease)
        {
            var line = LineOf(job.Accelerator);
            var share = job.Share!;
            line.Change(share, () => share.Leased -= lease.Request.Slots);
            if (_devices.TryGetValue((lease.Silo, lease.Device), out var device))
            {
                device.Used -= device.Taken(job);
            }
            (job.Lease, job.Share, job.Confirmed) = (null, null, false);
            _leased.Remove(job.Job);
        }
        Changed(job);
        if (again && job.Askers.Count > 0)
        {
            // With its age it goes before all that came after it.
            Place(job);
            return;
        }
        Unplace(job);
        _delayed.Remove(job);
        _jobs.Remove(job.Job);
        foreach (var asker in job.Askers)
        {
            Forget(asker.Parent.Experiment, job);
        }
        var page = _pages[job.Page];
        page.Remove(job);
        NoteRoom(job.Page, page);
    }

    private void RemoveAskers(QueuedJob job, Predicate<JobRequest> which)
    {
        var gone = job.Askers.FindAll(which);
        if (gone.Count == 0)
        {
            return;
        }
        if (gone.Count == job.Askers.Count && job.Lease is null)
        {
            End(job, again: false);
            return;
        }
        // A lease without askers stays until its holder has let go of the device.
        job.Askers.RemoveAll(gone.Contains);
        foreach (var experiment in gone.Select(asker => asker.Parent.Experiment).Distinct())
        {
            if (!job.Askers.Exists(asker => asker.Parent.Experiment == experiment))
            {
                Forget(experiment, job);
            }
        }
        Changed(job);
        Place(job);
    }

    /// <summary>Puts a waiting job where it now belongs.</summary>
    private void Place(QueuedJob job)
    {
        if (job.Lease is not null)
        {
            return;
        }
        Unplace(job);
        job.Charged = job.Askers[0];
        if (job.NotBefore is not null)
        {
            _delayed.Add(job);
            return;
        }
        if (FirstOf(job) is { } first)
        {
            job.Charged = first;
            var line = LineOf(job.Accelerator);
            var share = ShareOf(line, first.Parent.Experiment);
            line.Change(share, () => share.Waiting.Add(job));
            job.Share = share;
        }
    }

    private void Unplace(QueuedJob job)
    {
        if (job is { Share: { } share, Lease: null })
        {
            LineOf(job.Accelerator).Change(share, () => share.Waiting.Remove(job));
            job.Share = null;
        }
    }

    /// <summary>The asker for whom a job goes; <c>null</c> where all are paused.</summary>
    private JobRequest? FirstOf(QueuedJob job)
    {
        JobRequest? first = null;
        foreach (var asker in job.Askers.Where(asker => !StandingOf(asker.Parent.Experiment).Paused))
        {
            if (first is null || RankOf(asker).CompareTo(RankOf(first)) > 0)
            {
                first = asker;
            }
        }
        return first;

        (int, int) RankOf(JobRequest asker) => (StandingOf(asker.Parent.Experiment).Priority, asker.Priority);
    }

    private QueuedJob? HolderOf(string job, long epoch) =>
        _leased.TryGetValue(job, out var holder) && holder.Lease!.Epoch == epoch ? holder : null;

    private ExperimentStanding StandingOf(string experiment) =>
        _standings.GetValueOrDefault(experiment) ?? new ExperimentStanding { Experiment = experiment };

    private HashSet<QueuedJob> AskedBy(string experiment)
    {
        if (!_asked.TryGetValue(experiment, out var jobs))
        {
            _asked[experiment] = jobs = [];
        }
        return jobs;
    }

    private void Forget(string experiment, QueuedJob job)
    {
        if (_asked.TryGetValue(experiment, out var jobs) && jobs.Remove(job) && jobs.Count == 0)
        {
            _asked.Remove(experiment);
        }
    }

    private Line LineOf(string accelerator)
    {
        if (!_lines.TryGetValue(accelerator, out var line))
        {
            _lines[accelerator] = line = new Line();
        }
        return line;
    }

    private Share ShareOf(Line line, string experiment) => line.Shares.GetValueOrDefault(experiment)
        ?? new Share { Experiment = experiment, Priority = StandingOf(experiment).Priority };

    private void Remove(Device device)
    {
        _devices.Remove((device.Silo, device.Name));
        LineOf(device.Accelerator).Devices.Remove(device);
    }

    private void Changed(QueuedJob job) => _changed.Add(job.Page);

    private void PutOnPage(QueuedJob job)
    {
        if (!_pages.TryGetValue(_open, out var page) || page.Count >= PageSize)
        {
            _open = _roomy.Count > 0 ? _roomy.Min : ++_lastPage;
            page = PageOf(_open);
        }
        job.Page = _open;
        page.Add(job);
        NoteRoom(_open, page);
        Changed(job);
    }

    private HashSet<QueuedJob> PageOf(int number)
    {
        if (!_pages.TryGetValue(number, out var page))
        {
            _pages[number] = page = [];
            _lastPage = Math.Max(_lastPage, number);
        }
        return page;
    }

    // New jobs fill pages that have lost half of theirs before they begin another.
    private void NoteRoom(int number, HashSet<QueuedJob> page)
    {
        if (2 * page.Count <= PageSize)
        {
            _roomy.Add(number);
        }
        else
        {
            _roomy.Remove(number);
        }
    }

    private static bool Supersedes(SiloAnnouncement young, SiloAddress old) =>
        !young.Silo.Equals(old) && (young.Alone || (young.Silo.Endpoint.Equals(old.Endpoint) && young.Silo.Generation > old.Generation));

    /// <summary>A job that waits or holds a device.</summary>
    private sealed class QueuedJob
    {
        public required string Job { get; init; }

        public required string Accelerator { get; init; }

        public required long Age { get; init; }

        public required List<JobRequest> Askers { get; init; }

        public DateTimeOffset? NotBefore { get; set; }

        public int Page { get; set; }

        /// <summary>The asker for whom it goes or went.</summary>
        public JobRequest Charged { get; set; } = null!;

        /// <summary>The share it waits in or counts for; <c>null</c> where it is paused or delayed.</summary>
        public Share? Share { get; set; }

        public JobLease? Lease { get; set; }

        public int Leases { get; set; }

        public DateTimeOffset Renewed { get; set; }

        public bool Confirmed { get; set; }

        public bool IsOn(Device device) => Lease!.Silo.Equals(device.Silo) && Lease.Device == device.Name;

        public JobEntry Entry() => new()
        {
            Age = Age,
            Accelerator = Accelerator,
            Askers = [.. Askers],
            NotBefore = NotBefore,
            Leases = Leases,
            Held = Lease is null ? null : new HeldDevice { Silo = Lease.Silo, Device = Lease.Device, Epoch = Lease.Epoch },
        };
    }

    /// <summary>What one experiment has of an accelerator: jobs that wait for it and slots held.</summary>
    private sealed class Share
    {
        public required string Experiment { get; init; }

        public required int Priority { get; set; }

        public int Leased { get; set; }

        public SortedSet<QueuedJob> Waiting { get; } = new(Comparer<QueuedJob>.Create((left, right) =>
            left.Charged.Priority != right.Charged.Priority
                ? right.Charged.Priority.CompareTo(left.Charged.Priority)
                : left.Age.CompareTo(right.Age)));
    }

    /// <summary>The jobs and devices of one accelerator.</summary>
    private sealed class Line
    {
        /// <summary>The shares with waiting jobs, first to go first.</summary>
        public SortedSet<Share> Ready { get; } = new(Comparer<Share>.Create((left, right) =>
            left.Priority != right.Priority ? right.Priority.CompareTo(left.Priority)
            : left.Leased != right.Leased ? left.Leased.CompareTo(right.Leased)
            : left.Waiting.Min!.Age.CompareTo(right.Waiting.Min!.Age)));

        public Dictionary<string, Share> Shares { get; } = new(StringComparer.Ordinal);

        public List<Device> Devices { get; } = [];

        /// <summary>Changes what a share is ordered by.</summary>
        public void Change(Share share, Action change)
        {
            if (share.Waiting.Count > 0)
            {
                Ready.Remove(share);
            }
            change();
            if (share.Waiting.Count > 0)
            {
                Ready.Add(share);
            }
            if (share.Waiting.Count > 0 || share.Leased > 0)
            {
                Shares[share.Experiment] = share;
            }
            else
            {
                Shares.Remove(share.Experiment);
            }
        }

        /// <summary>The device with most room, which keeps the load even; <c>null</c> where the job fits on none.</summary>
        public Device? FreeDevice(QueuedJob job)
        {
            Device? best = null;
            foreach (var device in Devices)
            {
                if (device.Free >= device.Taken(job) && (best is null || device.Free > best.Free))
                {
                    best = device;
                }
            }
            return best;
        }
    }

    /// <summary>A device of a silo that was heard of lately.</summary>
    private sealed class Device(SiloAddress silo, DeviceRecord device)
    {
        public SiloAddress Silo => silo;

        public string Name => device.Name;

        public string Accelerator => device.Accelerator;

        public int Used { get; set; }

        public int Free => device.Slots - Used;

        public bool Is(DeviceRecord other) => device == other;

        /// <summary>Slots that a job takes here: one wider than the whole device takes the whole device.</summary>
        public int Taken(QueuedJob job) => Math.Min((job.Lease?.Request ?? job.Charged).Slots, device.Slots);
    }
}
