using Orleans.Runtime;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Grains.Live;

/// <summary>
/// What is new of the grains of this silo, gathered until <see cref="NewsRelay"/> takes it to the feeds; where none is at work, nothing is
/// gathered. Of a job only the last figures count.
/// </summary>
public sealed class GrainNews
{
    private readonly Lock _turn = new();
    private readonly Dictionary<string, Gathered> _topics = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _signal = new(0, 1);

    /// <summary>Whether somebody takes it on.</summary>
    public bool IsRelayed { get; set; }

    /// <summary>A grain's state was written.</summary>
    public void Written(GrainId grain)
    {
        if (!IsRelayed)
        {
            return;
        }
        switch (grain.Type.ToString())
        {
            case "experiment":
                Changed(grain.Key.ToString()!);
                Changed(IFeedGrain.Experiments);
                break;
            case "curriculum" or "member" or "fold":
                Changed(grain.Key.ToString()!.Split('/', 2)[0]);
                break;
        }
    }

    /// <summary>Something of a topic has changed.</summary>
    public void Changed(string topic) => Gather(topic, gathered => gathered.Changed = true);

    /// <summary>A Trainer told how far a job is.</summary>
    public void Heard(string experiment, RunningJob job) => Gather(experiment, gathered => gathered.Jobs[job.Job] = job);

    /// <summary>Waits until there is something.</summary>
    internal Task WaitAsync(CancellationToken cancellationToken) => _signal.WaitAsync(cancellationToken);

    /// <summary>Takes what there is of the topics that are wanted.</summary>
    internal List<(string Topic, News News)> Take(Func<string, bool> wanted)
    {
        lock (_turn)
        {
            var taken = _topics.Where(topic => wanted(topic.Key)).Select(topic => (topic.Key, topic.Value.ToNews())).ToList();
            taken.ForEach(topic => _topics.Remove(topic.Key));
            return taken;
        }
    }

    /// <summary>Whether anything is left.</summary>
    internal bool IsEmpty
    {
        get
        {
            lock (_turn)
            {
                return _topics.Count == 0;
            }
        }
    }

    private void Gather(string topic, Action<Gathered> add)
    {
        if (!IsRelayed)
        {
            return;
        }
        lock (_turn)
        {
            if (!_topics.TryGetValue(topic, out var gathered))
            {
                _topics[topic] = gathered = new Gathered();
            }
            add(gathered);
            if (_signal.CurrentCount == 0)
            {
                _signal.Release();
            }
        }
    }

    private sealed class Gathered
    {
        public bool Changed { get; set; }

        public Dictionary<string, RunningJob> Jobs { get; } = new(StringComparer.Ordinal);

        public News ToNews() => new() { Changed = Changed, Jobs = [.. Jobs.Values] };
    }
}
