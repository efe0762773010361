namespace OrleansTagging.Storage;

/// <summary>
/// The storage service refused, failed or stayed silent, retries included. What was to be written may or may not have been; to store the
/// same artifact again does no harm, and a state is read afresh before the next try.
/// </summary>
public sealed class StoreUnavailableException : IOException
{
    /// <summary>Makes the error from the store's address and the fault that showed it.</summary>
    public StoreUnavailableException(string store, Exception inner)
        : base($"The store {store} cannot be used: {FirstLine(inner)}", inner)
    {
    }

    // The SDK's messages go on with every header of the answer.
    private static string FirstLine(Exception fault) => fault.Message.AsSpan().Trim().ToString().Split('\n')[0].TrimEnd();
}
