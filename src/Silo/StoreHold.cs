using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using OrleansTagging.Storage;

namespace OrleansTagging.Silo;

/// <summary>
/// The store of this silo and the right to host grains on it: a folder belongs to one silo, a container to
/// the silos of a cluster.
/// </summary>
internal sealed class StoreHold : IDisposable
{
    private static readonly TimeSpan Questions = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(100);

    private readonly StoreLock? _lock;

    private StoreHold(Store store, StoreLock? taken) => (Store, _lock) = (store, taken);

    /// <summary>The store, opened.</summary>
    public Store Store { get; }

    /// <summary>Opens the store and takes it.</summary>
    /// <param name="settings">The settings, checked.</param>
    /// <param name="hold">The store and the right to it.</param>
    /// <param name="problem">What is wrong, in one line.</param>
    public static bool TryTake(SiloSettings settings, [NotNullWhen(true)] out StoreHold? hold, [NotNullWhen(false)] out string? problem)
    {
        (hold, problem) = (null, null);
        try
        {
            var store = Storage.Store.Open(settings.Store!);
            if (settings.Cluster.Enabled && store.Tables is null)
            {
                problem = $"{SiloSettings.Section}:{nameof(settings.Store)} is {store.Location}, but a cluster keeps its members in the tables of "
                    + "the store's account; name a container, azure:CONTAINER, of an account with tables, or leave "
                    + $"{SiloSettings.Section}:{nameof(settings.Cluster)}:{nameof(settings.Cluster.Enabled)} out.";
                return false;
            }
            StoreLock? taken = null;
            if (!store.IsFolder || TryLock(store.Root, out taken, out problem))
            {
                hold = new StoreHold(store, taken);
                return true;
            }
            return false;
        }
        catch (StoreLocationException fault)
        {
            problem = $"{SiloSettings.Section}:{nameof(settings.Store)}: {fault.Message}";
            return false;
        }
    }

    /// <summary>
    /// Why the store may not be hosted, in one line: a copy into it has not ended. A service that does not answer now is waited for later.
    /// </summary>
    public async Task<string?> UnfinishedCopyAsync()
    {
        using var patience = new CancellationTokenSource(Questions);
        try
        {
            return await StoreCopy.ProblemAsync(Store, patience.Token);
        }
        catch (Exception fault) when (fault is OperationCanceledException or IOException)
        {
            return null;
        }
    }

    /// <summary>Gives the store back.</summary>
    public void Dispose() => _lock?.Dispose();

    private static bool TryLock(
        string root, [NotNullWhen(true)] out StoreLock? taken, [NotNullWhen(false)] out string? problem)
    {
        for (var patience = Stopwatch.StartNew(); ; Thread.Sleep(LookAgain))
        {
            var free = StoreLock.TryAcquire(root, out taken, out var holder);
            var who = holder > 0 ? $"process {holder}" : "another process";
            problem = free
                ? null
                : $"{SiloSettings.Section}:{nameof(SiloSettings.Store)}: {root} is in use by {who}; stop it, or name another store.";
            // A console that answers a question holds the store for a moment, and says of itself nothing.
            if (free || StoreHost.Living(root).Length > 0 || patience.Elapsed > Questions)
            {
                return free;
            }
        }
    }
}
