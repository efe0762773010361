using System.Globalization;
using Orleans;
using Orleans.Runtime;
using OrleansTagging.Abstractions;
using OrleansTagging.Labels;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>A round of a shard.</summary>
[GenerateSerializer, Alias("OrleansTagging.ShardRound")]
public sealed class ShardRound
{
    /// <summary>What was asked for.</summary>
    [Id(0)] public required ShardRequest Request { get; set; }

    /// <summary>Address of the scores: <c>fname,agreement,predicted</c>.</summary>
    [Id(1)] public required string Scores { get; set; }

    /// <summary>The ranking; <c>null</c> until the round has ranked.</summary>
    [Id(2)] public ShardRanking? Ranking { get; set; }
}

/// <summary>What outlives the activation of a shard.</summary>
[GenerateSerializer, Alias("OrleansTagging.NoisyScoresState")]
public sealed class NoisyScoresState
{
    /// <summary>The rounds scored, in their order.</summary>
    [Id(0)] public List<ShardRound> Rounds { get; set; } = [];
}

/// <summary>The scores of one shard of the noisy set.</summary>
[GrainType("noisy-scores")]
public sealed class NoisyScoresGrain(
    [PersistentState("scores", ArtifactGrainStorage.Name)] IPersistentState<NoisyScoresState> state,
    Store store) : Grain, INoisyScoresGrain
{
    private const int PredictedKept = 3;

    /// <summary>What is known of a clip after a round, in memory.</summary>
    private sealed record Scored(string Fname, double Agreement, PredictedLabel[] Predicted, int Rank);

    /// <inheritdoc/>
    public async Task<ShardScores> Score(ShardRequest request)
    {
        var known = RoundOf(request.Round);
        if (known is null || !SameQuestion(known.Request, request))
        {
            var promotedBefore = request.Round == 1 ? [] : await PromotedIn(request.Round - 1);
            var scores = await Task.Run(() => ScoreAsync(request, promotedBefore));
            state.State.Rounds.RemoveAll(round => round.Request.Round >= request.Round);
            state.State.Rounds.Add(known = new ShardRound { Request = request, Scores = scores });
            await this.SaveAsync(state);
        }
        var counts = (await ReadScores(known)).GroupBy(clip => clip.Agreement).OrderByDescending(group => group.Key).ToArray();
        return new ShardScores
        {
            Agreements = [.. counts.Select(group => group.Key)],
            Counts = [.. counts.Select(group => group.Count())],
        };
    }

    /// <inheritdoc/>
    public async Task<ShardPromotion> Rank(ShardRanking ranking)
    {
        var round = RoundOf(ranking.Round) ?? throw new InvalidOperationException(
            $"Round {ranking.Round} of {this.GetPrimaryKeyString()} was not scored.");
        if (round.Ranking is null || round.Ranking.K != ranking.K || !round.Ranking.Before.AsSpan().SequenceEqual(ranking.Before))
        {
            round.Ranking = ranking;
            await this.SaveAsync(state);
        }
        var clips = (await ClipList.ReadAsync(store.Artifacts, round.Request.Clips))
            .ToDictionary(clip => clip.Fname, StringComparer.Ordinal);
        return new ShardPromotion
        {
            Promoted = [.. (await ReadScores(round)).Where(clip => clip.Rank <= ranking.K).OrderBy(clip => clip.Rank)
                .Select(clip => new PromotedClip
            {
                Fname = clip.Fname,
                Labels = clips[clip.Fname].Labels,
                Agreement = clip.Agreement,
                Fold = clips[clip.Fname].Fold,
                Rank = clip.Rank,
            })],
        };
    }

    /// <inheritdoc/>
    public async Task<ClipRecord?> GetClip(string fname)
    {
        if (state.State.Rounds is not [var first, ..]
            || (await ClipList.ReadAsync(store.Artifacts, first.Request.Clips)).Find(clip => clip.Fname == fname) is not { } listed)
        {
            return null;
        }
        var rounds = new List<ClipRound>();
        foreach (var round in state.State.Rounds)
        {
            var scored = (await ReadScores(round)).First(clip => clip.Fname == fname);
            rounds.Add(new ClipRound
            {
                Round = round.Request.Round,
                Agreement = scored.Agreement,
                Rank = scored.Rank,
                Promoted = round.Ranking is { } ranking && scored.Rank <= ranking.K,
                Predicted = scored.Predicted,
            });
        }
        return new ClipRecord
        {
            Fname = fname,
            GivenLabels = listed.Labels.Split(',', StringSplitOptions.RemoveEmptyEntries),
            Fold = listed.Fold,
            Rounds = [.. rounds],
        };
    }

    /// <summary>Scores every clip by the mean of the models that were not trained on it, and stores the scores.</summary>
    private async Task<string> ScoreAsync(ShardRequest request, HashSet<string> promotedBefore)
    {
        var classes = new ClassMap(request.Classes);
        var clips = await ClipList.ReadAsync(store.Artifacts, request.Clips);
        var models = new MappedNpy<float>?[request.Folds.Length];
        try
        {
            for (var fold = 0; fold < models.Length; fold++)
            {
                models[fold] = request.Folds[fold].Predictions.Length == 0
                    ? null
                    : MappedNpy<float>.Open(await store.Artifacts.GetLocalPathAsync(request.Folds[fold].Predictions));
            }
            var next = request.Folds.Select(fold => (long)fold.FirstRow).ToArray();
            var rows = new List<string[]>(clips.Count);
            var mean = new double[classes.Count];
            foreach (var clip in clips)
            {
                var promoted = promotedBefore.Contains(clip.Fname);
                var heard = 0;
                Array.Clear(mean);
                for (var fold = 0; fold < models.Length; fold++)
                {
                    // A promoted clip was trained on by every fold but its own.
                    if (promoted && fold != clip.Fold)
                    {
                        continue;
                    }
                    heard++;
                    var scores = models[fold]!.Row(next[fold]++);
                    for (var label = 0; label < mean.Length; label++)
                    {
                        mean[label] += scores[label];
                    }
                }
                for (var label = 0; label < mean.Length; label++)
                {
                    mean[label] /= heard;
                }
                var agreement = Agreement.Of(mean, clip.LabelsIn(classes));
                rows.Add([clip.Fname, Text(agreement), Top(mean, classes)]);
            }
            return await ClipList.PutAsync(store.Artifacts, ["fname", "agreement", "predicted"], rows);
        }
        finally
        {
            foreach (var model in models)
            {
                model?.Dispose();
            }
        }
    }

    private async Task<HashSet<string>> PromotedIn(int round)
    {
        var before = RoundOf(round);
        if (before?.Ranking is not { } ranking)
        {
            throw new InvalidOperationException($"Round {round} of {this.GetPrimaryKeyString()} was not ranked.");
        }
        return (await ReadScores(before)).Where(clip => clip.Rank <= ranking.K).Select(clip => clip.Fname)
            .ToHashSet(StringComparer.Ordinal);
    }

    private async Task<List<Scored>> ReadScores(ShardRound round)
    {
        var rows = await ClipList.ReadRowsAsync(store.Artifacts, round.Scores);
        var scored = new List<Scored>(rows.Count - 1);
        foreach (var row in rows.Skip(1))
        {
            scored.Add(new Scored(row[0], Number(row[1]), [.. row[2].Split(';').Select(Label)], 0));
        }
        if (round.Ranking is not { } ranking)
        {
            return scored;
        }
        // Clips stand in the order of their names, so those of like agreement get consecutive ranks in that order.
        var agreements = scored.Select(clip => clip.Agreement).Distinct().OrderDescending().ToArray();
        var next = agreements.Zip(ranking.Before).ToDictionary(pair => pair.First, pair => pair.Second);
        return [.. scored.Select(clip => clip with { Rank = ++next[clip.Agreement] })];
    }

    private ShardRound? RoundOf(int round) => state.State.Rounds.Find(known => known.Request.Round == round);

    private static bool SameQuestion(ShardRequest one, ShardRequest other) =>
        one.Clips == other.Clips && one.Folds.AsSpan().SequenceEqual(other.Folds);

    private static string Top(double[] scores, ClassMap classes) => string.Join(';', Enumerable.Range(0, scores.Length)
        .OrderByDescending(label => scores[label]).ThenBy(label => label).Take(PredictedKept)
        .Select(label => $"{Text(scores[label])} {classes.Names[label]}"));

    private static PredictedLabel Label(string cell)
    {
        var space = cell.IndexOf(' ', StringComparison.Ordinal);
        return new PredictedLabel { Probability = Number(cell[..space]), Label = cell[(space + 1)..] };
    }

    private static string Text(double number) => number.ToString("R", CultureInfo.InvariantCulture);

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
