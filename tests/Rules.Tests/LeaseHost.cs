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
