namespace OrleansTagging.Benchmarks;

/// <summary>Who sees the jobs' steps, and how long after they were told.</summary>
internal sealed class Viewer(string name)
{
    private readonly Lock _turn = new();
    private readonly HashSet<(string Job, int Step)> _seen = [];
    private readonly List<double> _milliseconds = [];

    public string Name => name;

    public int Count => _milliseconds.Count;

    /// <summary>Takes note of a step that is on the screen.</summary>
    public void See(SteppingTrainers trainers, string job, int step, DateTime at)
    {
        lock (_turn)
        {
            if (_seen.Add((job, step)) && trainers.Told(job, step) is { } told)
            {
                _milliseconds.Add((at - told).TotalMilliseconds);
            }
        }
    }

    /// <summary>Begins to measure: what was seen before does not count.</summary>
    public void Clear()
    {
        lock (_turn)
        {
            _milliseconds.Clear();
        }
    }

    /// <summary>The time within which a share of the steps was seen, in milliseconds.</summary>
    public double Quantile(double share)
    {
        var sorted = _milliseconds.Order().ToArray();
        return sorted.Length == 0 ? double.NaN : sorted[(int)(share * (sorted.Length - 1))];
    }
}
