using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Orleans.Runtime;
using OrleansTagging.Abstractions;
using OrleansTagging.Grains;

namespace OrleansTagging.Rules.Tests;

/// <summary>The queue beside a plain one that follows the same rules: both must say the same after every operation.</summary>
public sealed class QueueTests(ITestOutputHelper output)
{
    private const int Count = 3000;
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private enum Kind
    {
        Enqueue, Announce, Leave, Pass, SetClock, Renew, FinishForGood, TryAgain, TryAgainLater, Withdraw, Release, Cancel, Pause, Resume, Restart,
    }

    private readonly record struct Operation(Kind Kind, int Job, int Some)
    {
        public override string ToString() => $"{Kind} {Job} {Some}";
    }

    [Fact]
    public void The_queue_grants_recalls_and_ends_what_the_plain_rules_say() => Sequences.Hold(
        from kind in Gen.Frequency(
            (6, Gen.Constant(Kind.Enqueue)), (4, Gen.Constant(Kind.Announce)), (2, Gen.Constant(Kind.Renew)),
            (9, Gen.Elements(Enum.GetValues<Kind>())))
        from job in Gen.Choose(0, 7)
        from some in Gen.Choose(0, 3)
        select new Operation(kind, job, some), Count, Compare, output);

    private static void Compare(Operation[] happened)
    {
        var clocks = new TwoClocks();
        var steady = new SteadyClock(clocks);
        var queue = new JobQueue(Silence);
        var plain = new PlainQueue(Silence, LongestDelay);
        var disk = new Dictionary<int, string>();
        var (head, last) = (JsonSerializer.Serialize(new SchedulerHead()), 0L);
        var epochs = new Dictionary<string, long>();
        foreach (var (kind, number, some) in happened)
        {
            var (job, epoch) = (Jobs.Named(number), epochs.GetValueOrDefault(Jobs.Named(number)));
            switch (kind)
            {
                case Kind.Enqueue:
                    var ticket = Jobs.Ticket(number, some, priority: (number + some) % 3, member: number % 2);
                    queue.Enqueue(ticket);
                    plain.Enqueue(ticket);
                    break;
                case Kind.Announce:
                    var silo = Jobs.Silo(some, generation: 1 + (number / 4), cpu: some, cuda: number % 3) with { Alone = number == 7 };
                    // One life of a silo has the same devices all along.
                    silo = silo with { Devices = Jobs.Silo(some, cpu: some, cuda: some % 2).Devices };
                    queue.Announce(silo, steady.Now);
                    plain.Announce(silo, steady.Now);
                    break;
                case Kind.Leave:
                    queue.Leave(Jobs.Silo(some).Silo);
                    plain.Leave(Jobs.Silo(some).Silo);
                    break;
                case Kind.Pass:
                    clocks.Pass(TimeSpan.FromSeconds(1 + (9 * some)));
                    queue.Expire(steady.Now);
                    plain.Expire(steady.Now);
                    break;
                case Kind.SetClock:
                    clocks.Set((some % 2 == 0 ? 1 : -1) * (number < 4 ? TimeSpan.FromSeconds(20) : TimeSpan.FromHours(number)));
                    break;
                case Kind.Renew:
                    Assert.Equal(plain.Renew(job, epoch, steady.Now), queue.Renew(job, epoch, steady.Now));
                    break;
                case Kind.FinishForGood or Kind.TryAgain or Kind.TryAgainLater:
                    var notBefore = kind == Kind.TryAgainLater ? steady.Now + TimeSpan.FromSeconds(8 * (1 + some)) : default(DateTimeOffset?);
                    var again = kind != Kind.FinishForGood;
                    Assert.Equal(plain.Finish(job, epoch, again, notBefore), queue.Finish(job, epoch, again, notBefore));
                    // The same message once more changes nothing.
                    Assert.False(queue.Finish(job, epoch, !again));
                    break;
                case Kind.Withdraw:
                    queue.Withdraw(job);
                    plain.Withdraw(number);
                    break;
                case Kind.Release:
                    queue.Release(job, Jobs.Asker(some, number % 2));
                    plain.Release(number, Jobs.Asker(some, number % 2));
                    break;
                case Kind.Cancel:
                    queue.Cancel(Jobs.Experiment(some));
                    plain.Cancel(Jobs.Experiment(some));
                    break;
                case Kind.Pause or Kind.Resume:
                    var standing = new ExperimentStanding
                    {
                        Experiment = Jobs.Experiment(some), Priority = number % 3, Paused = kind == Kind.Pause,
                    };
                    queue.Set(standing);
                    plain.Set(standing);
                    break;
                case Kind.Restart:
                    Write();
                    steady = new SteadyClock(clocks);
                    queue = new JobQueue(
                        JsonSerializer.Deserialize<SchedulerHead>(head)!,
                        disk.ToDictionary(page => page.Key, page => JsonSerializer.Deserialize<SchedulerPage>(page.Value)!),
                        Silence, steady.Now, LongestDelay);
                    plain.Restart(steady.Now);
                    break;
            }
            var granted = queue.Grant(steady.Now);
            // More numbers than leases, so that the plain queue may grant what the other did not.
            var numbers = granted.Select(lease => lease.Epoch).Concat(Enumerable.Range(0, 99).Select(more => long.MaxValue - 99 + more));
            var expected = plain.Grant(steady.Now, numbers.GetEnumerator());
            Alike(expected.Select(Facts), granted.Select(Facts));
            Assert.All(expected.Zip(granted), pair => Alike(pair.First.Askers, pair.Second.Askers));
            foreach (var lease in granted)
            {
                Assert.True(lease.Epoch > last, $"epoch {lease.Epoch} after {last}");
                (last, epochs[lease.Request.Job]) = (lease.Epoch, lease.Epoch);
            }
            Alike(plain.Waiting, queue.Waiting.Select(waiting => waiting.Request.Job));
            Alike(plain.Leased.Select(held => Facts(held.Lease!)), queue.Leases.Select(Facts));
            Alike(plain.Recalled, queue.Recalled.Select(lease => lease.Epoch));
            Alike(plain.Unconfirmed(steady.Now, Patience), queue.Unconfirmed(steady.Now, Patience).Select(lease => lease.Epoch));
        }

        void Write()
        {
            var (changed, pages) = queue.TakeChanges();
            head = JsonSerializer.Serialize(changed);
            foreach (var (page, content) in pages)
            {
                _ = content is null ? disk.Remove(page) : (disk[page] = JsonSerializer.Serialize(content)) is not null;
            }
        }
    }

    private static (string, string, SiloAddress, string, long) Facts(JobLease lease) =>
        (lease.Request.Job, lease.Request.Parent.Experiment, lease.Silo, lease.Device, lease.Epoch);

    // Assert.Equal tells the difference well and takes its time, which is spent where there is one.
    private static void Alike<T>(IEnumerable<T> expected, IEnumerable<T> actual)
    {
        var (one, other) = (expected.ToArray(), actual.ToArray());
        if (!one.SequenceEqual(other))
        {
            Assert.Equal(one, other);
        }
    }
}
