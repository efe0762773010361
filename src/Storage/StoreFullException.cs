namespace OrleansTagging.Storage;

/// <summary>
/// The disk of a folder store, or of a container's local cache, has no room left. Nothing was written; once room has been made the same
/// write can be tried again.
/// </summary>
public sealed class StoreFullException : IOException
{
    private const int NoSpace = 28; // ENOSPC
    private const int LinuxQuota = 122; // EDQUOT
    private const int MacQuota = 69;
    private const int WindowsFull = unchecked((int)0x80070070);
    private const int WindowsHandleFull = unchecked((int)0x80070027);

    /// <summary>Makes the error from the store's folder and the fault that showed it.</summary>
    public StoreFullException(string folder, Exception inner)
        : base($"There is no room left on the disk of the store {folder}; free some and the work goes on.", inner)
    {
    }

    /// <summary>Whether a fault says that a disk is full.</summary>
    internal static bool IsMeantBy(IOException fault) =>
        fault is not StoreFullException
        && fault.HResult is NoSpace or LinuxQuota or MacQuota or WindowsFull or WindowsHandleFull;
}
