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

    /// <summary>
    /// Address of the scores: <c>fname,agreement,margin,all_folds_agreement,all_folds_margin,predicted</c>, the first two by the models never
    /// trained on the clip, empty where there are none.
    /// </summary>
    [Id(1)] public required string Scores { get; set; }

    /// <summary>Address of the ranks: <c>fname,rank,promoted</c>; <c>null</c> until the round has ranked.</summary>
    [Id(2)] public string? Ranks { get; set; }
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

    /// <inheritdoc/>
    public async Task<ShardScores> Score(ShardRequest request)
    {
        var known = RoundOf(request.Round);
        if (known is null || Fingerprint.Of(known.Request) != Fingerprint.Of(request))
        {
            var scores = await Task.Run(() => ScoreAsync(store.Artifacts, request));
            // Later rounds were scored by models that followed from this one.
            state.State.Rounds.RemoveAll(round => round.Request.Round >= request.Round);
            state.State.Rounds.Add(known = new ShardRound { Request = request, Scores = scores });
            await this.SaveAsync(state);
        }
        var rows = (await ClipList.ReadRowsAsync(store.Artifacts, known.Scores)).Skip(1).ToArray();
        return new ShardScores
        {
            CrossFitted = Array.Exists(rows, row => row[1].Length == 0) ? null : Keys(rows, 1),
            AllFolds = Keys(rows, 3),
        };
    }

    /// <inheritdoc/>
    public async Task Rank(ShardRanking ranking)
    {
        var round = RoundOf(ranking.Round) ?? throw new InvalidOperationException(
            $"Round {ranking.Round} of {this.GetPrimaryKeyString()} was not scored.");
        var clips = await ClipList.ReadAsync(store.Artifacts, round.Request.Clips);
        var ranks = await ClipList.PutAsync(store.Artifacts, ["fname", "rank", "promoted"], clips.Select((clip, at) => new[]
        {
            clip.Fname, ranking.Ranks[at].ToString(CultureInfo.InvariantCulture), ranking.Promoted[at] ? "1" : "0",
        }));
        if (round.Ranks != ranks)
        {
            round.Ranks = ranks;
            await this.SaveAsync(state);
        }
    }

    /// <inheritdoc/>
    public async Task<ClipRecord?> GetClip(string fname)
    {
        if (state.State.Rounds is not [var first, ..]
            || (await ClipList.ReadAsync(store.Artifacts, first.Request.Clips)) is not { } clips
            || clips.FindIndex(clip => clip.Fname == fname) is not (>= 0 and var at))
        {
            return null;
        }
        var rounds = new List<ClipRound>();
        foreach (var round in state.State.Rounds)
        {
            var scores = (await ClipList.ReadRowsAsync(store.Artifacts, round.Scores))[at + 1];
            var ranks = round.Ranks is null ? null : (await ClipList.ReadRowsAsync(store.Artifacts, round.Ranks))[at + 1];
            var own = round.Request.Scoring == "cross_fitted" ? 1 : 3;
            rounds.Add(new ClipRound
            {
                Round = round.Request.Round,
                Agreement = Number(scores[own]),
                Margin = Number(scores[own + 1]),
                CrossFittedAgreement = scores[1].Length == 0 ? null : Number(scores[1]),
                AllFoldsAgreement = Number(scores[3]),
                Rank = ranks is null ? 0 : int.Parse(ranks[1], CultureInfo.InvariantCulture),
                Promoted = ranks?[2] == "1",
                Predicted = [.. scores[5].Split(';').Select(Label)],
            });
        }
        return new ClipRecord
        {
            Fname = fname,
            GivenLabels = clips[at].Labels.Split(',', StringSplitOptions.RemoveEmptyEntries),
            Fold = clips[at].Fold,
            Rounds = [.. rounds],
        };
    }

    // Off the activation's turns, and so static.
    private static async Task<string> ScoreAsync(IArtifactStore artifacts, ShardRequest request)
    {
        var classes = new ClassMap(request.Classes);
        var clips = await ClipList.ReadAsync(artifacts, request.Clips);
        var promoted = request.Promoted is null
            ? []
            : (await ClipList.ReadAsync(artifacts, request.Promoted)).Select(clip => clip.Fname).ToHashSet(StringComparer.Ordinal);
        using var predictions = await NoisyPredictions.OpenAsync(artifacts, request.Predictions);
        var rows = new List<string[]>(clips.Count);
        var (crossFitted, allFolds) = (new double[classes.Count], new double[classes.Count]);
        for (var at = 0; at < clips.Count; at++)
        {
            var clip = clips[at];
            var labels = clip.LabelsIn(classes);
            predictions.OfAllFolds(request.FirstRow + at, allFolds);
            var all = AgreementKey.Of(allFolds, labels);
            var heldOut = predictions.CrossFitted(
                request.FirstRow + at, crossFitted, promoted.Contains(clip.Fname), request.Share, clip.Fold);
            if (!heldOut && request.Scoring == "cross_fitted")
            {
                // No experiment file asks for that: its reader refuses it.
                throw new InvalidOperationException($"Every fold was trained on {clip.Fname}, so that no model is left to score it.");
            }
            AgreementKey? cross = heldOut ? AgreementKey.Of(crossFitted, labels) : null;
            rows.Add(
            [
                clip.Fname, Text(cross?.Agreement), Text(cross?.Margin), Text(all.Agreement), Text(all.Margin),
                Top(request.Scoring == "cross_fitted" ? crossFitted : allFolds, classes),
            ]);
        }
        return await ClipList.PutAsync(
            artifacts, ["fname", "agreement", "margin", "all_folds_agreement", "all_folds_margin", "predicted"], rows);
    }

    private static AgreementKeys Keys(string[][] rows, int column) => new()
    {
        Agreements = Array.ConvertAll(rows, row => Number(row[column])),
        Margins = Array.ConvertAll(rows, row => Number(row[column + 1])),
    };

    private ShardRound? RoundOf(int round) => state.State.Rounds.Find(known => known.Request.Round == round);

    private static string Top(double[] scores, ClassMap classes) => string.Join(';', Enumerable.Range(0, scores.Length)
        .OrderByDescending(label => scores[label]).ThenBy(label => label).Take(PredictedKept)
        .Select(label => $"{Text(scores[label])} {classes.Names[label]}"));

    private static PredictedLabel Label(string cell)
    {
        var space = cell.IndexOf(' ', StringComparison.Ordinal);
        return new PredictedLabel { Probability = Number(cell[..space]), Label = cell[(space + 1)..] };
    }

    private static string Text(double? number) => number?.ToString("R", CultureInfo.InvariantCulture) ?? "";

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
