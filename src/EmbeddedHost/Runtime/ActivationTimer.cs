using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace OrleansTagging.EmbeddedHost;

/// <summary>A timer of one activation: each tick is a call to it, and the next tick is set when this one ends.</summary>
internal sealed class ActivationTimer : IGrainTimer
{
    private readonly Activation _activation;
    private readonly Func<CancellationToken, Task> _callback;
    private readonly CancellationTokenSource _stop = new();
    private readonly bool _interleaves;
    private readonly ITimer _timer;
    private TimeSpan _period;
    private bool _changed;

    public ActivationTimer(Activation activation, Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
    {
        _activation = activation;
        _callback = callback;
        _interleaves = options.Interleave;
        KeepsAlive = options.KeepAlive;
        using (ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow())
        {
            _timer = activation.Silo.Time.CreateTimer(
                static state => ((ActivationTimer)state!).Due(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public bool KeepsAlive { get; }

    public void Change(TimeSpan dueTime, TimeSpan period)
    {
        if ((dueTime < TimeSpan.Zero && dueTime != Timeout.InfiniteTimeSpan)
            || (period < TimeSpan.Zero && period != Timeout.InfiniteTimeSpan))
        {
            throw new ArgumentOutOfRangeException(nameof(dueTime), "A timer's times are not negative.");
        }

        _period = period;
        _changed = true;
        _timer.Change(dueTime, Timeout.InfiniteTimeSpan);
    }

    public void Dispose()
    {
        if (!_stop.IsCancellationRequested)
        {
            _timer.Dispose();
            _stop.Cancel();
            _activation.Forget(this);
        }
    }

    private void Due() => _activation.TryReceive(new Call
    {
        Target = _activation.GrainReference,
        Method = null,
        Arguments = [],
        Caller = _activation.Silo.Caller,
        Source = _activation,
        AlwaysInterleaves = _interleaves,
        Tick = TickAsync,
    });

    private async Task TickAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        _changed = false;
        try
        {
            await _callback(_stop.Token);
        }
        catch (Exception e)
        {
            _activation.Silo.Logger.LogError(e, "A timer of {Grain} failed", _activation.GrainId);
        }

        // A tick that changed the timer has set the next one already.
        if (!_changed && !_stop.IsCancellationRequested && _period > TimeSpan.Zero)
        {
            _timer.Change(_period, Timeout.InfiniteTimeSpan);
        }
    }
}
