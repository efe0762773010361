using System.Collections.Concurrent;
using Orleans;
using Orleans.Runtime;

namespace OrleansTagging.EmbeddedHost;

/// <summary>Where calls begin and answers arrive: a silo or a client. Every call goes through <see cref="SendAsync"/>.</summary>
internal sealed class Caller : IDisposable
{
    private readonly ConcurrentDictionary<Call, byte> _waiting = new(ReferenceEqualityComparer.Instance);
    private readonly ITimer _sweep;

    public Caller(
        EmbeddedCluster cluster, Silo? silo, TimeProvider time, TimeSpan responseTimeout, IReadOnlyList<IOutgoingGrainCallFilter> filters)
    {
        Cluster = cluster;
        Silo = silo;
        Time = time;
        ResponseTimeout = responseTimeout;
        Filters = filters;
        var period = TimeSpan.FromTicks(Math.Clamp(responseTimeout.Ticks / 10, TimeSpan.TicksPerMillisecond * 10, TimeSpan.TicksPerSecond));
        _sweep = time.CreateTimer(static state => ((Caller)state!).Sweep(), this, period, period);
    }

    public EmbeddedCluster Cluster { get; }

    public Silo? Silo { get; }

    public TimeProvider Time { get; }

    public TimeSpan ResponseTimeout { get; }

    public IReadOnlyList<IOutgoingGrainCallFilter> Filters { get; }

    /// <summary>Sends a call and waits for its answer; a one-way call is answered once it is on its way.</summary>
    /// <param name="target">Who is called.</param>
    /// <param name="method">Which method.</param>
    /// <param name="arguments">With what.</param>
    /// <param name="patience">How long to wait; as the method or this caller says where it is not given.</param>
    public Task<object?> SendAsync(GrainReference target, GrainMethod method, object?[] arguments, TimeSpan? patience = null)
    {
        var call = new Call
        {
            Target = target,
            Method = method,
            Arguments = arguments,
            Caller = this,
            Source = Activation.Current,
            Number = Cluster.NextNumber(),
            AlwaysInterleaves = method.AlwaysInterleaves,
            IsReadOnly = method.IsReadOnly,
            Timeout = patience ?? method.Timeout ?? ResponseTimeout,
        };
        return Filters.Count == 0 ? Dispatch(call) : new OutgoingCallContext(call, Filters).RunAsync();
    }

    /// <summary>Copies what the call carries, notes that its answer is awaited and hands it to the cluster.</summary>
    public Task<object?> Dispatch(Call call)
    {
        if (Silo is { IsDead: true })
        {
            return Task.FromException<object?>(new SiloUnavailableException($"Silo {Silo.Address} is gone and calls nobody: {call}"));
        }

        try
        {
            call.Method!.CopyArguments(call.Arguments);
            if (RequestContext.Values is { Count: > 0 } values)
            {
                call.RequestContext = (Dictionary<string, object>)DeepCopier.Strict.Copy(values)!;
            }
        }
        catch (Exception e)
        {
            return Task.FromException<object?>(e);
        }

        call.LinkCancellation();
        if (!call.Method.IsOneWay)
        {
            call.Deadline = Time.GetTimestamp() + (long)(call.Timeout.TotalSeconds * Time.TimestampFrequency);
            _waiting[call] = 0;
        }

        Cluster.Send(call);
        return call.Method.IsOneWay ? Task.FromResult<object?>(null) : call.Completion;
    }

    public void Forget(Call call)
    {
        _waiting.TryRemove(call, out _);
        Cluster.Gateway?.Forget(call);
    }

    public void Dispose() => _sweep.Dispose();

    private void Sweep()
    {
        var now = Time.GetTimestamp();
        foreach (var call in _waiting.Keys.Where(c => now >= c.Deadline).OrderBy(c => c.Number))
        {
            call.Abandon(new TimeoutException($"Response did not arrive on time in {call.Timeout} for message: {call}."));
        }
    }
}
