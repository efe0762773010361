using System.Globalization;
using OrleansTagging.Abstractions;
using OrleansTagging.Grains;

namespace OrleansTagging.Rules.Tests;

/// <summary>What a job's grain does with what it hears of its leases, by <see cref="LeaseRules"/>.</summary>
internal sealed partial class LeaseWorld
{
    private void Begin(LeaseMessage message)
    {
        var (host, lease) = (_hosts[message.Host], message.Lease);
        var job = int.Parse(lease.Request.Job.Split('-')[1], CultureInfo.InvariantCulture);
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
        var job = int.Parse(lease.Request.Job.Split('-')[1], CultureInfo.InvariantCulture);
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
