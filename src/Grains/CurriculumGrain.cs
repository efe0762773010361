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

    /// <summary>Number of clips in the shards before it.</summary>
    [Id(3)] public required int Before { get; set; }
}

/// <summary>A round and where it stands.</summary>
[GenerateSerializer, Alias("OrleansTagging.CurriculumRound")]
public sealed class CurriculumRound
{
    /// <summary>What is told of it.</summary>
    [Id(0)] public required RoundRecord Record { get; set; }

    /// <summary>The scorer's folds; empty until they are done.</summary>
    [Id(1)] public FoldRecord[] Folds { get; set; } = [];

    /// <summary>Fingerprint of what determines it.</summary>
    [Id(2)] public required string Determined { get; set; }
}

/// <summary>What becomes of the rest, and where that stands.</summary>
[GenerateSerializer, Alias("OrleansTagging.CurriculumRest")]
public sealed class CurriculumRest
{
    /// <summary>What is told of it.</summary>
    [Id(0)] public required RelabelRecord Record { get; set; }

    /// <summary>The scorer's folds; empty until they are done.</summary>
    [Id(1)] public FoldRecord[] Folds { get; set; } = [];

    /// <summary>Fingerprint of what determines it.</summary>
    [Id(2)] public required string Determined { get; set; }
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

    /// <summary>Address of the clips and folds that the shards were cut from.</summary>
    [Id(4)] public string? CutFrom { get; set; }

    /// <summary>The rest; <c>null</c> until the rounds have ended, or where it is dropped.</summary>
    [Id(5)] public CurriculumRest? Rest { get; set; }

    /// <summary>What was decided by hand and holds, by file name.</summary>
    [Id(6)] public ManualDecision[] Decisions { get; set; } = [];

    /// <summary>The experiment's attempt for which it was stopped; it goes on for the next.</summary>
    [Id(7)] public string? StoppedFor { get; set; }
}

