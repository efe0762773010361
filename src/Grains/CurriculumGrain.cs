using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Runtime;
using OrleansTagging.Abstractions;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>A shard of the noisy set: a stretch of its clips in the order of their file names.</summary>
[GenerateSerializer, Alias("OrleansTagging.NoisyShard")]
public sealed class NoisyShard
{
    /// <summary>Address of its clips.</summary>
    [Id(0)] public required string Clips { get; set; }

    /// <summary>Their number.</summary>
    [Id(1)] public required int Count { get; set; }

    /// <summary>File name of the first.</summary>
    [Id(2)] public required string First { get; set; }
}

/// <summary>A round and where it stands.</summary>
[GenerateSerializer, Alias("OrleansTagging.CurriculumRound")]
public sealed class CurriculumRound
{
    /// <summary>What is told of it.</summary>
    [Id(0)] public required RoundRecord Record { get; set; }

    /// <summary>The scorer's folds; empty until they are done.</summary>
    [Id(1)] public FoldRecord[] Folds { get; set; } = [];
}

/// <summary>What outlives the activation of a curriculum.</summary>
[GenerateSerializer, Alias("OrleansTagging.CurriculumState")]
public sealed class CurriculumState
{
    /// <summary>What was asked for; <c>null</c> where nobody asked.</summary>
    [Id(0)] public CurriculumRequest? Request { get; set; }

    /// <summary>The shards; empty until they are cut.</summary>
    [Id(1)] public List<NoisyShard> Shards { get; set; } = [];

    /// <summary>The rounds begun.</summary>
    [Id(2)] public List<CurriculumRound> Rounds { get; set; } = [];

    /// <summary>Why it cannot go on.</summary>
    [Id(3)] public string? Problem { get; set; }
}

