namespace Orleans.Serialization;

/// <summary>A failure to copy a value for a call, as in Orleans.</summary>
public class SerializerException : Exception
{
    /// <summary>An exception without a message.</summary>
    public SerializerException()
    {
    }

    /// <summary>An exception with its message.</summary>
    public SerializerException(string message)
        : base(message)
    {
    }

    /// <summary>An exception with its message and cause.</summary>
    public SerializerException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>A value whose type has no serialiser was passed in a call, as in Orleans.</summary>
public sealed class CodecNotFoundException(string message) : SerializerException(message);
