using System.Text.Json;
using Orleans.Runtime;
using OrleansTagging.Abstractions;
using OrleansTagging.Grains;

namespace OrleansTagging.Rules.Tests;

/// <summary>A Trainer under a lease, as the job's grain on its silo knows it.</summary>
internal sealed class Holder
{
    public required int Job { get; init; }

    public required long Epoch { get; set; }

    public required DateTimeOffset Renewed { get; set; }

    /// <summary>When the scheduler last confirmed the lease, by a clock that nobody sets.</summary>
    public required TimeSpan Confirmed { get; set; }

    public bool Stopped { get; set; }

    public bool Fenced { get; set; }
}

/// <summary>A host: its silo lives, dies and comes back at the same end point.</summary>
internal sealed class Host(int number, TimeProvider clock)
{
    private readonly Dictionary<int, Holder> _holders = [];

    public int Generation { get; private set; } = 1;

    public bool Lives { get; private set; } = true;

    public SteadyClock Clock { get; private set; } = new(clock);

    public SiloAnnouncement Silo => Jobs.Silo(number, Generation);

    /// <summary>Those at work, by job.</summary>
    public Dictionary<int, Holder> Holders => _holders;

    public void Kill()
    {
        Lives = false;
        _holders.Clear();
    }

    public void Start()
    {
        if (!Lives)
        {
            (Lives, Clock) = (true, new SteadyClock(clock));
            Generation++;
        }
    }
}

/// <summary>A message to a job's grain that is under way.</summary>
/// <param name="Lease">The lease.</param>
/// <param name="Recalls">Whether it is recalled rather than started.</param>
/// <param name="Host">The host it goes to.</param>
/// <param name="SentOn">Whether another silo sent it on.</param>
internal sealed record LeaseMessage(JobLease Lease, bool Recalls, int Host, bool SentOn = false);

/// <summary>
/// The scheduler's rules with their real store, the holders' rules and what lies between: messages that are late, lost or doubled, stores
/// that refuse a write, silos that die, clocks that are set, and an activation of the scheduler that has not heard that it was replaced.
/// </summary>
internal sealed class LeaseWorld
{
    public const int Hosts = 3;

    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_heartbeat = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestDelay = TimeSpan.FromMinutes(1);

    private readonly TwoClocks _clocks = new();
    private readonly MemoryStates _states = new();
    private readonly Host[] _hosts;
    private readonly List<LeaseMessage> _underWay = [];
    private readonly Dictionary<int, HashSet<int>> _wanted = [];
    private readonly HashSet<int> _results = [];
    private readonly HashSet<int> _paused = [];
    private Activation _scheduler;
    private Activation? _former;
    private long _lastHeard;

    /// <summary>An activation of the scheduler.</summary>
    private sealed record Activation(SchedulerStore Store, JobQueue Queue, SteadyClock Clock);

    public LeaseWorld()
    {
        _hosts = [.. Enumerable.Range(0, Hosts).Select(number => new Host(number, _clocks))];
        _scheduler = Open();
    }

    public void Enqueue(int job, int experiment)
    {
        // A job with a result is not asked for again.
        if (!_results.Contains(job))
        {
            (_wanted.TryGetValue(job, out var asking) ? asking : _wanted[job] = []).Add(experiment);
            Ask(scheduler => scheduler.Queue.Enqueue(Jobs.Ticket(job, experiment)));
        }
    }

    public void Release(int job, int experiment)
    {
        _wanted.GetValueOrDefault(job)?.Remove(experiment);
        Ask(scheduler => scheduler.Queue.Release(Jobs.Named(job), Jobs.Asker(experiment)));
    }

    public void Cancel(int experiment)
    {
        foreach (var asking in _wanted.Values)
        {
            asking.Remove(experiment);
        }
        Ask(scheduler => scheduler.Queue.Cancel(Jobs.Experiment(experiment)));
    }

    public void Set(int experiment, int priority, bool paused)
    {
        _ = paused ? _paused.Add(experiment) : _paused.Remove(experiment);
        Ask(scheduler => scheduler.Queue.Set(
            new ExperimentStanding { Experiment = Jobs.Experiment(experiment), Priority = priority, Paused = paused }));
    }

