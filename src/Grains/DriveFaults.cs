using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Runtime;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>
/// The faults that nobody foresaw in what this silo's grains do to go on. Each is logged with its stack and tried again soon; several in
/// a row become the part's problem, so that its experiment ends instead of waiting for ever. They are counted here and not in the
/// activation, which a failed write ends.
/// </summary>
public sealed class DriveFaults(IOptions<TaggingOptions> options, TimeProvider clock, ILogger<DriveFaults> logger)
{
    private readonly ConcurrentDictionary<GrainId, Run> _runs = new();
    // A wall clock that is set forward makes no outage longer.
    private readonly SteadyClock _clock = new(clock);

    /// <summary>Faults of one grain without a success in between.</summary>
    private sealed record Run(string Attempt, int Faults, DateTimeOffset Since, DateTimeOffset TriedAgainAt, string Told, string? Problem);

    /// <summary>
    /// Runs a drive; a fault in it is kept here instead of thrown. Once faults have become a problem nothing is run until the next attempt.
    /// </summary>
    /// <param name="grain">Whose drive it is.</param>
    /// <param name="attempt">The experiment's attempt that it belongs to; another one is counted anew.</param>
    /// <param name="part">What its problem names: <c>curriculum main</c>.</param>
    /// <param name="drive">The drive.</param>
    /// <param name="again">What to do some time after a fault, as a turn of the grain.</param>
    public async Task Guard(IGrainBase grain, string attempt, string part, Func<Task> drive, Func<Task> again)
    {
        var id = grain.GrainContext.GrainId;
        var before = _runs.GetValueOrDefault(id) is { } known && known.Attempt == attempt ? known : null;
        if (before?.Problem is not null)
        {
            return;
        }
        try
        {
            await drive();
            Forget(id);
        }
        catch (Exception fault)
        {
            var now = _clock.Now;
            var triesAgain = before is null || now >= before.TriedAgainAt;
            var run = After(before, attempt, part, fault, now, triesAgain);
            _runs[id] = run;
            logger.LogError(fault, "{Part}: fault {Faults} in a row", part, run.Faults);
            if (triesAgain && run.Problem is null)
            {
                grain.RegisterGrainTimer(() => TryAgain(id, again), options.Value.Retry, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>The problem of a grain with too many faults in a row, in one line; <c>null</c> where it may still go on.</summary>
    public string? ProblemOf(GrainId grain) => _runs.GetValueOrDefault(grain)?.Problem;

    /// <summary>What a grain waits for after a fault, in one line; <c>null</c> where its last drive had none.</summary>
    public string? WaitOf(GrainId grain) => _runs.GetValueOrDefault(grain) is { } run ? $"another try after {run.Told}" : null;

    /// <summary>Begins to count anew.</summary>
    public void Forget(GrainId grain) => _runs.TryRemove(grain, out _);

    private Task TryAgain(GrainId grain, Func<Task> again)
    {
        // A timer may fire a moment before the clock says so; a fault of this try must not take it for one that is still to come.
        if (_runs.TryGetValue(grain, out var run))
        {
            _runs[grain] = run with { TriedAgainAt = DateTimeOffset.MinValue };
        }
        return again();
    }

    private Run After(Run? before, string attempt, string part, Exception fault, DateTimeOffset now, bool triesAgain)
    {
        var faults = (before?.Faults ?? 0) + 1;
        var since = before?.Since ?? now;
        var line = fault.Message.ReplaceLineEndings(" ");
        var isStore = IsOfStore(fault);
        var told = isStore ? $"{part}: {line.TrimEnd('.')}" : $"{part}: {fault.GetType().Name}: {line}";
        // Only its owner can make room on a disk or bring a service back; until then an experiment has not failed, it waits.
        var isOver = !isStore && faults >= options.Value.Faults && (!IsOutage(fault) || now - since >= options.Value.Outage);
        return new Run(
            attempt,
            faults,
            since,
            triesAgain ? now + options.Value.Retry : before!.TriedAgainAt,
            told,
            isOver ? $"{told} ({faults} faults in a row; the log has their stacks)" : null);
    }

    private static bool IsOfStore(Exception fault) =>
        fault is StoreFullException or StoreUnavailableException || (fault.InnerException is { } inner && IsOfStore(inner));

    // A store or a silo that does not answer comes back, or another takes its place; that is waited for.
    private static bool IsOutage(Exception fault) =>
        fault is OrleansException or TimeoutException or OperationCanceledException or IOException
        && fault is not (ArtifactMissingException or ArtifactDamagedException);
}
