using OrleansTagging.Abstractions;
using OrleansTagging.Recipe;

namespace OrleansTagging.Commands.Experiments;

/// <summary>What a look at an experiment from outside found.</summary>
internal abstract record Observation
{
    /// <summary>When.</summary>
    public DateTimeOffset At { get; init; } = DateTimeOffset.UtcNow;
}

/// <summary>How far it is.</summary>
/// <param name="Progress">The experiment.</param>
/// <param name="Scheduler">Queue, leases and silos.</param>
/// <param name="File">Its file; <c>null</c> where this version of the program does not read it.</param>
internal sealed record Seen(ExperimentProgress Progress, SchedulerRecord Scheduler, ExperimentFile? File) : Observation;

/// <summary>Nobody answers any more.</summary>
/// <param name="Why">Why, in one line.</param>
internal sealed record Lost(string Why) : Observation;

/// <summary>Somebody answers again.</summary>
internal sealed record Found : Observation;
