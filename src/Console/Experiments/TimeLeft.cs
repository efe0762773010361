using System.Diagnostics;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Commands.Experiments;

/// <summary>
/// Estimates the time left from the jobs' pace since the view began. Trainings take nearly all the time, and every fold brings one
/// training and its predictions, so that jobs are a fair measure of the whole.
/// </summary>
internal sealed class TimeLeft
{
    // Before this share of the work is seen, a guess would be off by a multiple.
    private const double SeenEnough = 0.03;

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private double _atStart = -1;

    /// <summary>The time left; <c>null</c> while too little has been seen.</summary>
    public TimeSpan? After(ExperimentProgress progress)
    {
        if (progress.JobsTotal == 0)
        {
            return null;
        }
        var running = progress.Running.Where(job => job.Steps > 0).Sum(job => (double)job.Step / job.Steps);
        var share = Math.Min(1, (progress.JobsDone + running) / progress.JobsTotal);
        if (_atStart < 0)
        {
            _atStart = share;
        }
        var seen = share - _atStart;
        return seen < SeenEnough ? null : _clock.Elapsed * ((1 - share) / seen);
    }
}
