using Orleans;
using Orleans.Concurrency;

namespace OrleansTagging.Abstractions;

/// <summary>
/// What is new of a topic (key: the name of an experiment, <see cref="Experiments"/> or <see cref="Scheduler"/>), for whoever watches it
/// live. It keeps nothing on disk: a watcher first asks how things stand, then what is new.
/// </summary>
[Alias("OrleansTagging.IFeedGrain")]
public interface IFeedGrain : IGrainWithStringKey
{
    /// <summary>The topic of all experiments: one was submitted, or stands otherwise. No experiment has such a name.</summary>
    const string Experiments = "/experiments";

    /// <summary>The topic of queue, leases and silos.</summary>
    const string Scheduler = "/scheduler";

    /// <summary>A silo tells what is new there.</summary>
    /// <returns>Whether anybody watches.</returns>
    [AlwaysInterleave, Alias("Publish")]
    Task<bool> Publish(News news);

    /// <summary>What is new since a version; it answers when there is something, or with nothing after some seconds.</summary>
    /// <param name="after">The version of the last answer; 0 at first, which is answered at once.</param>
    [AlwaysInterleave, Alias("Next")]
    Task<News> Next(long after);
}

/// <summary>What is new of a topic.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.News")]
public sealed record News
{
    /// <summary>To be named when the next news are asked for.</summary>
    [Id(0)] public long Version { get; init; }

    /// <summary>Whether more has changed than the figures of running jobs: ask for the whole.</summary>
    [Id(1)] public bool Changed { get; init; }

    /// <summary>The running jobs with new figures.</summary>
    [Id(2)] public RunningJob[] Jobs { get; init; } = [];

    /// <summary>Whether there is nothing new.</summary>
    public bool IsNothing => !Changed && Jobs.Length == 0;
}
