namespace OrleansTagging.Storage;

/// <summary>A store cannot be used as it was asked because a part of it is damaged. The message is one line that says what to do.</summary>
public sealed class StoreDamagedException : IOException
{
    /// <summary>Makes the error from its one line.</summary>
    public StoreDamagedException(string message) : base(message)
    {
    }
}
