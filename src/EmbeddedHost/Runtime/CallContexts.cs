using System.Reflection;
using Orleans;
using Orleans.Runtime;
using Orleans.Serialization.Invocation;

namespace OrleansTagging.EmbeddedHost;

/// <summary>A call that passes through filters.</summary>
internal abstract class CallContext(Call call) : IGrainCallContext
{
    protected int Position { get; set; }

    protected Call Call { get; } = call;

    public IInvokable Request => Call;

    public abstract object Grain { get; }

    public GrainId? SourceId => Call.Source?.GrainId;

    public GrainId TargetId => Call.Target.GrainId;

    public GrainInterfaceType InterfaceType => Call.Method!.Interface.InterfaceType;

    public string InterfaceName => Call.Method!.Interface.Name;

    public string MethodName => Call.Method!.Name;

    public MethodInfo InterfaceMethod => Call.Method!.Info;

    public object? Result { get; set; }

    public abstract Task Invoke();
}

/// <summary>A call that leaves through filters.</summary>
internal sealed class OutgoingCallContext(Call call, IReadOnlyList<IOutgoingGrainCallFilter> filters)
    : CallContext(call), IOutgoingGrainCallContext
{
    public override object Grain => Call.Target;

    public IGrainContext? SourceContext => Call.Source;

    public async Task<object?> RunAsync()
    {
        await Invoke();
        return Result;
    }

    public override async Task Invoke()
    {
        if (Position < filters.Count)
        {
            await filters[Position++].Invoke(this);
        }
        else
        {
            Result = await Call.Caller.Dispatch(Call);
        }
    }
}

/// <summary>A call that arrives through filters.</summary>
internal sealed class IncomingCallContext(Call call, Activation activation, IReadOnlyList<IIncomingGrainCallFilter> filters)
    : CallContext(call), IIncomingGrainCallContext
{
    public override object Grain => activation.GrainInstance!;

    public IGrainContext TargetContext => activation;

    public MethodInfo ImplementationMethod => activation.Class.Implementation(Call.Method!);

    public override async Task Invoke()
    {
        if (Position < filters.Count)
        {
            await filters[Position++].Invoke(this);
        }
        else if (Position == filters.Count && activation.GrainInstance is IIncomingGrainCallFilter own)
        {
            Position++;
            await own.Invoke(this);
        }
        else
        {
            Result = await Call.Method!.InvokeAsync(activation.GrainInstance!, Call.Arguments);
        }
    }
}
