using OrleansTagging.EmbeddedHost;

namespace Orleans.Runtime;

/// <summary>A reference to a grain, by which it is called, as in Orleans.</summary>
public class GrainReference : IAddressable, IEquatable<GrainReference>
{
    private readonly Caller _home;
    private readonly GrainInterface _interface;

    internal GrainReference(Caller home, GrainId grainId, GrainInterface grainInterface)
    {
        _home = home;
        GrainId = grainId;
        _interface = grainInterface;
    }

    /// <summary>The grain.</summary>
    public GrainId GrainId { get; }

    /// <summary>The interface.</summary>
    public GrainInterfaceType InterfaceType => _interface.InterfaceType;

    /// <summary>The interface's name.</summary>
    public virtual string InterfaceName => _interface.Name;

    /// <summary>This grain by another of its interfaces.</summary>
    public virtual TGrainInterface Cast<TGrainInterface>()
        where TGrainInterface : IAddressable => (TGrainInterface)As(typeof(TGrainInterface));

    internal GrainInterface Interface => _interface;

    internal object As(Type type) => type.IsInstanceOfType(this) ? this : GrainInterface.Of(type).Refer(_home, GrainId);

    /// <summary>Calls a method that answers with nothing.</summary>
    internal Task InvokeTask(int method, object?[] arguments) => Send(method, arguments);

    /// <summary>Calls a method that answers with a value.</summary>
    internal Task<T> InvokeTask<T>(int method, object?[] arguments) => Unwrap<T>(Send(method, arguments));

    /// <summary>Calls a method that answers with nothing.</summary>
    internal ValueTask InvokeValueTask(int method, object?[] arguments) => new(Send(method, arguments));

    /// <summary>Calls a method that answers with a value.</summary>
    internal ValueTask<T> InvokeValueTask<T>(int method, object?[] arguments) => new(Unwrap<T>(Send(method, arguments)));

    /// <summary>Calls a one-way method.</summary>
    internal void InvokeVoid(int method, object?[] arguments) => _ = Send(method, arguments);

    /// <inheritdoc/>
    public bool Equals(GrainReference? other) => other is not null && GrainId.Equals(other.GrainId);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as GrainReference);

    /// <inheritdoc/>
    public override int GetHashCode() => GrainId.GetHashCode();

    /// <summary>A hash that is the same in every process.</summary>
    public uint GetUniformHashCode() => GrainId.GetUniformHashCode();

    /// <inheritdoc/>
    public sealed override string ToString() => $"GrainReference:{GrainId}:{_interface.Name}";

    /// <summary>Whether two references are to the same grain.</summary>
    public static bool operator ==(GrainReference? reference1, GrainReference? reference2) =>
        reference1 is null ? reference2 is null : reference1.Equals(reference2);

    /// <summary>Whether two references are to different grains.</summary>
    public static bool operator !=(GrainReference? reference1, GrainReference? reference2) => !(reference1 == reference2);

    private static async Task<T> Unwrap<T>(Task<object?> answer) => (T)(await answer)!;

    private Task<object?> Send(int method, object?[] arguments) =>
        (Activation.Current?.Silo.Caller ?? _home).SendAsync(this, _interface.Methods[method], arguments);
}
