using OrleansTagging.Abstractions;

namespace OrleansTagging.Commands.Experiments;

/// <summary>Loss and lwlrap of running jobs over the time that they were watched.</summary>
internal sealed class JobCurves
{
    private readonly Dictionary<string, (List<double> Loss, List<double> Lwlrap, int Step, int Epoch)> _curves = [];

    /// <summary>Takes the figures of the jobs that run; those of others are forgotten.</summary>
    public void Add(RunningJob[] running)
    {
        foreach (var ended in _curves.Keys.Except(running.Select(job => job.Job)).ToArray())
        {
            _curves.Remove(ended);
        }
        foreach (var job in running)
        {
            var (loss, lwlrap, step, epoch) = _curves.TryGetValue(job.Job, out var known) ? known : ([], [], -1, -1);
            if (job.Loss is { } mean && job.Step != step)
            {
                loss.Add(mean);
            }
            // It is measured once an epoch, and stands until the next measure.
            if (job.Lwlrap is { } measure && job.Epoch != epoch)
            {
                lwlrap.Add(measure);
                epoch = job.Epoch;
            }
            _curves[job.Job] = (loss, lwlrap, job.Step, epoch);
        }
    }

    /// <summary>The loss of a job so far.</summary>
    public IReadOnlyList<double> Loss(string job) => _curves.TryGetValue(job, out var curve) ? curve.Loss : [];

    /// <summary>The lwlrap of a job after each epoch so far.</summary>
    public IReadOnlyList<double> Lwlrap(string job) => _curves.TryGetValue(job, out var curve) ? curve.Lwlrap : [];
}
