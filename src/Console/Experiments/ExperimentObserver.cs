using System.CommandLine;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using OrleansTagging.Abstractions;
using OrleansTagging.Commands.Options;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;

namespace OrleansTagging.Commands.Experiments;

/// <summary>
/// Follows an experiment from its state now to its end. It outlives the silo: where nobody answers it says so, and goes on with the next that
/// hosts the store.
/// </summary>
internal sealed class ExperimentObserver(ParseResult line, Store store, string name)
{
    private static readonly TimeSpan LookForHost = TimeSpan.FromMilliseconds(500);

    // A silo under load answers late; one that was killed never does.
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(10);

    private string? _lost;
    private ExperimentFile? _file;
    private int? _process;

    /// <summary>All there is to see, until the experiment is done, has failed, or was stopped or cancelled.</summary>
    /// <exception cref="InputException">
    /// There is no such experiment, or the cluster that the command line names does not answer.
    /// </exception>
    public async IAsyncEnumerable<Observation> Observe([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (await FirstLook(cancellationToken) is { } first)
        {
            yield return first;
            if (IsOver(first.Progress))
            {
                yield break;
            }
            _lost = $"no silo runs on {StoreOption.Location(line)}; start one with: tagging silo start";
            yield return new Lost(_lost);
        }
        while (true)
        {
            if (await Host(cancellationToken) is not { } host)
            {
                await Task.Delay(LookForHost, cancellationToken);
                continue;
            }
            await using var _ = host;
            var news = new ExperimentNews(
                host.Grains.GetGrain<IFeedGrain>(name), () => Look(host, cancellationToken), IsHostGone, cancellationToken);
            var why = "";
            while (true)
            {
                Seen? seen = null;
                try
                {
                    seen = await news.NextAsync();
                }
                catch (Exception fault) when (fault is not InputException && !cancellationToken.IsCancellationRequested)
                {
                    why = fault.Message;
                }
                if (seen is null)
                {
                    break;
                }
                if (_lost is not null)
                {
                    _lost = null;
                    yield return new Found();
                }
                yield return seen;
                if (IsOver(seen.Progress))
                {
                    yield break;
                }
            }
            if (_lost is null)
            {
                _lost = $"the silo does not answer ({why.ReplaceLineEndings(" ").TrimEnd('.')})";
                yield return new Lost(_lost);
            }
            await Task.Delay(LookForHost, cancellationToken);
        }
    }

    private static bool IsOver(ExperimentProgress progress) =>
        progress.Status is not (ExperimentStatus.Running or ExperimentStatus.Paused);

    /// <summary>What the store says where nobody hosts it; <c>null</c> where somebody does.</summary>
    private async Task<Seen?> FirstLook(CancellationToken cancellationToken)
    {
        if (ConnectOption.Where(line) is not null || (store.IsFolder && StoreHost.Living(store.Root).Length > 0))
        {
            return null;
        }
        await using var host = await GrainConnection.OpenAsync(line, store, cancellationToken);
        return host.IsRemote ? null : await Look(host, cancellationToken);
    }

    /// <summary>The way to whoever hosts the store now; <c>null</c> where nobody does.</summary>
    private async Task<GrainConnection?> Host(CancellationToken cancellationToken)
    {
        try
        {
            if (ConnectOption.Where(line) is { } where)
            {
                return await ClusterConnection.StartAsync(where, store, cancellationToken);
            }
            // The lock is left alone: a silo that starts must get it.
            if (StoreHost.Living(store.Root) is not [_, ..] hosts)
            {
                return null;
            }
            _process = hosts.Length == 1 ? hosts[0].Process : null;
            return await ClusterConnection.StartAsync(hosts, store, cancellationToken);
        }
        catch (InputException) when (_lost is not null)
        {
            return null;
        }
    }

    private async Task<Seen> Look(GrainConnection host, CancellationToken cancellationToken)
    {
        var progress = host.Grains.GetGrain<IExperimentGrain>(name).GetProgress();
        var scheduler = host.Grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key).Describe();
        var seen = await AnswerAsync(progress, cancellationToken);
        return seen.Status == ExperimentStatus.None
            ? throw new InputException(
                $"There is no experiment '{name}' in the store {StoreOption.Location(line)}; tagging list shows those there are.")
            : new Seen(seen, await AnswerAsync(scheduler, cancellationToken), _file ??= await File(host, cancellationToken));
    }

    /// <summary>Waits for an answer, but no longer than the process that is asked lives.</summary>
    private async Task<T> AnswerAsync<T>(Task<T> asked, CancellationToken cancellationToken)
    {
        for (var patience = Stopwatch.StartNew(); ;)
        {
            try
            {
                return await asked.WaitAsync(LookForHost, cancellationToken);
            }
            catch (TimeoutException) when (!asked.IsCompleted && patience.Elapsed < AnswerPatience)
            {
                if (IsHostGone())
                {
                    throw new InvalidOperationException($"process {Figures.Count(_process!.Value)} has ended");
                }
            }
        }
    }

    private bool IsHostGone() =>
        _process is { } process && !Array.Exists(StoreHost.Living(store.Root), host => host.Process == process);

    // It says what is still to come. While the experiment runs it stays the same.
    private async Task<ExperimentFile?> File(GrainConnection host, CancellationToken cancellationToken)
    {
        try
        {
            var record = await host.Grains.GetGrain<IExperimentGrain>(name).Describe().WaitAsync(AnswerPatience, cancellationToken);
            return record is null ? null : ExperimentFile.Parse(record.Yaml, name);
        }
        catch (InputException)
        {
            return null;
        }
    }
}