    /// <summary>Time passes, in which some hosts are heard and the others are silent.</summary>
    public void Pass(TimeSpan time, Func<int, bool> isHeard)
    {
        _clocks.Pass(time);
        for (var number = 0; number < Hosts; number++)
        {
            var host = _hosts[number];
            if (host.Lives && isHeard(number))
            {
                Ask(scheduler => scheduler.Queue.Announce(host.Silo, scheduler.Clock.Now));
                foreach (var holder in host.Holders.Values)
                {
                    Renew(host, holder);
                }
            }
        }
        Tick();
    }

    public void SetClock(TimeSpan by) => _clocks.Set(by);

    public void Kill(int host) => _hosts[host].Kill();

    public void Start(int host) => _hosts[host].Start();

    public void Leave(int host)
    {
        var silo = _hosts[host].Silo.Silo;
        _hosts[host].Kill();
        Ask(scheduler => scheduler.Queue.Leave(silo));
    }

    /// <summary>Delivers a message that is under way; <paramref name="again"/>: and it will come once more.</summary>
    public void Deliver(int which, bool again)
    {
        if (Take(which, again) is not { } message || !_hosts[message.Host].Lives)
        {
            return;
        }
        if (message.Recalls)
        {
            Recall(_hosts[message.Host], message.Lease);
        }
        else
        {
            Begin(message);
        }
    }

    public void Lose(int which) => Take(which, again: false);

    /// <summary>The start of a lease comes to another silo than the leased one: the job's grain was still there.</summary>
    public void Misdirect(int which, int host)
    {
        if (_underWay.Count > 0)
        {
            var at = which % _underWay.Count;
            _underWay[at] = _underWay[at] with { Host = host };
        }
    }

    /// <summary>A Trainer ends.</summary>
    /// <param name="host">Its host.</param>
    /// <param name="crashed">Whether it crashed.</param>
    /// <param name="dies">Whether its silo dies when the result is stored and nobody has heard of it.</param>
    public void End(int host, bool crashed, bool dies)
    {
        if (_hosts[host].Holders.Values.FirstOrDefault() is { } holder)
        {
            _hosts[host].Holders.Remove(holder.Job);
            End(_hosts[host], holder, crashed, dies);
        }
    }

    public void Restart() => _scheduler = Open();

    public void FailWrite(int after, bool done) => _states.FailAfter(after, done);

    /// <summary>Another activation takes the scheduler over; the one before has not heard of it.</summary>
    public void TakeOver() => (_former, _scheduler) = (_scheduler, Open());

    /// <summary>The former activation of the scheduler works on. Nobody may hear of a lease that it gives.</summary>
    public void AskFormer(Action<JobQueue, DateTimeOffset> change)
    {
        if (_former is { } former)
        {
            try
            {
                change(former.Queue, former.Clock.Now);
                Commit(former);
            }
            catch (IOException)
            {
                _former = null;
            }
            _states.Recover();
        }
    }

    /// <summary>Nothing goes wrong any more: every job that is wanted comes to its result, and nothing is left.</summary>
    public void ComeToAnEnd()
    {
        _states.Recover();
        _former = null;
        foreach (var host in _hosts)
        {
            host.Start();
        }
        foreach (var experiment in _paused.ToArray())
        {
            Set(experiment, 0, paused: false);
        }
        for (var rounds = 0; _scheduler.Queue.Count > 0; rounds++)
        {
            Assert.True(rounds < 100, $"jobs are lost: {string.Join(' ', _scheduler.Queue.Waiting.Select(waiting => waiting.Request.Job))} wait, "
                + $"{string.Join(' ', _scheduler.Queue.Leases.Select(lease => lease.Request.Job))} are leased");
            Pass(TimeSpan.FromSeconds(3), _ => true);
            while (_underWay.Count > 0)
            {
                Deliver(0, again: false);
            }
            for (var host = 0; host < Hosts; host++)
            {
                while (_hosts[host].Holders.Count > 0)
                {
                    End(host, crashed: false, dies: false);
                }
            }
            Check();
        }
        Assert.All(_wanted, job => Assert.True(job.Value.Count == 0 || _results.Contains(job.Key), $"{job.Key} has no result"));
    }

