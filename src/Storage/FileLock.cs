namespace OrleansTagging.Storage;

/// <summary>
/// A lock between threads and processes: a file held open with <see cref="FileShare.None"/>. The operating system lets go of it when its holder ends, however it ends.
/// </summary>
public static class FileLock
{
    private const int LinuxWouldBlock = 11;
    private const int MacWouldBlock = 35;
    private const int WindowsSharingViolation = unchecked((int)0x80070020);

    /// <summary>The lock, to be disposed of; null where another holder has it or the file to be opened is gone.</summary>
    /// <exception cref="IOException">The file cannot be opened for another reason.</exception>
    public static FileStream? TryTake(string path, FileMode mode = FileMode.OpenOrCreate)
    {
        try
        {
            return new FileStream(path, mode, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException e) when (e.HResult is LinuxWouldBlock or MacWouldBlock or WindowsSharingViolation)
        {
            return null;
        }
        catch (FileNotFoundException) when (mode == FileMode.Open)
        {
            return null;
        }
    }

    /// <summary>Waits for the lock.</summary>
    /// <param name="path">The file.</param>
    /// <param name="patience">How long.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="longestWait">Milliseconds between two looks at most: more where others hold it for long.</param>
    /// <exception cref="IOException">Another process has held it for <paramref name="patience"/>.</exception>
    public static async Task<FileStream> TakeAsync(string path, TimeSpan patience, CancellationToken cancellationToken, int longestWait = 16)
    {
        var start = Environment.TickCount64;
        var wait = 1;
        while (true)
        {
            if (TryTake(path) is { } held)
            {
                return held;
            }
            if (Environment.TickCount64 - start > patience.TotalMilliseconds)
            {
                throw new IOException(
                    $"Another process has held the lock {path} for {patience.TotalSeconds:0} s; is it stopped in a debugger?");
            }
            await Task.Delay(Random.Shared.Next(1, wait + 1), cancellationToken);
            wait = Math.Min(2 * wait, longestWait);
        }
    }
}