/// <summary>
/// The rounds of a curriculum. A round goes from <c>train</c> over <c>score</c> and <c>rank</c> to <c>done</c>, and each step is on disk
/// before the next begins; after a death the last step on disk is done again, with the same outcome. A round whose predictions have diverged
/// ends the rounds as <c>diverged</c>. Then the rest is dropped or relabelled, step by step likewise.
/// </summary>
[GrainType("curriculum")]
public sealed partial class CurriculumGrain(
    [PersistentState("curriculum", ArtifactGrainStorage.Name)] IPersistentState<CurriculumState> state,
    Store store,
    IOptions<TaggingOptions> options,
    TimeProvider clock,
    DriveFaults faults,
    ILogger<CurriculumGrain> logger) : ExperimentPart(faults), ICurriculumGrain
{
    // Rounds wait for each other, members for no one: what the next round waits for goes first.
    private const int RoundsFirst = 100;
    private const int ShardsAtATime = 16;

    private string? _waitsFor;
    private FoldRecord[] _latest = [];

    private Parent Self => new() { Kind = ParentKind.Curriculum, Key = this.GetPrimaryKeyString() };

    private List<CurriculumRound> Rounds => state.State.Rounds;

    /// <summary>The steps of what was asked for; only where something was.</summary>
    private CurriculumSteps Steps => new(state.State, state.State.Request!);

    private bool RoundsHaveEnded => state.State.Request is not null && Steps.RoundsHaveEnded;

    /// <summary>The selection whose training it waits for; <c>null</c> where it waits for none.</summary>
    private string? Training => state.State.Request is null ? null : Steps.Training;

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
    protected override int Reached =>
        Rounds.Count(round => round.Record.Step is "done" or "diverged") + (state.State.Rest is { Record.Step: "done" } ? 1 : 0);

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
        return Training is not { } selection
            ? Status([])
            : Status([.. (await Task.WhenAll(FoldGrainsOf(selection).Select(fold => fold.GetStatus()))).OfType<FoldRecord>()]);
    }

    /// <inheritdoc/>
    public Task<RoundRecord?> GetRound(int round) => Task.FromResult(Rounds.Find(known => known.Record.Round == round)?.Record);

    /// <inheritdoc/>
    public Task<RelabelRecord?> GetRelabelled() => Task.FromResult(state.State.Rest?.Record);

    /// <inheritdoc/>
    public async Task Stop()
    {
        if (state.State.Request is not { } request || Steps.Done)
        {
            return;
        }
        if (state.State.StoppedFor != request.Context.Attempt)
        {
            // A retry after a fault, or a wake-up that is under way, must not go on.
            state.State.StoppedFor = request.Context.Attempt;
            _waitsFor = null;
            await this.SaveAsync(state);
        }
        if (Training is { } selection)
        {
            await Task.WhenAll(FoldGrainsOf(selection).Select(fold => fold.Stop()));
        }
    }

    private async Task Begin(CurriculumRequest request)
    {
        if (state.State.Request?.Context.Attempt != request.Context.Attempt)
        {
            _latest = [];
            _ranked = null;
            new CurriculumSteps(state.State, request).Take();
            await this.SaveAsync(state);
        }
        await Drive();
    }

    /// <inheritdoc/>
    protected override async Task Drive()
    {
        if (state.State.Request is not { } request)
        {
            return;
        }
        try
        {
            while (await Advance(request, Steps))
            {
                await this.SaveAsync(state);
            }
        }
        catch (Exception fault) when (fault is InputException or ArtifactMissingException)
        {
            await Fail($"{PartOf(request)}: {fault.Message}");
        }
    }

    /// <summary>Takes one step, which is not stored yet; <c>false</c> where there is none or where it waits for its folds.</summary>
    private async Task<bool> Advance(CurriculumRequest request, CurriculumSteps steps)
    {
        using var scope = logger.BeginScope("{Experiment} {Curriculum} round {Round}", request.Context.Experiment,
            request.Curriculum, steps.RoundsHaveEnded ? "rest" : NextToSelect);
        switch (steps.Next)
        {
            case CurriculumStep.Cut:
                steps.Cut(await Task.Run(() => CutAsync(store.Artifacts, request.Context, options.Value.ShardSize)));
                return true;
            case CurriculumStep.BeginRound:
                steps.BeginRound();
                return true;
            case CurriculumStep.Train:
                return await TrainRound(request, steps, Rounds[^1]);
            case CurriculumStep.Score:
                // Every shard keeps its answer by itself, so that only the step is written here.
                await ScoreShards(request, Rounds[^1]);
                steps.Scored();
                return true;
            case CurriculumStep.Rank:
                steps.Ranked(await Promote(request, Rounds[^1]));
                return true;
            case CurriculumStep.BeginRest:
                steps.BeginRest();
                return true;
            case CurriculumStep.TrainRest:
                return await TrainRest(request, steps, state.State.Rest!);
            case CurriculumStep.Relabel:
                steps.Relabelled(await Relabel(request, steps, state.State.Rest!));
                return true;
            default:
                _waitsFor = null;
                return false;
        }
    }

    private async Task<bool> TrainRound(CurriculumRequest request, CurriculumSteps steps, CurriculumRound round)
    {
        if (await Train(request, round.Record.ScorerSelection, steps.PromotedBefore(round.Record.Round)) is not { } folds)
        {
            round.Record = round.Record with { FoldsDone = _latest.Count(fold => fold.Done) };
            return false;
        }
        var (validation, test) = await Measure(request, folds);
        steps.Trained(folds, validation, test);
        Telemetry.Measured(request.Context.Experiment, $"{request.Curriculum}@{round.Record.Round}", validation, test);
        return true;
    }

    private async Task<bool> TrainRest(CurriculumRequest request, CurriculumSteps steps, CurriculumRest rest)
    {
        if (await Train(request, rest.Record.ScorerSelection, steps.LastGood?.Selection) is not { } folds)
        {
            rest.Record = rest.Record with { FoldsDone = _latest.Count(fold => fold.Done) };
            return false;
        }
        var (validation, test) = await Measure(request, folds);
        steps.RestTrained(folds, validation, test);
        return true;
    }

    private async Task<RelabelRecord> Relabel(CurriculumRequest request, CurriculumSteps steps, CurriculumRest rest)
    {
        var (artifacts, settings, known, promoted) = (store.Artifacts, Settings(request), rest.Record, steps.LastGood?.Selection);
        var predictions = Array.ConvertAll(rest.Folds, fold => fold.NoisyPredictions!);
        var decisions = state.State.Decisions;
        var record = await Task.Run(() => RoundFigures.RelabelAsync(
            artifacts, request.Context, settings, known, predictions, promoted, decisions));
        logger.LogInformation("{Kept} clips keep their labels, {Relabelled} have new ones, {Dropped} are dropped",
            record.Kept, record.Relabelled, record.Dropped);
        return record;
    }

    /// <summary>The scorer's folds, trained on a selection; they predict all noisy clips. <c>null</c> until they are done.</summary>
    private async Task<FoldRecord[]?> Train(CurriculumRequest request, string selection, string? promoted)
    {
        var folds = _latest = await Task.WhenAll(FoldGrainsOf(selection).Select((grain, fold) => grain.Ensure(new FoldRequest
        {
            Context = request.Context,
            Owner = GrainKeys.Scorer(request.Curriculum),
            Selection = selection,
            Promoted = promoted,
            Fold = fold,
            PredictNoisy = true,
            PredictTest = HasTruth(request),
            Priority = RoundsFirst,
            Parent = Self,
        })));
        if (Array.Find(folds, fold => fold.Problem is not null) is { } failed)
        {
            await Fail(failed.Problem!);
            return null;
        }
        if (!Array.TrueForAll(folds, fold => fold.Done))
        {
            _waitsFor = folds.Select(fold => fold.WaitsFor).FirstOrDefault(waits => waits is not null);
            return null;
        }
        _latest = [];
        return folds;
    }

    private Task<(double? CrossValidated, double? Test)> Measure(CurriculumRequest request, FoldRecord[] folds)
    {
        var (artifacts, hasTruth) = (store.Artifacts, HasTruth(request));
        return Task.Run(() => RoundFigures.OfScorerAsync(artifacts, folds, request.Context, hasTruth));
    }

    private async Task<ShardScores[]> ScoreShards(CurriculumRequest request, CurriculumRound round)
    {
        var settings = Settings(request);
        var predictions = Array.ConvertAll(round.Folds, fold => fold.NoisyPredictions!);
        var before = Steps.PromotedBefore(round.Record.Round);
        return await ForEachShard(shard => ShardGrainOf(shard).Score(new ShardRequest
        {
            Round = round.Record.Round,
            Clips = state.State.Shards[shard].Clips,
            Classes = request.Context.Dataset.Classes,
            Predictions = predictions,
            FirstRow = state.State.Shards[shard].Before,
            Promoted = before,
            Share = settings.Share,
            Scoring = settings.Scoring,
        }));
    }

    /// <summary>Ranks all clips by agreement and margin, ties by file name, and promotes the first k of the whole noisy set anew.</summary>
    private async Task<RoundRecord> Promote(CurriculumRequest request, CurriculumRound round)
    {
        if (state.State.Shards.Count == 0)
        {
            throw new InputException("there are no noisy clips to promote.");
        }
        using var span = Telemetry.Begin("promote", request.Context.Trace)?
            .SetTag("experiment", request.Context.Experiment).SetTag("round", $"{request.Curriculum}@{round.Record.Round}");
        var scores = await ScoreShards(request, round);
        var (artifacts, settings, known) = (store.Artifacts, Settings(request), round.Record);
        var before = Rounds.ElementAtOrDefault(known.Round - 2)?.Record;
        var decisions = state.State.Decisions;
        var (record, ranking) = await Task.Run(() => RoundFigures.PromoteAsync(
            artifacts, request.Context, settings, known, scores, before, decisions));
        var (ranks, promoted) = (ranking.Ranks(), ranking.Promoted.ToHashSet());
        await ForEachShard(async shard =>
        {
            var (first, count) = (state.State.Shards[shard].Before, state.State.Shards[shard].Count);
            await ShardGrainOf(shard).Rank(new ShardRanking
            {
                Round = record.Round,
                Ranks = ranks[first..(first + count)],
                Promoted = [.. Enumerable.Range(first, count).Select(promoted.Contains)],
            });
            return shard;
        });
        if (record.Diverged is { } why)
        {
            logger.LogWarning("The rounds end: {Why}", why);
            return record;
        }
        logger.LogInformation("Round {Round} promoted {Promoted} clips, the last with agreement {Agreement}",
            record.Round, record.Promoted, record.AgreementAtCut);
        return record;
    }

    private static async Task<List<NoisyShard>> CutAsync(IArtifactStore artifacts, ExperimentContext context, int size)
    {
        var shards = new List<NoisyShard>();
        foreach (var clips in (await RoundFigures.NoisyClipsAsync(artifacts, context)).Chunk(size))
        {
            shards.Add(new NoisyShard
            {
                Clips = await ClipList.PutFoldsAsync(artifacts, clips),
                Count = clips.Length,
                First = clips[0].Fname,
                Before = shards.Sum(shard => shard.Count),
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

    private async Task Fail(string problem)
    {
        state.State.Problem = problem;
        _waitsFor = null;
        await this.SaveAsync(state);
    }

    private CurriculumStatus Status(FoldRecord[] open)
    {
        var request = state.State.Request!;
        var settings = Settings(request);
        var trainings = (RoundsHaveEnded ? Rounds.Count : settings.RoundCount) + (settings.Rest == "drop" ? 0 : 1);
        var jobsOfFold = JobTally.OfFold(settings.Trained, predictsNoisy: true, HasTruth(request));
        var closed = Rounds.SelectMany(round => round.Folds).Concat(state.State.Rest?.Folds ?? []).ToArray();
        var foldsDone = open.Count(fold => fold.Done);
        return new CurriculumStatus
        {
            Rounds = [.. Rounds.Select(round => round.Record.Step == "train" && open.Length > 0
                ? round.Record with { FoldsDone = foldsDone }
                : round.Record)],
            Relabelled = state.State.Rest?.Record is { Step: "train" } rest && open.Length > 0
                ? rest with { FoldsDone = foldsDone }
                : state.State.Rest?.Record,
            Done = Steps.Done,
            Problem = Problem,
            WaitsFor = WaitsAfterFault ?? open.Select(fold => fold.WaitsFor).FirstOrDefault(waits => waits is not null) ?? _waitsFor,
            Folds = closed,
            Jobs = JobTally.Sum(closed.Concat(open).Select(fold => fold.Jobs), trainings * request.Context.File().Folds * jobsOfFold),
        };
    }

    /// <summary>Fingerprint of what determines a round: all that its scorer, its scores and its ranking follow from.</summary>
    internal static string Determined(CurriculumSettings settings, FoldsAnswer folds, string datasetVersion, int round) => Fingerprint.Of(
        settings.Trained, settings.Rounds.Take(round), settings.RoundShares.Take(round), settings.Scoring, settings.Share, settings.ClassCap,
        settings.DivergenceStop, folds, datasetVersion, CodeVersion.Learning);

    /// <summary>Fingerprint of what determines what becomes of the rest.</summary>
    internal static string DeterminedRest(CurriculumSettings settings, IEnumerable<string> rounds) =>
        Fingerprint.Of(rounds, settings.Rest, settings.LabelsPerClip);

    private static string PartOf(CurriculumRequest request) => $"curriculum {request.Curriculum}";

    private static CurriculumSettings Settings(CurriculumRequest request) => request.Context.File().Curricula[request.Curriculum];

    private static bool HasTruth(CurriculumRequest request) => request.Context.Dataset.Truth is not null && request.Context.HasTest();

    private int ShardOf(string fname) => state.State.Shards.FindLastIndex(shard => string.CompareOrdinal(shard.First, fname) <= 0);

    private IEnumerable<IFoldGrain> FoldGrainsOf(string selection)
    {
        var request = state.State.Request!;
        return Enumerable.Range(0, request.Context.File().Folds).Select(fold => GrainFactory.GetGrain<IFoldGrain>(GrainKeys.Fold(
            request.Context.Experiment, GrainKeys.Scorer(request.Curriculum), selection, fold)));
    }

    private INoisyScoresGrain ShardGrainOf(int shard) => GrainFactory.GetGrain<INoisyScoresGrain>(GrainKeys.Shard(
        state.State.Request!.Context.Experiment, state.State.Request.Curriculum, shard));
}