    /// <summary>What must hold after every operation.</summary>
    public void Check()
    {
        var queue = _scheduler.Queue;
        var leases = queue.Leases.ToArray();
        var leased = leases.Select(lease => lease.Request.Job).ToHashSet(StringComparer.Ordinal);
        Assert.True(leased.Count == leases.Length, "a job has two leases");
        foreach (var silo in queue.Silos)
        {
            foreach (var device in silo.Devices)
            {
                var used = leases.Where(lease => lease.Silo.Equals(silo.Silo) && lease.Device == device.Name)
                    .Sum(lease => Math.Min(lease.Request.Slots, device.Slots));
                Assert.True(used <= device.Slots, $"{used} slots of {silo.Silo} {device.Name} are leased");
            }
        }
        var waiting = queue.Waiting.Select(ticket => ticket.Request.Job).ToHashSet(StringComparer.Ordinal);
        foreach (var (job, asking) in _wanted)
        {
            var name = Jobs.Named(job);
            var isWanted = asking.Count > 0 && !_results.Contains(job);
            Assert.True(!isWanted || waiting.Contains(name) || leased.Contains(name), $"{name} is lost");
            Assert.True(asking.Count > 0 || _results.Contains(job) || !waiting.Contains(name), $"{name} waits for nobody");
        }
    }

    private Activation Open()
    {
        while (true)
        {
            var (store, clock) = (new SchedulerStore(_states), new SteadyClock(_clocks));
            try
            {
                return new Activation(store, store.OpenAsync(s_silence, clock.Now, s_longestDelay).GetAwaiter().GetResult(), clock);
            }
            catch (IOException)
            {
                _states.Recover();
            }
        }
    }

    /// <summary>Asks the scheduler until its answer is stored, as its callers do.</summary>
    private T Ask<T>(Func<Activation, T> change)
    {
        while (true)
        {
            try
            {
                var answer = change(_scheduler);
                Commit(_scheduler);
                return answer;
            }
            catch (IOException)
            {
                _states.Recover();
                _scheduler = Open();
            }
        }
    }

    private void Ask(Action<Activation> change) => Ask(scheduler =>
    {
        change(scheduler);
        return true;
    });

    private void Commit(Activation scheduler)
    {
        var granted = scheduler.Queue.Grant(scheduler.Clock.Now);
        if (!scheduler.Queue.HasChanged)
        {
            return;
        }
        var (head, pages) = scheduler.Queue.TakeChanges();
        scheduler.Store.WriteAsync(head, pages).GetAwaiter().GetResult();
        Assert.True(scheduler == _scheduler, "a scheduler that was replaced stored a change");
        if (granted.Count == 0)
        {
            return;
        }
        var stored = JsonSerializer.Deserialize<SchedulerHead>(_states.Content("scheduler/head")!.Value.Span)!;
        foreach (var lease in granted)
        {
            Assert.True(lease.Epoch > _lastHeard, $"epoch {lease.Epoch} was given after {_lastHeard}");
            Assert.True(lease.Epoch <= stored.LastEpoch, $"epoch {lease.Epoch} is heard of before it is stored");
            Assert.DoesNotContain(_paused, experiment => lease.Request.Parent.Experiment == Jobs.Experiment(experiment));
            _lastHeard = lease.Epoch;
            Send(lease, recalls: false);
        }
    }

    private void Tick()
    {
        Ask(scheduler => scheduler.Queue.Expire(scheduler.Clock.Now));
        foreach (var lease in _scheduler.Queue.Unconfirmed(_scheduler.Clock.Now, s_patience).ToArray())
        {
            Send(lease, recalls: false);
        }
        foreach (var lease in _scheduler.Queue.Recalled.ToArray())
        {
            Send(lease, recalls: true);
        }
    }

    private void Send(JobLease lease, bool recalls) =>
        _underWay.Add(new LeaseMessage(lease, recalls, lease.Silo.Endpoint.Port - Jobs.Silo(0).Silo.Endpoint.Port));

    private LeaseMessage? Take(int which, bool again)
    {
        if (_underWay.Count == 0)
        {
            return null;
        }
        var message = _underWay[which % _underWay.Count];
        if (!again)
        {
            _underWay.Remove(message);
        }
        return message;
    }

