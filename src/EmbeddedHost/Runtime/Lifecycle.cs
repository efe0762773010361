using Orleans;
using Orleans.Runtime;

namespace OrleansTagging.EmbeddedHost;

/// <summary>Starts observers stage by stage, and stops those that started in the opposite order.</summary>
internal sealed class Lifecycle : ISiloLifecycle, IGrainLifecycle
{
    private readonly List<Subscription> _subscriptions = [];

    public int HighestCompletedStage { get; private set; } = int.MinValue;

    public int LowestStoppedStage { get; private set; } = int.MaxValue;

    public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        var subscription = new Subscription(this, stage, observer);
        lock (_subscriptions)
        {
            _subscriptions.Add(subscription);
        }

        return subscription;
    }

    public async Task StartAsync(int first, int last, CancellationToken cancellationToken)
    {
        foreach (var stage in Stages().Where(s => s.Key >= first && s.Key <= last).OrderBy(s => s.Key))
        {
            await Task.WhenAll(stage.Select(s => s.StartAsync(cancellationToken)));
            HighestCompletedStage = stage.Key;
        }
    }

    public async Task StopAsync(int first, int last, CancellationToken cancellationToken)
    {
        foreach (var stage in Stages().Where(s => s.Key >= first && s.Key <= last).OrderByDescending(s => s.Key))
        {
            await Task.WhenAll(stage.Select(s => s.StopAsync(cancellationToken)));
            LowestStoppedStage = stage.Key;
        }
    }

    private List<IGrouping<int, Subscription>> Stages()
    {
        lock (_subscriptions)
        {
            return [.. _subscriptions.GroupBy(s => s.Stage)];
        }
    }

    private sealed class Subscription(Lifecycle lifecycle, int stage, ILifecycleObserver observer) : IDisposable
    {
        private bool _started;

        public int Stage => stage;

        public Task StartAsync(CancellationToken cancellationToken)
        {
            _started = true;
            return observer.OnStart(cancellationToken);
        }

        public Task StopAsync(CancellationToken cancellationToken)
        {
            var started = _started;
            _started = false;
            return started ? observer.OnStop(cancellationToken) : Task.CompletedTask;
        }

        public void Dispose()
        {
            lock (lifecycle._subscriptions)
            {
                lifecycle._subscriptions.Remove(this);
            }
        }
    }
}
