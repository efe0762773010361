namespace OrleansTagging.Storage;

/// <summary>A store's location cannot be used. The message is one line for the user that says what to do.</summary>
public sealed class StoreLocationException : Exception
{
    /// <summary>Makes the error from its one line.</summary>
    public StoreLocationException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
