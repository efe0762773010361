using System.Globalization;
using Microsoft.Extensions.Logging;
using Orleans;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Grains;

/// <summary>What is decided about noisy clips by hand.</summary>
public sealed partial class CurriculumGrain
{
    private const int LongestReason = 500;

    /// <inheritdoc/>
    public async Task<DecisionAnswer> Decide(DecisionRequest request)
    {
        var known = state.State.Request is null ? null : DecisionOn(request.Fname, state.State.Decisions);
        if (await Refusal(request, known) is { } problem)
        {
            return new DecisionAnswer { Problem = problem, Decision = known };
        }
        var decision = request.Kind is not { } kind ? null : new ManualDecision
        {
            Fname = request.Fname,
            Kind = kind,
            By = request.By.Trim(),
            At = clock.GetUtcNow(),
            Reason = request.Reason.Trim(),
        };
        // The same again, such as a call that was sent twice, keeps its time.
        if (decision is null || known is null || decision with { At = known.At } != known)
        {
            var others = state.State.Decisions.Where(made => made.Fname != request.Fname);
            state.State.Decisions = [.. (decision is null ? others : others.Append(decision)).OrderBy(made => made.Fname, StringComparer.Ordinal)];
            await this.SaveAsync(state);
            logger.LogInformation("{By} decides on {Fname}: {Decision}", request.By, request.Fname, Verb(request.Kind));
        }
        return new DecisionAnswer { Decision = DecisionOn(request.Fname, state.State.Decisions), FromRound = NextToSelect };
    }

    /// <inheritdoc/>
    public Task<ManualDecision[]> GetDecisions() => Task.FromResult(state.State.Decisions);

    /// <summary>The round whose selection comes next.</summary>
    private int NextToSelect => Rounds is [.., { Record.Step: not "done" }] ? Rounds.Count : Rounds.Count + 1;

    private async Task<string?> Refusal(DecisionRequest asked, ManualDecision? known)
    {
        if (state.State.Request is not { } request)
        {
            return $"There is no curriculum '{this.GetPrimaryKeyString()}'; begin its experiment first.";
        }
        if (Text(asked.By, "who decides") is { } nobody)
        {
            return nobody;
        }
        if (asked.Kind is not null && Text(asked.Reason, "a reason") is { } unreasoned)
        {
            return unreasoned;
        }
        if (!await IsNoisyAsync(request.Context, asked.Fname))
        {
            return $"'{asked.Fname}' is none of the noisy clips of the dataset '{request.Context.Dataset.Name}'.";
        }
        if (asked.Kind is null && known is null)
        {
            return $"Nothing was decided about '{asked.Fname}' that could be taken back.";
        }
        return !RoundsHaveEnded ? null : string.Create(CultureInfo.InvariantCulture,
            $"The rounds of '{this.GetPrimaryKeyString()}' have ended ({Rounds.Count} of {Settings(request).RoundCount}), so that no selection "
            + $"is left to honour a decision; add a round to the experiment's file, submit it, and decide while it runs.");
    }

    private async Task<bool> IsNoisyAsync(ExperimentContext context, string fname)
    {
        var clips = ShardOf(fname) is >= 0 and var shard
            ? await ClipList.ReadAsync(store.Artifacts, state.State.Shards[shard].Clips)
            : state.State.Shards.Count > 0 ? [] : await RoundFigures.NoisyClipsAsync(store.Artifacts, context);
        return clips.Exists(clip => clip.Fname == fname);
    }

    private static string? Text(string given, string what) => given.Trim() switch
    {
        "" => $"A decision needs {what}.",
        { Length: > LongestReason } => $"A decision needs {what} of at most {LongestReason} characters.",
        var text => text.Any(char.IsControl) ? $"A decision needs {what} in one line." : null,
    };

    private static string Verb(DecisionKind? kind) => kind switch
    {
        DecisionKind.Ban => "banned",
        DecisionKind.Promote => "promoted",
        _ => "taken back",
    };

    private static ManualDecision? DecisionOn(string fname, ManualDecision[] decisions) =>
        Array.Find(decisions, decision => decision.Fname == fname);
}
