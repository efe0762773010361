using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;
using OrleansTagging.Abstractions;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>What outlives the activation of a member.</summary>
[GenerateSerializer, Alias("OrleansTagging.EnsembleMemberState")]
public sealed class EnsembleMemberState
{
    /// <summary>What was asked for; <c>null</c> where nobody asked.</summary>
    [Id(0)] public MemberRequest? Request { get; set; }

    /// <summary>The figures; <c>null</c> until its folds are done.</summary>
    [Id(1)] public MemberRecord? Record { get; set; }

    /// <summary>Fingerprint of what determines the figures.</summary>
    [Id(2)] public string? Determined { get; set; }

    /// <summary>The experiment's attempt for which it was stopped; it goes on for the next.</summary>
    [Id(3)] public string? StoppedFor { get; set; }
}

/// <summary>One model on one selection.</summary>
[GrainType("member")]
public sealed class EnsembleMemberGrain(
    [PersistentState("member", ArtifactGrainStorage.Name)] IPersistentState<EnsembleMemberState> state,
    Store store,
    DriveFaults faults,
    ILogger<EnsembleMemberGrain> logger) : ExperimentPart(faults), IEnsembleMemberGrain
{
    private MemberRecord? _latest;

    private Parent Self => new() { Kind = ParentKind.Member, Key = this.GetPrimaryKeyString() };

    /// <inheritdoc/>
    protected override ExperimentContext? Context => state.State.Request?.Context;

    /// <inheritdoc/>
    protected override string PartName => PartOf(state.State.Request!);

    /// <inheritdoc/>
    protected override Parent Waiting => new() { Kind = ParentKind.Experiment, Key = state.State.Request!.Context.Experiment };

    /// <inheritdoc/>
    protected override string? StoredProblem => null;

    /// <inheritdoc/>
    protected override bool HasEnded => state.State.Record is not null;

    /// <inheritdoc/>
    protected override int Reached => _latest is { Done: true } or { Problem: not null } ? 1 : 0;

    /// <inheritdoc/>
    public async Task<MemberRecord> Ensure(MemberRequest request)
    {
        await Guarded(request.Context, PartOf(request), () => Begin(request));
        return Status(_latest, request);
    }

    /// <inheritdoc/>
    public async Task<MemberRecord?> GetStatus(string? attempt)
    {
        if (state.State.Request is not { } request || (attempt ?? request.Context.Attempt) != request.Context.Attempt)
        {
            return null;
        }
        if (state.State.Record is not null)
        {
            return Status(null, request);
        }
        var file = request.Context.File();
        var folds = await Task.WhenAll(Enumerable.Range(0, file.Folds).Select(fold => FoldGrainOf(request, fold).GetStatus()));
        return Status(Record(request, [.. folds.OfType<FoldRecord>()]), request);
    }

    /// <inheritdoc/>
    public async Task Stop()
    {
        if (state.State is { Record: null, Request: { } request })
        {
            if (state.State.StoppedFor != request.Context.Attempt)
            {
                // A retry after a fault must not begin the folds that had not begun.
                state.State.StoppedFor = request.Context.Attempt;
                await this.SaveAsync(state);
            }
            await Task.WhenAll(Enumerable.Range(0, request.Context.File().Folds).Select(fold => FoldGrainOf(request, fold).Stop()));
        }
    }

    private async Task Begin(MemberRequest request)
    {
        if (state.State.Request?.Context.Attempt != request.Context.Attempt)
        {
            var determined = Fingerprint.Of(
                request.Context.File().TrainedOf(request.Member), MemberOf(request), request.TrainedOn, request.Promoted, ShareOf(request),
                request.Context.Folds, request.Context.Dataset.Version, CodeVersion.Learning);
            if (state.State.Determined != determined)
            {
                state.State.Record = null;
            }
            _latest = null;
            state.State.Determined = determined;
            state.State.Request = request;
            state.State.StoppedFor = null;
            await this.SaveAsync(state);
        }
        await Drive();
    }

    /// <inheritdoc/>
    protected override async Task Drive()
    {
        if (state.State is not { Record: null, Request: { } request } || state.State.StoppedFor == request.Context.Attempt)
        {
            return;
        }
        using var scope = logger.BeginScope("{Experiment} {Member}", request.Context.Experiment, request.Member);
        var folds = await Task.WhenAll(Enumerable.Range(0, request.Context.File().Folds)
            .Select(fold => FoldGrainOf(request, fold).Ensure(new FoldRequest
            {
                Context = request.Context,
                Owner = request.Member,
                Selection = request.TrainedOn,
                Promoted = request.Promoted,
                Fold = fold,
                PredictTest = request.Context.HasJudged(),
                Parent = Self,
            })));
        _latest = Record(request, folds);
        if (Array.TrueForAll(folds, fold => fold.Done))
        {
            var record = await Task.Run(() => MeasureAsync(_latest, request.Context));
            if (record.Problem is null)
            {
                state.State.Record = record;
                await this.SaveAsync(state);
                Telemetry.Measured(request.Context.Experiment, request.Member, record.CrossValidatedLwlrap, record.TestLwlrap);
            }
            _latest = record;
        }
    }

    private async Task<MemberRecord> MeasureAsync(MemberRecord record, ExperimentContext context)
    {
        try
        {
            var classes = new ClassMap(context.Dataset.Classes);
            var seed = context.File().Seed;
            var (labels, scores) = await Predictions.OutOfFoldAsync(store.Artifacts, record.Folds, classes, fold => fold.OutOfFold!);
            var validation = Predictions.Evaluate(labels, scores, classes.Count);
            record = record with
            {
                Done = true,
                WaitsFor = null,
                Classes = context.Dataset.Classes,
                CrossValidatedLwlrap = validation?.Overall,
                CrossValidatedPerClass = validation?.PerClass ?? [],
                CrossValidatedCounts = validation?.LabelCounts ?? [],
                CrossValidatedInterval = EnsembleFigures.Interval(labels, scores, classes.Count, seed),
            };
            if (Array.TrueForAll(record.Folds, fold => fold.HonestOutOfFold is not null))
            {
                var (_, honest) = await Predictions.OutOfFoldAsync(store.Artifacts, record.Folds, classes, fold => fold.HonestOutOfFold!);
                record = record with { HonestLwlrap = Predictions.Evaluate(labels, honest, classes.Count)?.Overall };
            }
            if (!context.HasJudged())
            {
                return record;
            }
            var (test, holdout) = await Predictions.JudgeAsync(store.Artifacts, record.Folds, context);
            if (test.Length > 0)
            {
                var clips = await ClipList.ReadAsync(store.Artifacts, context.Folds.Test);
                var truth = await Truth.ReadAsync(store.Artifacts, context.Dataset);
                var tested = truth is null ? null : Predictions.Evaluate(clips, test, truth, classes);
                record = record with
                {
                    TestLwlrap = tested?.Overall,
                    TestPerClass = tested?.PerClass ?? [],
                    TestCounts = tested?.LabelCounts ?? [],
                    TestInterval = truth is null ? null : EnsembleFigures.Interval(truth.LabelsOf(clips, classes), test, classes.Count, seed),
                    Leaderboard = await TestScores.OfAsync(store.Artifacts, context.Dataset, clips, test, classes),
                    TestPredictions = await Predictions.PutAsync(store.Artifacts, test, classes.Count),
                };
            }
            return context.Folds.Holdout is not { } heldOut ? record : record with
            {
                HoldoutLwlrap = Predictions.Evaluate(
                    [.. (await ClipList.ReadAsync(store.Artifacts, heldOut)).Select(clip => clip.LabelsIn(classes))], holdout, classes.Count)
                    ?.Overall,
                HoldoutPredictions = await Predictions.PutAsync(store.Artifacts, holdout, classes.Count),
            };
        }
        catch (InputException fault)
        {
            return record with { Problem = $"member {record.Member}: {fault.Message}" };
        }
    }

    private static MemberRecord Record(MemberRequest request, FoldRecord[] folds)
    {
        var member = MemberOf(request);
        var folding = request.Context.File().Folds;
        return new MemberRecord
        {
            Member = request.Member,
            Model = member.Model,
            Selection = member.Selection,
            TrainedOn = request.TrainedOn,
            Problem = folds.Select(fold => fold.Problem).FirstOrDefault(problem => problem is not null),
            WaitsFor = folds.Select(fold => fold.WaitsFor).FirstOrDefault(waits => waits is not null),
            Folds = folds,
            FoldsDone = folds.Count(fold => fold.Done),
            FoldsTotal = folding,
            Jobs = JobTally.Sum(folds.Select(fold => fold.Jobs), folding * JobTally.OfFold(member.Trained, predictsNoisy: false, request.Context.HasJudged())),
        };
    }

    private MemberRecord Status(MemberRecord? latest, MemberRequest request)
    {
        var record = state.State.Record ?? latest ?? Record(request, []);
        return record with { Problem = record.Problem ?? Problem, WaitsFor = WaitsAfterFault ?? record.WaitsFor };
    }

    private static string PartOf(MemberRequest request) => $"member {request.Member}";

    private static MemberSettings MemberOf(MemberRequest request) => request.Context.File().Members[request.Member];

    private static string? ShareOf(MemberRequest request) =>
        Selection.TryParse(request.TrainedOn, out var selection) && selection.Curriculum is { } curriculum
            ? request.Context.File().Curricula[curriculum].Share
            : null;

    private IFoldGrain FoldGrainOf(MemberRequest request, int fold) => GrainFactory.GetGrain<IFoldGrain>(
        GrainKeys.Fold(request.Context.Experiment, request.Member, request.TrainedOn, fold));
}
