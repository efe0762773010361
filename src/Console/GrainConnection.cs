using System.CommandLine;
using System.Diagnostics;
using Orleans;
using OrleansTagging.Commands.Options;
using OrleansTagging.Labels;
using OrleansTagging.Storage;

namespace OrleansTagging.Commands;

/// <summary>The grains of a store, hosted in this process or by others, for as long as a command runs.</summary>
internal abstract class GrainConnection : IAsyncDisposable
{
    private static readonly TimeSpan StartOfOthers = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(200);

    /// <summary>The way to the grains.</summary>
    public abstract IGrainFactory Grains { get; }

    /// <summary>The store that they live on.</summary>
    public abstract Store Store { get; }

    /// <summary>Whether they live in other processes, which come and go.</summary>
    public abstract bool IsRemote { get; }

    /// <summary>
    /// Connects to the cluster that the command line names, or to the process that hosts the store, or hosts the grains here.
    /// </summary>
    /// <param name="line">The command line.</param>
    /// <param name="store">The store that it means.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="trains">Whether grains that are hosted here may train; a question must not begin hours of work.</param>
    /// <exception cref="InputException">
    /// No cluster answers, another process has the store and hosts nothing, or a copy into the store has not ended.
    /// </exception>
    public static async Task<GrainConnection> OpenAsync(
        ParseResult line, Store store, CancellationToken cancellationToken, bool trains = false)
    {
        if (ConnectOption.Where(line) is { } where)
        {
            return await ClusterConnection.StartAsync(where, store, cancellationToken);
        }
        for (var patience = Stopwatch.StartNew(); ; await Task.Delay(LookAgain, cancellationToken))
        {
            if (LocalSilo.TryLock(store, out var taken, out var problem))
            {
                if (await StoreCopy.ProblemAsync(store, cancellationToken) is { } unfinished)
                {
                    taken?.Dispose();
                    throw new InputException(unfinished);
                }
                return await LocalSilo.StartAsync(store, taken, trains, cancellationToken);
            }
            if (StoreHost.Living(store.Root) is [_, ..] hosts)
            {
                return await ClusterConnection.StartAsync(hosts, store, cancellationToken);
            }
            // A host that is about to start has taken the store already.
            if (patience.Elapsed > StartOfOthers)
            {
                throw new InputException(problem);
            }
        }
    }

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
