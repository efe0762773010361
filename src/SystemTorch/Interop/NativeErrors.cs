using System.Runtime.InteropServices;

namespace TorchSharp;

/// <summary>Turns the message of a failed native call into the exception that TorchSharp throws.</summary>
internal static unsafe class NativeErrors
{
    internal static ExternalException Last()
    {
        var message = Marshal.PtrToStringUTF8((nint)NativeMethods.st_last_error());
        return new ExternalException(string.IsNullOrEmpty(message) ? "libtorch failed, out of memory for its message" : message);
    }

    /// <summary>Throws where a native call returned 0; the arguments are kept from the garbage collector until it has returned.</summary>
    internal static void Check(int succeeded, object? first = null, object? second = null, object? third = null)
    {
        GC.KeepAlive(first);
        GC.KeepAlive(second);
        GC.KeepAlive(third);
        if (succeeded == 0) throw Last();
    }
}
