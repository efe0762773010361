using OrleansTagging.Abstractions;
using OrleansTagging.Recipe;

namespace OrleansTagging.Grains;

/// <summary>What is told of rounds and clips to whoever wants to know why.</summary>
public sealed partial class CurriculumGrain
{
    // Whoever looks at a round looks at it again: with another cut, from nearer.
    private RankedRound? _ranked;

    // The labels of the relabelled clips, and the list that they were read from.
    private (string Address, Dictionary<string, string[]> Labels)? _relabelled;

    /// <inheritdoc/>
    public async Task<ClipRecord?> GetClip(string fname)
    {
        var shard = ShardOf(fname);
        if (state.State.Request is not { } request || shard < 0 || await ShardGrainOf(shard).GetClip(fname) is not { } clip)
        {
            return null;
        }
        clip = clip with
        {
            // A shard may still hold rounds of settings that have been changed since.
            Rounds = [.. clip.Rounds.Where(round => round.Round <= Rounds.Count).Select(round => Named(round, fname))],
            Decision = DecisionOn(fname, state.State.Decisions),
            RelabelledAs = state.State.Rest?.Record.Selection is { } selection
                ? (await RelabelledAsync(selection)).GetValueOrDefault(fname, [])
                : null,
        };
        return clip with { UsedBy = await UsesAsync(request, clip) };
    }

    /// <inheritdoc/>
    public async Task<RoundInspection?> InspectRound(int round, int near)
    {
        if (state.State.Request is not { } request || Rounds.Find(known => known.Record.Round == round) is not { } inspected)
        {
            return null;
        }
        var stop = Settings(request).DivergenceStop;
        var (record, models) = (inspected.Record, inspected.Folds);
        var seen = await RankedAsync(request, round) is { } ranked
            ? await Task.Run(() => Task.FromResult(ranked.Inspect(record, near)))
            : new RoundInspection { Record = record };
        return seen with
        {
            Models = models,
            Stop = stop is null ? null : new DivergenceLimits
            {
                AgreementAtCut = stop.AgreementAtCut,
                AgreementFall = stop.AgreementFall,
                Dropped = stop.Dropped,
            },
        };
    }

    /// <inheritdoc/>
    public async Task<WhatIfCut?> GetWhatIf(int round, double agreement) =>
        state.State.Request is { } request && await RankedAsync(request, round) is { } ranked ? ranked.WhatIf(agreement) : null;

    private async Task<RankedRound?> RankedAsync(CurriculumRequest request, int round)
    {
        if (Rounds.ElementAtOrDefault(round - 1)?.Record is not { Step: "done" or "diverged" } record)
        {
            return null;
        }
        if (_ranked is { } known && known.Round == round && known.Selection == record.Selection)
        {
            return known;
        }
        var places = await ForEachShard(shard => ShardGrainOf(shard).GetPlaces(round));
        var before = round == 1 ? null : await ForEachShard(shard => ShardGrainOf(shard).GetPlaces(round - 1));
        var clips = _ranked?.Clips;
        var artifacts = store.Artifacts;
        var ranked = await Task.Run(async () => RankedRound.Of(
            record, clips ?? await RoundFigures.NoisyClipsAsync(artifacts, request.Context), request.Context.Dataset.Classes,
            places, before));
        // The settings may have changed in the meantime.
        return state.State.Request == request ? _ranked = ranked : ranked;
    }

    private async Task<Dictionary<string, string[]>> RelabelledAsync(string selection)
    {
        if (_relabelled is not { } known || known.Address != selection)
        {
            var artifacts = store.Artifacts;
            var labels = await Task.Run(async () => (await ClipList.ReadAsync(artifacts, selection))
                .ToDictionary(used => used.Fname, used => used.Labels.Split(','), StringComparer.Ordinal));
            _relabelled = known = (selection, labels);
        }
        return known.Labels;
    }

    /// <summary>Tells a round of a clip what the shard does not know: the decisions, and the jobs of the models.</summary>
    private ClipRound Named(ClipRound round, string fname)
    {
        var known = Rounds[round.Round - 1];
        return round with
        {
            Decision = DecisionOn(fname, known.Record.Decisions),
            Models = [.. round.Models.Select(model => known.Folds.ElementAtOrDefault(model.Fold) is not { } fold ? model : model with
            {
                TrainingJob = fold.TrainingJob,
                PredictionJob = fold.NoisyJob,
            })],
        };
    }

    private async Task<ClipUse[]> UsesAsync(CurriculumRequest request, ClipRecord clip)
    {
        var (file, share) = (request.Context.File(), Settings(request).Share);
        var trained = Enumerable.Range(0, file.Folds).Where(fold => FoldShare.Trains(share, fold, clip.Fold)).ToArray();
        ClipUse Use(string owner, string selection, FoldRecord[] folds) => new()
        {
            Owner = owner,
            Selection = selection,
            Labels = selection.EndsWith("@relabelled", StringComparison.Ordinal) ? clip.RelabelledAs! : clip.GivenLabels,
            Folds = trained,
            Jobs = [.. folds.Where(fold => trained.Contains(fold.Fold)).Select(fold => fold.TrainingJob).OfType<string>()],
        };
        bool Holds(string trainedOn) =>
            Selection.TryParse(trainedOn, out var selection) && selection.Curriculum == request.Curriculum
            && (selection.Relabelled
                ? clip.RelabelledAs is { Length: > 0 }
                : Array.Exists(clip.Rounds, round => round.Round == selection.Round && round.Promoted));
        var scorers = Rounds.Select(round => (round.Record.ScorerSelection, round.Folds))
            .Concat(state.State.Rest is { } rest ? [(rest.Record.ScorerSelection, rest.Folds)] : [])
            .Where(scorer => Holds(scorer.ScorerSelection))
            .Select(scorer => Use(GrainKeys.Scorer(request.Curriculum), scorer.ScorerSelection, scorer.Folds)).ToArray();
        var asked = file.Members.Where(member =>
            Selection.TryParse(member.Value.Selection, out var selection) && selection.Curriculum == request.Curriculum).ToArray();
        var members = await Task.WhenAll(asked.Select(member => GrainFactory.GetGrain<IEnsembleMemberGrain>(
            GrainKeys.Member(request.Context.Experiment, member.Key)).GetStatus(request.Context.Attempt)));
        return [.. scorers, .. members.OfType<MemberRecord>().Where(member => member.TrainedOn is { } on && Holds(on))
            .Select(member => Use(member.Member, member.TrainedOn!, member.Folds))];
    }
}
