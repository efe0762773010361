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
            await Task.WhenAll(Enumerable.Range(0, request.Context.File().Folds).Select(fold => FoldGrainOf(request, fold).Stop()));
        }
    }

    private async Task Begin(MemberRequest request)
    {
        if (state.State.Request?.Context.Attempt != request.Context.Attempt)
        {
            var determined = Fingerprint.Of(
                request.Context.File().TrainedOf(request.Member), MemberOf(request).Selection, request.Promoted, request.Context.Folds,
                request.Context.Dataset.Version, CodeVersion.Learning);
            if (state.State.Determined != determined)
            {
                state.State.Record = null;
            }
            _latest = null;
            state.State.Determined = determined;
            state.State.Request = request;
            await this.SaveAsync(state);
        }
        await Drive();
    }

    /// <inheritdoc/>
    protected override async Task Drive()
    {
        if (state.State is not { Record: null, Request: { } request })
        {
            return;
        }
        using var scope = logger.BeginScope("{Experiment} {Member}", request.Context.Experiment, request.Member);
        var folds = await Task.WhenAll(Enumerable.Range(0, request.Context.File().Folds)
            .Select(fold => FoldGrainOf(request, fold).Ensure(new FoldRequest
            {
                Context = request.Context,
                Owner = request.Member,
                Selection = MemberOf(request).Selection,
                Promoted = request.Promoted,
                Fold = fold,
                PredictTest = request.Context.HasTest(),
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
            }
            _latest = record;
        }
    }

    private async Task<MemberRecord> MeasureAsync(MemberRecord record, ExperimentContext context)
    {
        try
        {
            var classes = new ClassMap(context.Dataset.Classes);
            var validation = await Predictions.CrossValidateAsync(store.Artifacts, record.Folds, classes);
            record = record with
            {
                Done = true,
                WaitsFor = null,
                CrossValidatedLwlrap = validation?.Overall,
                CrossValidatedPerClass = validation?.PerClass ?? [],
            };
            if (!context.HasTest())
            {
                return record;
            }
            var clips = await ClipList.ReadAsync(store.Artifacts, context.Folds.Test);
            var test = await Predictions.MeanAsync(store.Artifacts, record.Folds.Select(fold => fold.TestPredictions!), clips.Count,
                classes.Count);
            using var file = new MemoryStream();
            NpyFile.Write(file, [clips.Count, classes.Count], Array.ConvertAll(test, score => (float)score).AsSpan());
            var truth = await Truth.ReadAsync(store.Artifacts, context.Dataset);
            return record with
            {
                TestLwlrap = truth is null ? null : Predictions.Evaluate(clips, test, truth, classes)?.Overall,
                Leaderboard = await TestScores.OfAsync(store.Artifacts, context.Dataset, clips, test, classes),
                TestPredictions = await store.Artifacts.PutAsync(file.ToArray(), "npy"),
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
            Problem = folds.Select(fold => fold.Problem).FirstOrDefault(problem => problem is not null),
            WaitsFor = folds.Select(fold => fold.WaitsFor).FirstOrDefault(waits => waits is not null),
            Folds = folds,
            FoldsDone = folds.Count(fold => fold.Done),
            FoldsTotal = folding,
            Jobs = JobTally.Sum(folds.Select(fold => fold.Jobs), (request.Context.HasTest() ? 2 : 1) * folding),
        };
    }

    private MemberRecord Status(MemberRecord? latest, MemberRequest request)
    {
        var record = state.State.Record ?? latest ?? Record(request, []);
        return record with { Problem = record.Problem ?? Problem, WaitsFor = WaitsAfterFault ?? record.WaitsFor };
    }

    private static string PartOf(MemberRequest request) => $"member {request.Member}";

    private static MemberSettings MemberOf(MemberRequest request) => request.Context.File().Members[request.Member];

    private IFoldGrain FoldGrainOf(MemberRequest request, int fold) => GrainFactory.GetGrain<IFoldGrain>(
        GrainKeys.Fold(request.Context.Experiment, request.Member, MemberOf(request).Selection, fold));
}
