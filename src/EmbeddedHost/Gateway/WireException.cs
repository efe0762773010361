using System.Runtime.CompilerServices;
using Orleans.Runtime;

namespace OrleansTagging.EmbeddedHost;

/// <summary>
/// An exception on the wire: type, message, stack and cause. As in Orleans, one whose type the other side does not have becomes one
/// that names it.
/// </summary>
internal static class WireException
{
    public static void Write(WireWriter writer, Exception exception)
    {
        writer.Bytes.Write(exception.GetType().AssemblyQualifiedName!);
        writer.Bytes.Write(exception.Message);
        writer.Bytes.Write(exception.HResult);
        writer.Write(typeof(string), exception.StackTrace);
        writer.Write(typeof(Exception), exception.InnerException);
    }

    public static Exception Read(WireReader reader)
    {
        var name = reader.Bytes.ReadString();
        var message = reader.Bytes.ReadString();
        var result = reader.Bytes.ReadInt32();
        var stack = reader.Read<string?>();
        var cause = reader.Read<Exception?>();
        // An aggregate's message is made of parts that did not travel.
        if (Type.GetType(name, throwOnError: false) is not { IsAbstract: false } type || !typeof(Exception).IsAssignableFrom(type)
            || typeof(AggregateException).IsAssignableFrom(type))
        {
            return new OrleansException($"{name.Split(',')[0]}: {message}", cause!);
        }

        // Constructors take what they like; the base has the same members in all.
        var made = (Exception)RuntimeHelpers.GetUninitializedObject(type);
        Message(made) = message;
        Inner(made) = cause;
        RemoteStack(made) = stack is null ? null : stack + Environment.NewLine;
        made.HResult = result;
        return made;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_message")]
    private static extern ref string? Message(Exception exception);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_innerException")]
    private static extern ref Exception? Inner(Exception exception);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_remoteStackTraceString")]
    private static extern ref string? RemoteStack(Exception exception);
}
