using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace OrleansTagging.EmbeddedHost;

/// <summary>
/// One activation of a grain: takes calls one after the other (but for those that may interleave) and runs their turns on a scheduler
/// of its own.
/// </summary>
internal sealed class Activation : IGrainContext
{
    [ThreadStatic]
    private static Activation? _current;

    [ThreadStatic]
    private static Activation? _constructing;

    private readonly Lock _lock = new();
    private readonly ActivationScheduler _scheduler;
    private readonly LinkedList<Call> _waiting = [];
    private readonly HashSet<Call> _running = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<ActivationTimer> _timers = [];
    private readonly TaskCompletionSource _deactivated;
    private readonly Lifecycle _lifecycle = new();
    private AsyncServiceScope _scope;
    private Stage _stage = Stage.New;
    private DeactivationReason _reason;
    private CancellationToken _deactivation;
    private int _exclusive;
    private int _readers;
    private int _waitingReaders;
    private long _lastUse;
    private long _keepUntil;

    public Activation(Silo silo, GrainClass grainClass, GrainReference reference)
    {
        Silo = silo;
        Class = grainClass;
        GrainReference = reference;
        _scheduler = new ActivationScheduler(this);
        _lastUse = silo.Time.GetTimestamp();
        Number = silo.Cluster.NextNumber();
        _deactivated = new(silo.Cluster.Continuations);
    }

    private enum Stage
    {
        New,
        Activating,
        Valid,
        Deactivating,
        Gone,
    }

    /// <summary>The activation whose code runs on this thread; null outside of grains, as in <c>Task.Run</c>.</summary>
    public static Activation? Current
    {
        get => _current;
        set => _current = value;
    }

    /// <summary>The activation whose grain object is being made on this thread.</summary>
    public static Activation? Constructing
    {
        get => _constructing;
        set => _constructing = value;
    }

    /// <summary>
    /// Refuses what Orleans refuses: an activation's services off any activation, as in <c>Task.Run</c>, or in one that has ended.
    /// </summary>
    public static void CheckAccess()
    {
        if (_current is not { } current)
        {
            throw new InvalidOperationException(
                "Activation access violation. A non-activation thread attempted to access activation services.");
        }

        current.CheckNotGone();
    }

    /// <summary>Refuses what Orleans refuses of an activation that has ended.</summary>
    public void CheckNotGone()
    {
        lock (_lock)
        {
            if (_stage == Stage.Gone)
            {
                throw new InvalidOperationException($"Attempt to access an invalid activation: {this}");
            }
        }
    }

    public Silo Silo { get; }

    /// <summary>Its place in the order in which the cluster's activations were made.</summary>
    public long Number { get; }

    public GrainClass Class { get; }

    public GrainReference GrainReference { get; }

    public GrainId GrainId => GrainReference.GrainId;

    public object? GrainInstance { get; private set; }

    public IServiceProvider ActivationServices => _scope.ServiceProvider;

    public IGrainLifecycle ObservableLifecycle => _lifecycle;

    public Task Deactivated => _deactivated.Task;

    /// <summary>Takes a call; false once the activation is gone.</summary>
    public bool TryReceive(Call call)
    {
        lock (_lock)
        {
            switch (_stage)
            {
                case Stage.Gone:
                    return false;
                case Stage.New:
                    _stage = Stage.Activating;
                    Wait(call);
                    _scheduler.Run(static state => _ = ((Activation)state!).ActivateAsync(), this);
                    return true;
                case Stage.Valid when MayRun(call):
                    Start(call);
                    return true;
                default:
                    Wait(call);
                    return true;
            }
        }
    }

    public void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            if (_stage is Stage.Deactivating or Stage.Gone)
            {
                return;
            }

            _reason = deactivationReason;
            _deactivation = cancellationToken;
            if (_stage == Stage.New)
            {
                _stage = Stage.Gone;
                Silo.Remove(this);
                _deactivated.TrySetResult();
                return;
            }

