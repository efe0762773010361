using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace OrleansTagging.Storage;

/// <summary>
/// The right to host grains on a folder store: one process at a time, or the silos of one cluster together. It is the lock on
/// <c>root/host.lock</c>, which the operating system takes back when the process ends, however it ends; <c>root/host.pid</c> tells others
/// who has it.
/// </summary>
public sealed class StoreLock : IDisposable
{
    private readonly FileStream _held;

    private StoreLock(FileStream held) => _held = held;

    /// <summary>Takes the lock of the folder store at <paramref name="root"/> if no one has it.</summary>
    /// <param name="root">The store's folder; it is created.</param>
    /// <param name="taken">The lock, to be disposed of when hosting ends.</param>
    /// <param name="holder">The process id of who has the lock; 0 where that is not known yet. This process's own id if it was
    /// taken.</param>
    /// <returns>Whether it was taken.</returns>
    /// <exception cref="IOException">The folder or the file cannot be created.</exception>
    public static bool TryAcquire(string root, [NotNullWhen(true)] out StoreLock? taken, out int holder)
    {
        DurableFolder.Create(root);
        var who = Path.Combine(root, "host.pid");
        if (FileLock.TryTake(Path.Combine(root, "host.lock")) is not { } held)
        {
            taken = null;
            holder = ReadHolder(who);
            return false;
        }
        try
        {
            holder = Environment.ProcessId;
            using var file = TemporaryFile.Create(root);
            file.Content.Write(System.Text.Encoding.ASCII.GetBytes(holder.ToString(CultureInfo.InvariantCulture)));
            file.Publish(who, readOnly: false);
        }
        catch
        {
            held.Dispose();
            throw;
        }
        taken = new StoreLock(held);
        return true;
    }

    /// <summary>Gives the lock back.</summary>
    public void Dispose() => _held.Dispose();

    private static int ReadHolder(string path)
    {
        try
        {
            return int.TryParse(File.ReadAllText(path), NumberStyles.None, CultureInfo.InvariantCulture, out var holder) ? holder : 0;
        }
        catch (FileNotFoundException)
        {
            return 0;
        }
    }
}
