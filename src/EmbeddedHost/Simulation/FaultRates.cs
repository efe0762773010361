namespace OrleansTagging.EmbeddedHost;

/// <summary>
/// How often which fault strikes: shares of the operations that it can strike, and mean times between those that strike silos.
/// </summary>
public sealed record FaultRates
{
    /// <summary>No faults.</summary>
    public static FaultRates None { get; } = new();

    /// <summary>Share of reads of state that fail.</summary>
    public double ReadFails { get; init; }

    /// <summary>Share of writes of state that fail and change nothing.</summary>
    public double WriteFails { get; init; }

    /// <summary>Share of writes of state that succeed and say that they failed.</summary>
    public double WriteSucceedsUnseen { get; init; }

    /// <summary>Share of writes of state before which somebody else writes, so that the ETag is an old one.</summary>
    public double WriteConflicts { get; init; }

    /// <summary>Share of calls between silos that never arrive; the caller waits for its timeout.</summary>
    public double CallLost { get; init; }

    /// <summary>Share of calls between silos that arrive late, by up to <see cref="LongestDelay"/>.</summary>
    public double CallDelayed { get; init; }

    /// <summary>Share of calls between silos that are carried out and whose answer never arrives.</summary>
    public double AnswerLost { get; init; }

    /// <summary>
    /// Share of calls between silos that are carried out and whose answer is late, by up to <see cref="LongestDelay"/>.
    /// </summary>
    public double AnswerDelayed { get; init; }

    /// <summary>
    /// The longest delay of a message or a reminder; longer than the timeout of a call, so that some are never heard in time.
    /// </summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Share of a reminder's ticks that are late, by up to <see cref="LongestDelay"/>.</summary>
    public double ReminderLate { get; init; }

    /// <summary>Share of a reminder's ticks that come twice.</summary>
    public double ReminderTwice { get; init; }

    /// <summary>Mean time between silos that are killed; null for none.</summary>
    public TimeSpan? BetweenKills { get; init; }

    /// <summary>Mean time between silos that are stopped in order; null for none.</summary>
    public TimeSpan? BetweenStops { get; init; }

    /// <summary>Mean time between jumps of a silo's wall clock; null for none.</summary>
    public TimeSpan? BetweenJumps { get; init; }

    /// <summary>The farthest that a wall clock jumps, forward or back.</summary>
    public TimeSpan FarthestJump { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Rates drawn by chance: each kind of fault is there in about half of the draws, seldom in most and often in some.</summary>
    public static FaultRates Drawn(Random chance)
    {
        double Share(double most) => chance.Next(2) == 0 ? 0 : most * Math.Pow(chance.NextDouble(), 3);
        TimeSpan? Between() => chance.Next(2) == 0 ? null : TimeSpan.FromSeconds(15 * Math.Pow(40, chance.NextDouble()));
        return new FaultRates
        {
            ReadFails = Share(0.2),
            WriteFails = Share(0.2),
            WriteSucceedsUnseen = Share(0.2),
            WriteConflicts = Share(0.2),
            CallLost = Share(0.1),
            CallDelayed = Share(0.2),
            AnswerLost = Share(0.1),
            AnswerDelayed = Share(0.2),
            ReminderLate = Share(1),
            ReminderTwice = Share(1),
            BetweenKills = Between(),
            BetweenStops = Between(),
            BetweenJumps = Between(),
        };
    }
}
