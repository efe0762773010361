using Orleans.Runtime;

namespace OrleansTagging.EmbeddedHost;

/// <summary>
/// Decides, by the chance of a <see cref="Simulation"/>, which operation of its cluster meets which fault. Given to an
/// <see cref="EmbeddedCluster"/> it strikes calls and reminders; given to a <see cref="FaultyGrainStorage"/>, states; and
/// <see cref="UntilNext"/> tells a test when to end a silo.
/// </summary>
public sealed class FaultInjector
{
    private readonly Simulation _simulation;
    private readonly Random _chance;
    private readonly SortedDictionary<string, int> _struck = new(StringComparer.Ordinal);

    /// <summary>Faults of these rates.</summary>
    public FaultInjector(Simulation simulation, FaultRates rates)
    {
        _simulation = simulation;
        _chance = simulation.ChanceOf("faults");
        Rates = rates;
    }

    /// <summary>How often which fault strikes.</summary>
    public FaultRates Rates { get; private set; }

    /// <summary>How often each kind of fault has struck.</summary>
    public IReadOnlyDictionary<string, int> Struck => _struck;

    /// <summary>Told of each fault as it strikes.</summary>
    public Action<string>? Told { get; init; }

    /// <summary>From now on there are no more faults; what was lost stays lost.</summary>
    public void Cease() => Rates = FaultRates.None;

    /// <summary>From now on faults are of these rates.</summary>
    public void Resume(FaultRates rates) => Rates = rates;

    /// <summary>Whether a fault strikes now, given its share of the operations.</summary>
    /// <param name="kind">The kind, as it is counted: <c>write fails</c>.</param>
    /// <param name="share">Its share.</param>
    /// <param name="what">What it strikes.</param>
    public bool Strikes(string kind, double share, object what)
    {
        if (share <= 0 || _chance.NextDouble() >= share)
        {
            return false;
        }

        Count(kind, what);
        return true;
    }

    /// <summary>The time to the next fault of a kind that strikes at its own times, exponentially distributed.</summary>
    public TimeSpan UntilNext(TimeSpan mean) => -Math.Log(1 - _chance.NextDouble()) * mean;

    /// <summary>A length of time up to a limit.</summary>
    public TimeSpan UpTo(TimeSpan limit) => _chance.NextDouble() * limit;

    /// <summary>One of so many.</summary>
    public int OneOf(int count) => _chance.Next(count);

    /// <summary>Counts a fault that the caller has brought about itself.</summary>
    public void Count(string kind, object what)
    {
        _struck[kind] = _struck.GetValueOrDefault(kind) + 1;
        Told?.Invoke($"{kind}: {what}");
    }

    /// <summary>Brings a call on its way, if it gets there.</summary>
    internal void Send(Call call, Action<Call> route)
    {
        if (Strikes("call lost", Rates.CallLost, call))
        {
            return;
        }

        if (!call.Method!.IsOneWay)
        {
            if (Strikes("answer lost", Rates.AnswerLost, call))
            {
                call.AnswerDelay = Timeout.InfiniteTimeSpan;
            }
            else if (Strikes("answer delayed", Rates.AnswerDelayed, call))
            {
                call.AnswerDelay = UpTo(Rates.LongestDelay);
            }
        }

        if (Strikes("call delayed", Rates.CallDelayed, call))
        {
            After(UpTo(Rates.LongestDelay), () => route(call));
        }
        else
        {
            route(call);
        }
    }

    /// <summary>Does something once a time has passed.</summary>
    internal void After(TimeSpan delay, Action action)
    {
        ITimer? timer = null;
        timer = _simulation.Time.CreateTimer(
            _ =>
            {
                timer!.Dispose();
                action();
            },
            null,
            delay,
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>When a tick of a reminder arrives, and whether it does so a second time.</summary>
    internal (TimeSpan Late, bool Twice) Tick(GrainId grain) =>
        (Strikes("reminder late", Rates.ReminderLate, grain) ? UpTo(Rates.LongestDelay) : TimeSpan.Zero,
            Strikes("reminder twice", Rates.ReminderTwice, grain));
}
