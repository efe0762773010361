using System.Diagnostics;
using OrleansTagging.Abstractions;
using OrleansTagging.Recipe;

namespace OrleansTagging.Grains;

/// <summary>
/// The span of a Trainer and, below it, one of each epoch that it told of. Its messages arrive on other threads than its beginning and its
/// end.
/// </summary>
internal sealed class JobSpan
{
    private readonly Lock _turn = new();
    private readonly Activity? _job;
    private int _epoch;
    private DateTimeOffset _began;

    private JobSpan(Activity? job) => _job = job;

    /// <summary>Begins it, below the submission that it works for.</summary>
    public static JobSpan Begin(JobLease lease)
    {
        // It outlives the turn of the grain, in which nothing else is to become a part of it.
        var before = Activity.Current;
        Activity.Current = null;
        var job = Telemetry.Begin("job", lease.Request.Trace);
        Activity.Current = before;
        job?.SetTag("job", lease.Request.Job).SetTag("what", lease.Request.What).SetTag("experiment", lease.Request.Parent.Experiment)
            .SetTag("silo", lease.Silo.ToString()).SetTag("device", lease.Device).SetTag("lease", lease.Epoch);
        return new JobSpan(job);
    }

    /// <summary>The Trainer told how far it is.</summary>
    public void Hear(TrainerMessage message)
    {
        if (_job is null || message.Kind != "progress")
        {
            return;
        }
        lock (_turn)
        {
            if (message.Epoch != _epoch)
            {
                EndEpoch(message.Lwlrap);
                (_epoch, _began) = (message.Epoch, DateTimeOffset.UtcNow);
            }
        }
    }

    /// <summary>The Trainer has ended.</summary>
    public void End(JobEnd end, string? problem)
    {
        if (_job is null)
        {
            return;
        }
        lock (_turn)
        {
            EndEpoch(null);
            _epoch = 0;
        }
        _job.SetTag("outcome", end.ToString()).SetStatus(end == JobEnd.Done ? ActivityStatusCode.Ok : ActivityStatusCode.Error, problem);
        _job.Dispose();
    }

    private void EndEpoch(double? lwlrap)
    {
        if (_epoch == 0)
        {
            return;
        }
        using var epoch = Telemetry.Spans.StartActivity(ActivityKind.Internal, _job!.Context, startTime: _began, name: $"epoch {_epoch}");
        epoch?.SetTag("lwlrap", lwlrap);
    }
}
