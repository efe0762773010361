namespace Orleans.Runtime;

/// <summary>A failure of the runtime, as in Orleans.</summary>
[GenerateSerializer]
public class OrleansException : Exception
{
    /// <summary>An exception without a message.</summary>
    public OrleansException()
        : base("Unexpected error.")
    {
    }

    /// <summary>An exception with its message.</summary>
    public OrleansException(string message)
        : base(message)
    {
    }

    /// <summary>An exception with its message and cause.</summary>
    public OrleansException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>A call that no activation took, as in Orleans.</summary>
[GenerateSerializer]
public class OrleansMessageRejectionException : OrleansException
{
    internal OrleansMessageRejectionException(string message)
        : base(message)
    {
    }

    internal OrleansMessageRejectionException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>The silo of a call's target is gone, as in Orleans.</summary>
[GenerateSerializer]
public sealed class SiloUnavailableException : OrleansMessageRejectionException
{
    /// <summary>An exception without a message of its own.</summary>
    public SiloUnavailableException()
        : base("Silo is unavailable")
    {
    }

    /// <summary>An exception with its message.</summary>
    public SiloUnavailableException(string msg)
        : base(msg)
    {
    }

    /// <summary>An exception with its message and cause.</summary>
    public SiloUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>The set-up of a silo is wrong, as in Orleans.</summary>
[GenerateSerializer]
public sealed class OrleansConfigurationException : Exception
{
    /// <summary>An exception with its message.</summary>
    public OrleansConfigurationException(string message)
        : base(message)
    {
    }

    /// <summary>An exception with its message and cause.</summary>
    public OrleansConfigurationException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