            // While it is still being activated, the end of that looks at the stage.
            var isActivating = _stage == Stage.Activating;
            _stage = Stage.Deactivating;
            if (!isActivating && _running.Count == 0)
            {
                _scheduler.Run(static state => _ = ((Activation)state!).DeactivateAsync(), this);
            }
        }
    }

    /// <summary>Ends at once without a word to the grain, as when its process dies; its calls fail.</summary>
    public void Kill()
    {
        List<Call> lost;
        lock (_lock)
        {
            lost = [.. _running, .. _waiting];
            _waiting.Clear();
            _stage = Stage.Gone;
            _scheduler.Stop();
        }

        StopTimers();
        Silo.Remove(this);
        foreach (var call in lost)
        {
            call.Fail(new SiloUnavailableException($"Silo {Silo.Address} is gone, and with it the answer to {call}."));
        }

        _deactivated.TrySetResult();
    }

    /// <summary>Deactivates if nobody has called for the collection age.</summary>
    public void CollectIfIdle(TimeSpan age)
    {
        lock (_lock)
        {
            var now = Silo.Time.GetTimestamp();
            if (_stage != Stage.Valid || _running.Count > 0 || _waiting.Count > 0 || now < _keepUntil
                || Silo.Time.GetElapsedTime(_lastUse, now) < age)
            {
                return;
            }
        }

        Deactivate(new(DeactivationReasonCode.ActivationIdle, $"Nobody called for {age}."));
    }

    public void DelayDeactivation(TimeSpan time)
    {
        lock (_lock)
        {
            _keepUntil = time < TimeSpan.Zero ? 0
                : time >= TimeSpan.FromDays(36500) ? long.MaxValue
                : Silo.Time.GetTimestamp() + (long)(time.TotalSeconds * Silo.Time.TimestampFrequency);
        }
    }

    public IGrainTimer RegisterTimer(Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
    {
        var timer = new ActivationTimer(this, callback, options);
        lock (_lock)
        {
            if (_stage == Stage.Gone)
            {
                throw new InvalidOperationException($"{GrainId} is deactivated and starts no timers.");
            }

            _timers.Add(timer);
        }

        timer.Change(options.DueTime, options.Period);
        return timer;
    }

    public void Forget(ActivationTimer timer)
    {
        lock (_lock)
        {
            _timers.Remove(timer);
        }
    }

    public bool Equals(IGrainContext? other) => ReferenceEquals(this, other);

    public override string ToString() => $"{GrainId} on {Silo.Address}";

    private void Wait(Call call)
    {
        _waiting.AddLast(call);
        _waitingReaders += call.IsReadOnly ? 1 : 0;
    }

    private bool MayRun(Call call) =>
        (_exclusive == 0 && (_readers == 0 || call.IsReadOnly)) || call.AlwaysInterleaves || Class.IsReentrant;

    private void Start(Call call)
    {
        _running.Add(call);
        if (!call.AlwaysInterleaves)
        {
            if (call.IsReadOnly)
            {
                _readers++;
            }
            else
            {
                _exclusive++;
            }
        }

        _scheduler.Run(static state =>
        {
            var (activation, call) = ((Activation, Call))state!;
            _ = activation.RunAsync(call);
        }, (this, call));
    }

    private async Task RunAsync(Call call)
    {
        RequestContext.Values = call.RequestContext;
        object? result = null;
        Exception? failure = null;
        try
        {
            if (call.Tick is { } tick)
            {
                await tick();
            }
            else if (!call.IsSettled)
            {
                result = await AnswerAsync(call);
            }
        }
        catch (Exception e)
        {
            failure = e;
        }

        if (failure is InconsistentStateException { IsSourceActivation: true } inconsistent)
        {
            inconsistent.IsSourceActivation = false;
            Deactivate(new(DeactivationReasonCode.ApplicationError, failure, "The stored state is not the one this activation read."));
        }

        // The call has left the activation before its caller goes on.
        Finish(call);
        if (failure is null)
        {
            call.Complete(result);
            return;
        }

        if (call.Method is { IsOneWay: true } or null)
        {
            Silo.Logger.LogWarning(failure, "{Call} failed, and nobody waits for its answer", call);
        }

        call.Fail(failure);
    }

    private async ValueTask<object?> AnswerAsync(Call call)
    {
        object? result;
        if (Silo.IncomingFilters.Count == 0 && GrainInstance is not IIncomingGrainCallFilter)
        {
            result = await call.Method!.InvokeAsync(GrainInstance!, call.Arguments);
        }
        else
        {
            var context = new IncomingCallContext(call, this, Silo.IncomingFilters);
            await context.Invoke();
            result = context.Result;
        }

        return call.Method!.CopiesResult ? DeepCopier.Strict.Copy(result) : result;
    }

    private void Finish(Call call)
    {
        lock (_lock)
        {
            _running.Remove(call);
            if (!call.AlwaysInterleaves)
            {
                if (call.IsReadOnly)
                {
                    _readers--;
                }
                else
                {
                    _exclusive--;
                }
            }

            if (call.Tick is null || ((ActivationTimer)call.Tick.Target!).KeepsAlive)
            {
                _lastUse = Silo.Time.GetTimestamp();
            }

            StartWaiting(everything: false);
            if (_stage == Stage.Deactivating && _running.Count == 0)
            {
                _scheduler.Run(static state => _ = ((Activation)state!).DeactivateAsync(), this);
            }
        }
    }

    private void StartWaiting(bool everything)
    {
        if (_stage != Stage.Valid)
        {
            return;
        }

        var node = _waiting.First;
        while (node is not null)
        {
            var next = node.Next;
            var call = node.Value;
            if (MayRun(call))
            {
                _waiting.Remove(node);
                _waitingReaders -= call.IsReadOnly ? 1 : 0;
                Start(call);
            }
            else if (!everything && (_exclusive > 0 || _waitingReaders == 0))
            {
                // Whatever may run at any time began when it came; the rest waits for the one that runs.
                return;
            }

            node = next;
        }
    }

    private async Task ActivateAsync()
    {
        var options = Silo.CollectionOptions;
        try
        {
            lock (_lock)
            {
                RequestContext.Values = _waiting.First?.Value.RequestContext;
            }

            _scope = Silo.Services.CreateAsyncScope();
            using var limit = new CancellationTokenSource(options.ActivationTimeout, Silo.Time);
            GrainInstance = Class.Construct(this);
            await _lifecycle.StartAsync(int.MinValue, GrainLifecycleStage.Activate - 1, limit.Token);
            await ((IGrainBase)GrainInstance).OnActivateAsync(limit.Token);
            await _lifecycle.StartAsync(GrainLifecycleStage.Activate, int.MaxValue, limit.Token);
        }
        catch (Exception e)
        {
            Silo.Logger.LogWarning(e, "{Grain} could not be activated", GrainId);
            await EndAsync(e);
            return;
        }

        lock (_lock)
        {
            if (_stage == Stage.Activating)
            {
                _stage = Stage.Valid;
                StartWaiting(everything: true);
                return;
            }
        }

        await DeactivateAsync();
    }

    private async Task DeactivateAsync()
    {
        StopTimers();
        try
        {
            using var limit = new CancellationTokenSource(Silo.CollectionOptions.DeactivationTimeout, Silo.Time);
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _deactivation);
            await _lifecycle.StopAsync(GrainLifecycleStage.Activate, int.MaxValue, linked.Token);
            await ((IGrainBase)GrainInstance!).OnDeactivateAsync(_reason, linked.Token).WaitAsync(linked.Token);
            await _lifecycle.StopAsync(int.MinValue, GrainLifecycleStage.Activate - 1, linked.Token);
        }
        catch (Exception e)
        {
            Silo.Logger.LogWarning(e, "{Grain} failed as it was deactivated", GrainId);
        }

        await EndAsync(null);
    }

    private async Task EndAsync(Exception? failure)
    {
        StopTimers();
        try
        {
            switch (GrainInstance)
            {
                case IAsyncDisposable disposable:
                    await disposable.DisposeAsync();
                    break;
                case IDisposable disposable:
                    disposable.Dispose();
                    break;
            }

            await _scope.DisposeAsync();
        }
        catch (Exception e)
        {
            Silo.Logger.LogWarning(e, "{Grain} failed as it was disposed", GrainId);
        }

        List<Call> waiting;
        lock (_lock)
        {
            _stage = Stage.Gone;
            waiting = [.. _waiting];
            _waiting.Clear();
        }

        Silo.Remove(this);
        _deactivated.TrySetResult();
        foreach (var call in waiting.Where(c => c.Tick is null))
        {
            if (failure is not null)
            {
                call.Fail(failure);
            }
            else
            {
                Silo.Cluster.Route(call);
            }
        }
    }

    private void StopTimers()
    {
        List<ActivationTimer> timers;
        lock (_lock)
        {
            timers = [.. _timers];
            _timers.Clear();
        }

        timers.ForEach(t => t.Dispose());
    }
}
