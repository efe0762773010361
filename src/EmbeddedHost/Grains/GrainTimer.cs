using System.Diagnostics.CodeAnalysis;

namespace Orleans.Runtime;

/// <summary>A timer of an activation, as in Orleans. Disposing it stops it and cancels the token of a tick that runs.</summary>
public interface IGrainTimer : IDisposable
{
    /// <summary>Changes the time to the next tick and the time between ticks.</summary>
    void Change(TimeSpan dueTime, TimeSpan period);
}

/// <summary>How a timer ticks, as in Orleans.</summary>
public readonly struct GrainTimerCreationOptions()
{
    /// <summary>A timer with these times.</summary>
    [SetsRequiredMembers]
    public GrainTimerCreationOptions(TimeSpan dueTime, TimeSpan period)
        : this()
    {
        DueTime = dueTime;
        Period = period;
    }

    /// <summary>The time to the first tick.</summary>
    public required TimeSpan DueTime { get; init; }

    /// <summary>The time from the end of one tick to the next; infinite for one tick only.</summary>
    public required TimeSpan Period { get; init; }

    /// <summary>Whether ticks run between the turns of requests.</summary>
    public bool Interleave { get; init; }

    /// <summary>Whether ticks keep the activation from being collected.</summary>
    public bool KeepAlive { get; init; }
}
