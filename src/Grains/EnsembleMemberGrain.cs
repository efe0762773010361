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
}

/// <summary>One model on one selection.</summary>
[GrainType("member")]
public sealed class EnsembleMemberGrain(
    [PersistentState("member", ArtifactGrainStorage.Name)] IPersistentState<EnsembleMemberState> state,
    Store store,
    DriveFaults faults,
    ILogger<EnsembleMemberGrain> logger) : Grain, IEnsembleMemberGrain
{
    private Parent Self => new() { Kind = ParentKind.Member, Key = this.GetPrimaryKeyString() };

    /// <inheritdoc/>
    public async Task<MemberRecord> Ensure(MemberRequest request)
    {
        if (state.State.Record is { } done)
        {
            return done;
        }
        return await Guarded(request, () => Begin(request));
    }

    /// <inheritdoc/>
    public async Task<MemberRecord?> GetStatus()
    {
        if (state.State is { Record: not null } or { Request: null })
        {
            return state.State.Record;
        }
        var (file, member) = Settings(state.State.Request);
        var folds = await Task.WhenAll(Enumerable.Range(0, file.Folds)
            .Select(fold => FoldGrainOf(state.State.Request, member, fold).GetStatus()));
        return WithFaults(Record(file, member, [.. folds.OfType<FoldRecord>()]));
    }

    /// <inheritdoc/>
    public async Task Stop()
    {
        if (state.State is { Record: null, Request: { } request })
        {
            var (file, member) = Settings(request);
            await Task.WhenAll(Enumerable.Range(0, file.Folds).Select(fold => FoldGrainOf(request, member, fold).Stop()));
        }
    }

    /// <inheritdoc/>
    public async Task Wake()
    {
        if (state.State is not { Record: null, Request: { } request })
        {
            return;
        }
        var record = await Guarded(request, () => Drive(request));
        if (record.Done || record.Problem is not null)
        {
            await GrainFactory.Wake(new Parent { Kind = ParentKind.Experiment, Key = request.Context.Experiment });
        }
    }

    private async Task<MemberRecord> Guarded(MemberRequest request, Func<Task<MemberRecord>> drive)
    {
        MemberRecord? record = null;
        await faults.Guard(this, request.Context.Attempt, $"member {request.Member}", async () => record = await drive(), Wake);
        if (record is null)
        {
            var (file, member) = Settings(request);
            record = Record(file, member, []);
        }
        return WithFaults(record);
    }

    private async Task<MemberRecord> Begin(MemberRequest request)
    {
        if (state.State.Request?.Context.Attempt != request.Context.Attempt)
        {
            state.State.Request = request;
            await this.SaveAsync(state);
        }
        return await Drive(request);
    }

    private async Task<MemberRecord> Drive(MemberRequest request)
    {
        using var scope = logger.BeginScope("{Experiment} {Member}", request.Context.Experiment, request.Member);
        var (file, member) = Settings(request);
        var folds = await Task.WhenAll(Enumerable.Range(0, file.Folds)
            .Select(fold => FoldGrainOf(request, member, fold).Ensure(new FoldRequest
            {
                Context = request.Context,
                Model = member.Model,
                Owner = request.Member,
                Selection = member.Selection,
                Promoted = request.Promoted,
                Fold = fold,
                PredictTest = request.Context.HasTest(),
                Parent = Self,
            })));
        var record = Record(file, member, folds);
        if (Array.TrueForAll(folds, fold => fold.Done))
        {
            record = await Task.Run(() => MeasureAsync(record, request.Context));
            if (record.Problem is null)
            {
                state.State.Record = record;
                await this.SaveAsync(state);
            }
        }
        return record;
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
                TestPredictions = await store.Artifacts.PutAsync(file.ToArray(), "npy"),
            };
        }
        catch (InputException fault)
        {
            return record with { Problem = $"member {record.Member}: {fault.Message}" };
        }
    }

    private static MemberRecord Record(ExperimentFile file, MemberSettings member, FoldRecord[] folds, string name, bool hasTest) => new()
    {
        Member = name,
        Model = member.Model,
        Selection = member.Selection,
        Problem = folds.Select(fold => fold.Problem).FirstOrDefault(problem => problem is not null),
        WaitsFor = folds.Select(fold => fold.WaitsFor).FirstOrDefault(waits => waits is not null),
        Folds = folds,
        FoldsDone = folds.Count(fold => fold.Done),
        FoldsTotal = file.Folds,
        Jobs = JobTally.Sum(folds.Select(fold => fold.Jobs), (hasTest ? 2 : 1) * file.Folds),
    };

    private MemberRecord Record(ExperimentFile file, MemberSettings member, FoldRecord[] folds) =>
        Record(file, member, folds, state.State.Request!.Member, state.State.Request.Context.HasTest());

    private MemberRecord WithFaults(MemberRecord record) => record with
    {
        Problem = record.Problem ?? faults.ProblemOf(GrainContext.GrainId),
        WaitsFor = faults.WaitOf(GrainContext.GrainId) ?? record.WaitsFor,
    };

    private static (ExperimentFile File, MemberSettings Member) Settings(MemberRequest request)
    {
        var file = ExperimentFile.Parse(request.Context.Yaml, request.Context.Experiment);
        return (file, file.Members[request.Member]);
    }

    private IFoldGrain FoldGrainOf(MemberRequest request, MemberSettings member, int fold) =>
        GrainFactory.GetGrain<IFoldGrain>(GrainKeys.Fold(request.Context.Experiment, request.Member, member.Selection, fold));
}
