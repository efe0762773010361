using System.Diagnostics;
using System.Diagnostics.Metrics;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Grains;

/// <summary>
/// What the grains tell of their work: spans from a submission to the epochs of its Trainers, and figures. Nobody listens unless a host
/// exports them.
/// </summary>
public static class Telemetry
{
    /// <summary>Name of the source of spans and of the meter.</summary>
    public const string Name = "OrleansTagging";

    /// <summary>The spans.</summary>
    internal static readonly ActivitySource Spans = new(Name);

    private static readonly Meter Meter = new(Name);

    private static readonly Gauge<int> Queue = Meter.CreateGauge<int>("tagging.queue.length", "{job}", "Jobs that wait for a device");
    private static readonly Gauge<int> Leases = Meter.CreateGauge<int>("tagging.leases", "{job}", "Jobs that hold a device");
    private static readonly Histogram<double> JobSeconds = Meter.CreateHistogram<double>("tagging.job.duration", "s", "Time of a Trainer");
    private static readonly Histogram<double> ClipsPerSecond =
        Meter.CreateHistogram<double>("tagging.training.clips", "{clip}/s", "Clips that a training reads in a second");
    private static readonly Gauge<double> Lwlrap = Meter.CreateGauge<double>("tagging.lwlrap", "1", "Figures of scorers and members");

    /// <summary>The scheduler's jobs have changed.</summary>
    /// <param name="jobs">All of them.</param>
    /// <param name="leased">Those that hold a device.</param>
    internal static void Scheduled(int jobs, int leased)
    {
        Queue.Record(jobs - leased);
        Leases.Record(leased);
    }

    /// <summary>A Trainer has ended.</summary>
    /// <param name="experiment">For whom it worked.</param>
    /// <param name="kind"><c>train</c> or <c>predict</c>.</param>
    /// <param name="end">How it ended.</param>
    /// <param name="seconds">How long it took.</param>
    /// <param name="clips">Clips that it was trained on, over all epochs; 0 for a prediction.</param>
    internal static void Ended(string experiment, string kind, JobEnd end, double seconds, long clips)
    {
        var (name, task) = (Tag("experiment", experiment), Tag("task", kind));
        JobSeconds.Record(seconds, name, task, Tag("outcome", end.ToString()));
        if (clips > 0 && seconds > 0)
        {
            ClipsPerSecond.Record(clips / seconds, name);
        }
    }

    /// <summary>A scorer or a member was measured.</summary>
    /// <param name="experiment">Name of the experiment.</param>
    /// <param name="model">The member, or the scorer of a round: <c>main@2</c>.</param>
    /// <param name="crossValidated">Its cross-validated lwlrap.</param>
    /// <param name="test">Its test lwlrap.</param>
    internal static void Measured(string experiment, string model, double? crossValidated, double? test)
    {
        foreach (var (on, figure) in (ReadOnlySpan<(string, double?)>)[("cv", crossValidated), ("test", test)])
        {
            if (figure is { } lwlrap)
            {
                Lwlrap.Record(lwlrap, Tag("experiment", experiment), Tag("model", model), Tag("on", on));
            }
        }
    }

    /// <summary>Begins a span below the one that is named; <c>null</c> where nobody listens.</summary>
    /// <param name="name">What is done.</param>
    /// <param name="parent">The span above it (W3C Trace Context's <c>traceparent</c>); <c>null</c> for none.</param>
    internal static Activity? Begin(string name, string? parent)
    {
        // Not below what the host happens to do just now, such as a request of which nobody keeps a span.
        var current = Activity.Current;
        Activity.Current = null;
        var begun = ActivityContext.TryParse(parent, null, isRemote: true, out var above)
            ? Spans.StartActivity(name, ActivityKind.Internal, above)
            : Spans.StartActivity(name);
        if (begun is null)
        {
            Activity.Current = current;
        }
        return begun;
    }

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