/// <summary>
/// The rounds of a curriculum. A round goes from <c>train</c> over <c>score</c> and <c>rank</c> to <c>done</c>, and each step is on disk
/// before the next begins; after a death the last step on disk is done again, with the same outcome.
/// </summary>
[GrainType("curriculum")]
public sealed class CurriculumGrain(
    [PersistentState("curriculum", ArtifactGrainStorage.Name)] IPersistentState<CurriculumState> state,
    Store store,
    IOptions<TaggingOptions> options,
    DriveFaults faults,
    ILogger<CurriculumGrain> logger) : ExperimentPart(faults), ICurriculumGrain
{
    // Rounds wait for each other, members for no one: what the next round waits for goes first.
    private const int RoundsFirst = 100;
    private const int ShardsAtATime = 16;

    private string? _waitsFor;
    private FoldRecord[] _latest = [];

    private Parent Self => new() { Kind = ParentKind.Curriculum, Key = this.GetPrimaryKeyString() };

    /// <inheritdoc/>
    protected override ExperimentContext? Context => state.State.Request?.Context;

    /// <inheritdoc/>
    protected override string PartName => PartOf(state.State.Request!);

    /// <inheritdoc/>
    protected override Parent Waiting => new() { Kind = ParentKind.Experiment, Key = state.State.Request!.Context.Experiment };

    /// <inheritdoc/>
    protected override string? StoredProblem => state.State.Problem;

    /// <inheritdoc/>
    protected override bool HasEnded => false;

    // A member may wait for just the round that has ended.
    /// <inheritdoc/>
    protected override int Reached => state.State.Rounds.Count(round => round.Record.Step == "done");

    /// <inheritdoc/>
    public async Task<CurriculumStatus> Ensure(CurriculumRequest request)
    {
        await Guarded(request.Context, PartOf(request), () => Begin(request));
        return Status(_latest);
    }

    /// <inheritdoc/>
    public async Task<CurriculumStatus> GetStatus(string? attempt)
    {
        if (state.State.Request is not { } request || (attempt ?? request.Context.Attempt) != request.Context.Attempt)
        {
            return new CurriculumStatus();
        }
        var open = state.State.Rounds.LastOrDefault(round => round.Record.Step == "train");
        if (open is null)
        {
            return Status([]);
        }
        var file = request.Context.File();
        var folds = await Task.WhenAll(Enumerable.Range(0, file.Folds)
            .Select(fold => FoldGrainOf(open.Record.ScorerSelection, fold).GetStatus()));
        return Status([.. folds.OfType<FoldRecord>()]);
    }

    /// <inheritdoc/>
    public Task<RoundRecord?> GetRound(int round) => Task.FromResult(state.State.Rounds.Find(known => known.Record.Round == round)?.Record);

    /// <inheritdoc/>
    public async Task<ClipRecord?> GetClip(string fname)
    {
        var shard = state.State.Shards.FindLastIndex(shard => string.CompareOrdinal(shard.First, fname) <= 0);
        return shard < 0 ? null : await ShardGrainOf(shard).GetClip(fname);
    }

    /// <inheritdoc/>
    public async Task Stop()
    {
        if (state.State is { Request: { } request, Rounds: [.., { Record.Step: "train" } open] })
        {
            var file = request.Context.File();
            await Task.WhenAll(Enumerable.Range(0, file.Folds).Select(fold => FoldGrainOf(open.Record.ScorerSelection, fold).Stop()));
        }
    }

    private async Task Begin(CurriculumRequest request)
    {
        if (state.State.Request?.Context.Attempt != request.Context.Attempt)
        {
            state.State.Request = request;
            state.State.Problem = null;
            await this.SaveAsync(state);
        }
        await Drive();
    }

    /// <inheritdoc/>
    protected override async Task Drive()
    {
        if (state.State is not { Request: { } request, Problem: null })
        {
            return;
        }
        try
        {
            var file = request.Context.File();
            var settings = file.Curricula[request.Curriculum];
            if (state.State.Shards.Count == 0)
            {
                state.State.Shards = await Task.Run(() => CutAsync(request));
                await this.SaveAsync(state);
            }
            for (var number = 1; number <= settings.Rounds.Length; number++)
            {
                using var scope = logger.BeginScope("{Experiment} {Curriculum} round {Round}", request.Context.Experiment,
                    request.Curriculum, number);
                if (!await DriveRound(file, settings, number))
                {
                    return;
                }
            }
            _waitsFor = null;
        }
        catch (Exception fault) when (fault is InputException or ArtifactMissingException)
        {
            await Fail($"{PartOf(request)}: {fault.Message}");
        }
    }

    /// <summary>Takes a round as far as it can go; <c>true</c> when it is done.</summary>
    private async Task<bool> DriveRound(ExperimentFile file, CurriculumSettings settings, int number)
    {
        var round = state.State.Rounds.ElementAtOrDefault(number - 1);
        if (round is null)
        {
            state.State.Rounds.Add(round = new CurriculumRound
            {
                Record = new RoundRecord
                {
                    Curriculum = state.State.Request!.Curriculum,
                    Round = number,
                    K = settings.Rounds[number - 1],
                    Step = "train",
                    Folds = file.Folds,
                    ScorerSelection = Selection.After(state.State.Request.Curriculum, number - 1).ToString(),
                },
            });
            await this.SaveAsync(state);
        }
        if (round.Record.Step == "train" && !await Train(file, settings, round))
        {
            return false;
        }
        if (round.Record.Step == "score")
        {
            await Score(round);
        }
        if (round.Record.Step == "rank")
        {
            await Promote(round);
        }
        return true;
    }

    /// <summary>
    /// The scorer's folds: trained on the selection of the round before, they predict every noisy clip they were not trained on.
    /// </summary>
    private async Task<bool> Train(ExperimentFile file, CurriculumSettings settings, CurriculumRound round)
    {
        var request = state.State.Request!;
        var before = state.State.Rounds.ElementAtOrDefault(round.Record.Round - 2);
        var hasTruth = request.Context.Dataset.Truth is not null && request.Context.HasTest();
        var folds = _latest = await Task.WhenAll(Enumerable.Range(0, file.Folds).Select(fold =>
            FoldGrainOf(round.Record.ScorerSelection, fold).Ensure(new FoldRequest
            {
                Context = request.Context,
                Owner = GrainKeys.Scorer(request.Curriculum),
                Selection = round.Record.ScorerSelection,
                Promoted = before?.Record.Selection,
                Fold = fold,
                PredictNoisy = true,
                PredictTest = hasTruth,
                Priority = RoundsFirst,
                Parent = Self,
            })));
        if (Array.Find(folds, fold => fold.Problem is not null) is { } failed)
        {
            await Fail(failed.Problem!);
            return false;
        }
        if (!Array.TrueForAll(folds, fold => fold.Done))
        {
            _waitsFor = folds.Select(fold => fold.WaitsFor).FirstOrDefault(waits => waits is not null);
            round.Record = round.Record with { FoldsDone = folds.Count(fold => fold.Done) };
            return false;
        }
        round.Record = await Task.Run(() => MeasureAsync(round.Record, folds, request.Context, hasTruth));
        round.Folds = folds;
        _latest = [];
        await Step(round, "score");
        return true;
    }

    private async Task<RoundRecord> MeasureAsync(RoundRecord record, FoldRecord[] folds, ExperimentContext context, bool hasTruth)
    {
        var classes = new ClassMap(context.Dataset.Classes);
        var validation = await Predictions.CrossValidateAsync(store.Artifacts, folds, classes);
        record = record with { FoldsDone = folds.Length, CrossValidatedLwlrap = validation?.Overall };
        if (!hasTruth)
        {
            return record;
        }
        var clips = await ClipList.ReadAsync(store.Artifacts, context.Folds.Test);
        var test = await Predictions.MeanAsync(store.Artifacts, folds.Select(fold => fold.TestPredictions!), clips.Count, classes.Count);
        var truth = (await Truth.ReadAsync(store.Artifacts, context.Dataset))!;
        return record with { TestLwlrap = Predictions.Evaluate(clips, test, truth, classes)?.Overall };
    }

    /// <summary>Every shard scores its clips; its answer is kept by itself, so that only the step is written here.</summary>
    private async Task Score(CurriculumRound round)
    {
        await ScoreShards(round);
        await Step(round, "rank");
    }

    private async Task<ShardScores[]> ScoreShards(CurriculumRound round)
    {
        var request = state.State.Request!;
        var before = state.State.Rounds.ElementAtOrDefault(round.Record.Round - 2)?.Record.Selection;
        var promoted = before is null ? [] : await ClipList.ReadAsync(store.Artifacts, before);
        var next = new int[round.Folds.Length];
        var asked = new List<ShardRequest>();
        for (var shard = 0; shard < state.State.Shards.Count; shard++)
        {
            asked.Add(new ShardRequest
            {
                Round = round.Record.Round,
                Clips = state.State.Shards[shard].Clips,
                Classes = request.Context.Dataset.Classes,
                Folds = [.. round.Folds.Select((fold, at) =>
                    new FoldPredictions { Predictions = fold.NoisyPredictions ?? "", FirstRow = next[at] })],
            });
            var within = promoted.Where(clip => ShardOf(clip.Fname) == shard).ToArray();
            for (var fold = 0; fold < next.Length; fold++)
            {
                // A fold's model has no row for a promoted clip that it was trained on.
                next[fold] += state.State.Shards[shard].Count - within.Count(clip => clip.Fold != fold);
            }
        }
        return await ForEachShard(shard => ShardGrainOf(shard).Score(asked[shard]));
    }

    /// <summary>Ranks all clips by agreement, ties by file name, and promotes the first k of the whole noisy set anew.</summary>
    private async Task Promote(CurriculumRound round)
    {
        var request = state.State.Request!;
        var scores = await ScoreShards(round);
        var rankings = AgreementRanks.Of(scores, round.Record.Round, round.Record.K);
        var promotions = await ForEachShard(shard => ShardGrainOf(shard).Rank(rankings[shard]));
        var promoted = promotions.SelectMany(promotion => promotion.Promoted).OrderBy(clip => clip.Rank).ToArray();
        var before = state.State.Rounds.ElementAtOrDefault(round.Record.Round - 2)?.Record.Selection;
        round.Record = await Task.Run(() => DescribeAsync(store.Artifacts, round.Record, promoted, before, request.Context));
        logger.LogInformation("Round {Round} promoted {Promoted} clips, the last with agreement {Agreement}",
            round.Record.Round, round.Record.Promoted, round.Record.AgreementAtCut);
        await Step(round, "done");
    }

    // Off the activation, like all that reads large files, and so static: the grain's state belongs to its turns alone.
    private static async Task<RoundRecord> DescribeAsync(
        IArtifactStore artifacts, RoundRecord record, PromotedClip[] promoted, string? before, ExperimentContext context)
    {
        var selection = await ClipList.PutAsync(artifacts, ["fname", "labels", "agreement", "fold"], promoted.Select(clip => new[]
        {
            clip.Fname,
            clip.Labels,
            clip.Agreement.ToString("R", System.Globalization.CultureInfo.InvariantCulture),
            clip.Fold.ToString(System.Globalization.CultureInfo.InvariantCulture),
        }));
        var names = before is null ? [] : (await ClipList.ReadAsync(artifacts, before)).Select(clip => clip.Fname)
            .ToHashSet(StringComparer.Ordinal);
        record = record with
        {
            Promoted = promoted.Length,
            AgreementAtCut = promoted.Length == 0 ? null : promoted[^1].Agreement,
            Overlap = promoted.Count(clip => names.Contains(clip.Fname)),
            Selection = selection,
        };
        if (await Truth.ReadAsync(artifacts, context.Dataset) is not { } truth)
        {
            return record;
        }
        var noisy = (await ClipList.ReadAsync(artifacts, context.Folds.Assignments)).Where(clip => clip.Subset == "noisy");
        return record with
        {
            TrulyRight = truth.ShareRight(promoted.Select(clip => new ListedClip(clip.Fname, "noisy", clip.Labels, clip.Fold))),
            BaseRate = truth.ShareRight(noisy),
        };
    }

    private async Task<List<NoisyShard>> CutAsync(CurriculumRequest request)
    {
        var noisy = (await ClipList.ReadAsync(store.Artifacts, request.Context.Folds.Assignments)).Where(clip => clip.Subset == "noisy");
        var shards = new List<NoisyShard>();
        foreach (var clips in noisy.Chunk(options.Value.ShardSize))
        {
            shards.Add(new NoisyShard
            {
                Clips = await ClipList.PutFoldsAsync(store.Artifacts, clips),
                Count = clips.Length,
                First = clips[0].Fname,
            });
        }
        return shards;
    }

    private async Task<T[]> ForEachShard<T>(Func<int, Task<T>> ask)
    {
        var answers = new List<T>();
        foreach (var some in Enumerable.Range(0, state.State.Shards.Count).Chunk(ShardsAtATime))
        {
            answers.AddRange(await Task.WhenAll(some.Select(ask)));
        }
        return [.. answers];
    }

    private async Task Step(CurriculumRound round, string step)
    {
        round.Record = round.Record with { Step = step };
        await this.SaveAsync(state);
    }

    private async Task Fail(string problem)
    {
        state.State.Problem = problem;
        _waitsFor = null;
        await this.SaveAsync(state);
    }

    private CurriculumStatus Status(FoldRecord[] open)
    {
        var request = state.State.Request!;
        var file = request.Context.File();
        var rounds = file.Curricula[request.Curriculum].Rounds.Length;
        var jobsOfFold = 2 + (request.Context.Dataset.Truth is not null && request.Context.HasTest() ? 1 : 0);
        var closed = state.State.Rounds.SelectMany(round => round.Folds).ToArray();
        return new CurriculumStatus
        {
            Rounds = [.. state.State.Rounds.Select(round => round.Record.Step == "train" && open.Length > 0
                ? round.Record with { FoldsDone = open.Count(fold => fold.Done) }
                : round.Record)],
            Done = state.State.Rounds.Count(round => round.Record.Step == "done") == rounds,
            Problem = Problem,
            WaitsFor = WaitsAfterFault ?? _waitsFor,
            Folds = closed,
            Jobs = JobTally.Sum(closed.Concat(open).Select(fold => fold.Jobs), rounds * file.Folds * jobsOfFold),
        };
    }

    private static string PartOf(CurriculumRequest request) => $"curriculum {request.Curriculum}";

    private int ShardOf(string fname) => state.State.Shards.FindLastIndex(shard => string.CompareOrdinal(shard.First, fname) <= 0);

    private IFoldGrain FoldGrainOf(string selection, int fold) => GrainFactory.GetGrain<IFoldGrain>(GrainKeys.Fold(
        state.State.Request!.Context.Experiment, GrainKeys.Scorer(state.State.Request.Curriculum), selection, fold));

    private INoisyScoresGrain ShardGrainOf(int shard) => GrainFactory.GetGrain<INoisyScoresGrain>(GrainKeys.Shard(
        state.State.Request!.Context.Experiment, state.State.Request.Curriculum, shard));
}
