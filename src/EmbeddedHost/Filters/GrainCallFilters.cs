using System.Reflection;
using Orleans.Runtime;

namespace Orleans;

/// <summary>A call on its way, as in Orleans.</summary>
public interface IGrainCallContext
{
    /// <summary>The call itself, with its arguments.</summary>
    Serialization.Invocation.IInvokable Request { get; }

    /// <summary>The grain: the object where it is called, the reference where it is calling.</summary>
    object Grain { get; }

    /// <summary>Who calls; null for a client.</summary>
    GrainId? SourceId { get; }

    /// <summary>Who is called.</summary>
    GrainId TargetId { get; }

    /// <summary>The interface.</summary>
    GrainInterfaceType InterfaceType { get; }

    /// <summary>The interface's name.</summary>
    string InterfaceName { get; }

    /// <summary>The method's name.</summary>
    string MethodName { get; }

    /// <summary>The method of the interface.</summary>
    MethodInfo InterfaceMethod { get; }

    /// <summary>The result, after <see cref="Invoke"/>; a filter may change it.</summary>
    object? Result { get; set; }

    /// <summary>Goes on with the call.</summary>
    Task Invoke();
}

/// <summary>A call that arrives, as in Orleans.</summary>
public interface IIncomingGrainCallContext : IGrainCallContext
{
    /// <summary>The called activation.</summary>
    IGrainContext TargetContext { get; }

    /// <summary>The method of the grain class.</summary>
    MethodInfo ImplementationMethod { get; }
}

/// <summary>A call that leaves, as in Orleans.</summary>
public interface IOutgoingGrainCallContext : IGrainCallContext
{
    /// <summary>The calling activation; null for a client.</summary>
    IGrainContext? SourceContext { get; }
}

/// <summary>Runs around every call that arrives, as in Orleans. A grain class may be one itself.</summary>
public interface IIncomingGrainCallFilter
{
    /// <summary>Runs around the call.</summary>
    Task Invoke(IIncomingGrainCallContext context);
}

/// <summary>Runs around every call that leaves, as in Orleans.</summary>
public interface IOutgoingGrainCallFilter
{
    /// <summary>Runs around the call.</summary>
    Task Invoke(IOutgoingGrainCallContext context);
}

/// <summary>Runs around every call that arrives, as in Orleans.</summary>
public delegate Task IncomingGrainCallFilterDelegate(IIncomingGrainCallContext context);

/// <summary>Runs around every call that leaves, as in Orleans.</summary>
public delegate Task OutgoingGrainCallFilterDelegate(IOutgoingGrainCallContext context);