    private void Begin(LeaseMessage message)
    {
        var (host, lease) = (_hosts[message.Host], message.Lease);
        var job = int.Parse(lease.Request.Job.Split('-')[1], System.Globalization.CultureInfo.InvariantCulture);
        var held = host.Holders.GetValueOrDefault(job);
        var now = host.Clock.Now;
        switch (LeaseRules.OnStart(lease, host.Silo.Silo, held?.Epoch, message.SentOn))
        {
            case LeaseStart.HandOver:
                var number = lease.Silo.Endpoint.Port - Jobs.Silo(0).Silo.Endpoint.Port;
                _underWay.Add(message with { Host = number, SentOn = true });
                break;
            case LeaseStart.Adopt:
                if (_scheduler.Queue.Renew(lease.Request.Job, lease.Epoch, _scheduler.Clock.Now))
                {
                    (held!.Epoch, held.Renewed, held.Confirmed) = (lease.Epoch, now, _clocks.Passed);
                }
                else if (lease.Epoch > held!.Epoch)
                {
                    (held.Fenced, held.Stopped) = (true, true);
                }
                break;
            case LeaseStart.Yield:
                (held!.Fenced, held.Stopped) = (true, true);
                break;
            case LeaseStart.Begin when _scheduler.Queue.Renew(lease.Request.Job, lease.Epoch, _scheduler.Clock.Now):
                if (_results.Contains(job))
                {
                    Finish(job, lease.Epoch, again: false);
                    break;
                }
                host.Holders[job] = new Holder { Job = job, Epoch = lease.Epoch, Renewed = now, Confirmed = _clocks.Passed };
                break;
        }
    }

    private void Recall(Host host, JobLease lease)
    {
        var job = int.Parse(lease.Request.Job.Split('-')[1], System.Globalization.CultureInfo.InvariantCulture);
        if (!host.Holders.TryGetValue(job, out var holder))
        {
            Finish(job, lease.Epoch, again: true);
        }
        else if (holder.Epoch == lease.Epoch)
        {
            holder.Stopped = true;
        }
    }

    private void Renew(Host host, Holder holder)
    {
        var now = host.Clock.Now;
        if (_scheduler.Queue.Renew(Jobs.Named(holder.Job), holder.Epoch, _scheduler.Clock.Now))
        {
            (holder.Renewed, holder.Confirmed) = (now, _clocks.Passed);
        }
        else
        {
            (holder.Fenced, holder.Stopped) = (true, true);
        }
    }

    private void End(Host host, Holder holder, bool crashed, bool dies)
    {
        var isWanted = _wanted[holder.Job].Count > 0;
        var end = LeaseRules.OnEnd(_results.Contains(holder.Job), holder.Stopped, holder.Fenced, crashIsStored: false);
        if (end == LeaseEnd.Record && !LeaseRules.IsFresh(holder.Renewed, host.Clock.Now, s_heartbeat))
        {
            Renew(host, holder);
            end = holder.Fenced ? LeaseEnd.Drop : LeaseEnd.Record;
        }
        switch (end)
        {
            case LeaseEnd.GiveBack:
                if (!Finish(holder.Job, holder.Epoch, isWanted))
                {
                    Requeue(holder.Job);
                }
                break;
            case LeaseEnd.Drop:
                Requeue(holder.Job);
                break;
            case LeaseEnd.TellAgain:
                Finish(holder.Job, holder.Epoch, again: false);
                break;
            case LeaseEnd.Record when crashed:
                Finish(holder.Job, holder.Epoch, again: true, delay: s_longestDelay);
                break;
            case LeaseEnd.Record:
                Assert.True(_clocks.Passed - holder.Confirmed < s_heartbeat / 2,
                    $"the result of {holder.Job} under epoch {holder.Epoch} counts, {_clocks.Passed - holder.Confirmed} after it was confirmed");
                _results.Add(holder.Job);
                if (dies)
                {
                    host.Kill();
                    break;
                }
                Finish(holder.Job, holder.Epoch, again: false);
                break;
        }
    }

    private bool Finish(int job, long epoch, bool again, TimeSpan? delay = null) =>
        Ask(scheduler => scheduler.Queue.Finish(Jobs.Named(job), epoch, again, scheduler.Clock.Now + delay));

    private void Requeue(int job)
    {
        if (!_results.Contains(job) && _wanted[job].Count > 0)
        {
            Ask(scheduler => scheduler.Queue.Enqueue(Jobs.Ticket(job, _wanted[job].First())));
        }
    }
}
