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

    // Artifacts never change, and a grain that is asked about one clip is soon asked about others.
    private readonly Dictionary<string, object> _read = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public async Task<ShardScores> Score(ShardRequest request)
    {
        var known = RoundOf(request.Round);
        if (known is null || Fingerprint.Of(known.Request) != Fingerprint.Of(request))
        {
            var scores = await Task.Run(() => ScoreAsync(store.Artifacts, request));
            // Later rounds were scored by models that followed from this one.
            state.State.Rounds.RemoveAll(round => round.Request.Round >= request.Round);
            _read.Clear();
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
        if (state.State.Rounds.ToArray() is not [var first, ..] known
            || await ReadAsync(first.Request.Clips, ShardClips.ReadAsync) is not { } clips
            || !clips.Places.TryGetValue(fname, out var at))
        {
            return null;
        }
        var rounds = new List<ClipRound>();
        foreach (var round in known)
        {
            var scores = await ReadAsync(round.Scores, ShardScoreTable.ReadAsync);
            var ranks = round.Ranks is null ? null : await ReadAsync(round.Ranks, ShardRankTable.ReadAsync);
            // A round's models were trained on what the round before promoted.
            var heard = round.Request.Promoted is not null && rounds is [.., { Promoted: true }];
            rounds.Add(scores.RoundOf(at, round.Request) with
            {
                Rank = ranks?.Ranks[at] ?? 0,
                Promoted = ranks?.Promoted[at] ?? false,
                Models = await Task.Run(() => ClipModels.OfAsync(store.Artifacts, round.Request, at, clips.Clips[at].Fold, heard)),
            });
        }
        return new ClipRecord
        {
            Fname = fname,
            GivenLabels = clips.Clips[at].Labels.Split(',', StringSplitOptions.RemoveEmptyEntries),
            Fold = clips.Clips[at].Fold,
            Rounds = [.. rounds],
        };
    }

    /// <inheritdoc/>
    public async Task<ShardPlaces?> GetPlaces(int round)
    {
        if (RoundOf(round) is not { Ranks: { } ranked } known)
        {
            return null;
        }
        var scores = await ReadAsync(known.Scores, ShardScoreTable.ReadAsync);
        var ranks = await ReadAsync(ranked, ShardRankTable.ReadAsync);
        return new ShardPlaces { Keys = scores.KeysOf(known.Request.Scoring), Ranks = ranks.Ranks, Promoted = ranks.Promoted };
    }

    private async Task<T> ReadAsync<T>(string address, Func<IArtifactStore, string, Task<T>> read) where T : class
    {
        if (!_read.TryGetValue(address, out var known))
        {
            known = await Task.Run(() => read(store.Artifacts, address));
            _read[address] = known;
        }
        return (T)known;
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

    private static string Text(double? number) => number?.ToString("R", CultureInfo.InvariantCulture) ?? "";

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
