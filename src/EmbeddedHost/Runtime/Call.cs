using System.Reflection;
using Orleans.Runtime;
using Orleans.Serialization.Invocation;

namespace OrleansTagging.EmbeddedHost;

/// <summary>One call on its way from a caller to an activation: the message of this host. A timer's tick is one too.</summary>
internal sealed class Call : IInvokable
{
    private readonly TaskCompletionSource<object?> _completion = null!;
    private CancellationTokenRegistration _callerCancellation;
    private CancellationTokenSource? _cancellation;
    private int _settled;

    /// <summary>Who is called.</summary>
    public required GrainReference Target { get; init; }

    /// <summary>Which method; null for a timer's tick.</summary>
    public required GrainMethod? Method { get; init; }

    /// <summary>With what.</summary>
    public required object?[] Arguments { get; init; }

    /// <summary>Who waits for the answer.</summary>
    public required Caller Caller
    {
        get;
        init
        {
            field = value;
            _completion = new(value.Cluster.Continuations);
        }
    }

    /// <summary>Which activation calls; null for a client.</summary>
    public Activation? Source { get; init; }

    /// <summary>Its place in the order in which the cluster's calls were sent.</summary>
    public long Number { get; init; }

    /// <summary>How long its answer is on its way; without end where it gets lost.</summary>
    public TimeSpan AnswerDelay { get; set; }

    /// <summary>What a timer's tick does.</summary>
    public Func<Task>? Tick { get; init; }

    /// <summary>The caller's values.</summary>
    public Dictionary<string, object>? RequestContext { get; set; }

    /// <summary>When the caller stops waiting, as a time stamp of the caller's clock.</summary>
    public long Deadline { get; set; }

    /// <summary>How long the caller waits.</summary>
    public TimeSpan Timeout { get; init; }

    /// <summary>How often the call has been sent on to another activation.</summary>
    public int Forwards { get; set; }

    /// <summary>Whether it may run between the turns of any other call.</summary>
    public bool AlwaysInterleaves { get; init; }

    /// <summary>Whether it may run between the turns of calls that change nothing either.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>Ends with the answer.</summary>
    public Task<object?> Completion => _completion.Task;

    /// <summary>Whether the answer, or the lack of one, is decided.</summary>
    public bool IsSettled => Volatile.Read(ref _settled) != 0;

    /// <summary>Gives the answer, unless the call has one.</summary>
    public void Complete(object? result)
    {
        if (AnswerDelay == TimeSpan.Zero)
        {
            End(result);
        }
        else
        {
            Later(() => End(result));
        }
    }

    /// <summary>Answers that the call has failed, unless it has an answer.</summary>
    public void Fail(Exception exception)
    {
        if (AnswerDelay == TimeSpan.Zero)
        {
            EndFailed(exception);
        }
        else
        {
            Later(() => EndFailed(exception));
        }
    }

    /// <summary>Fails the call and tells the callee to stop.</summary>
    public void Abandon(Exception exception)
    {
        var cancellation = _cancellation;
        EndFailed(exception);
        cancellation?.Cancel();
    }

    /// <summary>Lets the caller's token, if there is one, reach the callee as a token of its own.</summary>
    public void LinkCancellation()
    {
        if (Method is not { CancellationIndex: >= 0 and var index }
            || Arguments[index] is not CancellationToken { CanBeCanceled: true } token)
        {
            return;
        }

        _cancellation = new CancellationTokenSource();
        Arguments[index] = _cancellation.Token;
        _callerCancellation = token.UnsafeRegister(
            static (state, cancelled) => ((Call)state!).Abandon(new OperationCanceledException(cancelled)), this);
    }

    private void EndFailed(Exception exception)
    {
        if (!Settle())
        {
            return;
        }

        if (exception is OperationCanceledException cancelled)
        {
            _completion.TrySetException(cancelled);
        }
        else
        {
            _completion.TrySetException(exception);
        }

        // Nobody need look at the failure of a one-way call or of one whose caller is gone.
        _ = _completion.Task.Exception;
    }

    private void End(object? result)
    {
        if (Settle())
        {
            _completion.TrySetResult(result);
        }
    }

    private void Later(Action answer)
    {
        if (AnswerDelay != System.Threading.Timeout.InfiniteTimeSpan)
        {
            Caller.Cluster.Faults!.After(AnswerDelay, answer);
        }
    }

    private bool Settle()
    {
        if (Interlocked.Exchange(ref _settled, 1) != 0)
        {
            return false;
        }

        Caller.Forget(this);
        _callerCancellation.Dispose();
        return true;
    }

    int IInvokable.GetArgumentCount() => Arguments.Length;

    object? IInvokable.GetArgument(int index) => Arguments[index];

    void IInvokable.SetArgument(int index, object value) => Arguments[index] = value;

    string IInvokable.GetMethodName() => Method!.Name;

    string IInvokable.GetInterfaceName() => Method!.Interface.Name;

    MethodInfo IInvokable.GetMethod() => Method!.Info;

    Type IInvokable.GetInterfaceType() => Method!.Interface.Type;

    public override string ToString() =>
        $"{Source?.GrainId.ToString() ?? "client"} -> {Target.GrainId} {Method?.Interface.Type.Name}.{Method?.Name}";
}
