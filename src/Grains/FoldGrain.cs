using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;
using OrleansTagging.Abstractions;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>A job of a fold.</summary>
[GenerateSerializer, Alias("OrleansTagging.FoldJob")]
public sealed class FoldJob
{
    /// <summary>Its id.</summary>
    [Id(0)] public required string Job { get; set; }

    /// <summary>Address of its document.</summary>
    [Id(1)] public required string Document { get; set; }

    /// <summary>Its result as JSON; <c>null</c> until it is done.</summary>
    [Id(2)] public string? Result { get; set; }
}

/// <summary>What outlives the activation of a fold.</summary>
[GenerateSerializer, Alias("OrleansTagging.FoldState")]
public sealed class FoldState
{
    /// <summary>What was asked for; <c>null</c> where nobody asked.</summary>
    [Id(0)] public FoldRequest? Request { get; set; }

    /// <summary>Address of the clips to train on.</summary>
    [Id(1)] public string? TrainList { get; set; }

    /// <summary>Their number.</summary>
    [Id(2)] public int TrainClips { get; set; }

    /// <summary>Address of the clips to validate on.</summary>
    [Id(3)] public string? ValidationList { get; set; }

    /// <summary>Their number.</summary>
    [Id(4)] public int ValidationClips { get; set; }

    /// <summary>Address of the noisy clips that are not trained on.</summary>
    [Id(5)] public string? NoisyList { get; set; }

    /// <summary>Their number.</summary>
    [Id(10)] public int NoisyClips { get; set; }

    /// <summary>The training.</summary>
    [Id(6)] public FoldJob? Training { get; set; }

    /// <summary>The prediction of the noisy clips.</summary>
    [Id(7)] public FoldJob? Noisy { get; set; }

    /// <summary>The prediction of the test clips.</summary>
    [Id(8)] public FoldJob? Test { get; set; }

    /// <summary>Why it cannot go on.</summary>
    [Id(9)] public string? Problem { get; set; }
}

/// <summary>One fold: it writes the lists of its clips, then asks for its training, then for its predictions.</summary>
[GrainType("fold")]
public sealed class FoldGrain(
    [PersistentState("fold", ArtifactGrainStorage.Name)] IPersistentState<FoldState> state,
    Store store,
    DriveFaults faults,
    ILogger<FoldGrain> logger) : ExperimentPart(faults), IFoldGrain
{
    // A prediction ends what a training began: it goes first.
    private const int PredictionsFirst = 10;

    private string? _waitsFor;

    private Parent Self => new() { Kind = ParentKind.Fold, Key = this.GetPrimaryKeyString() };

    /// <inheritdoc/>
    protected override ExperimentContext? Context => state.State.Request?.Context;

    /// <inheritdoc/>
    protected override string PartName => PartOf(state.State.Request!);

    /// <inheritdoc/>
    protected override Parent Waiting => state.State.Request!.Parent;

    /// <inheritdoc/>
    protected override string? StoredProblem => state.State.Problem;

    /// <inheritdoc/>
    protected override bool HasEnded => Done;

    /// <inheritdoc/>
    protected override int Reached => Done ? 1 : 0;

    private bool Done =>
        state.State is { Request: { } request, Training.Result: not null } fold
        && (!request.PredictNoisy || fold.NoisyClips == 0 || fold.Noisy?.Result is not null)
        && (!request.PredictTest || fold.Test?.Result is not null);

    /// <inheritdoc/>
    public async Task<FoldRecord> Ensure(FoldRequest request)
    {
        await Guarded(request.Context, PartOf(request), () => Begin(request));
        return await Record(live: false);
    }

    /// <inheritdoc/>
    public async Task<FoldRecord?> GetStatus() => state.State.Request is null ? null : await Record(live: true);

    /// <inheritdoc/>
    public async Task Stop()
    {
        foreach (var job in new[] { state.State.Training, state.State.Noisy, state.State.Test })
        {
            if (job is { Result: null })
            {
                await Release(job.Job);
            }
        }
    }

    private async Task Begin(FoldRequest request)
    {
        if (state.State.Request is not { } known || known.Context.Attempt != request.Context.Attempt
            || (request.PredictTest && !known.PredictTest) || (request.PredictNoisy && !known.PredictNoisy))
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
        if (Done || state.State.Problem is not null || state.State.Request is not { } request)
        {
            return;
        }
        try
        {
            using var scope = logger.BeginScope("{Experiment} {Owner} {Selection} fold {Fold}",
                request.Context.Experiment, request.Owner, request.Selection, request.Fold);
            var model = request.Context.File().TrainedOf(request.Owner);
            if (state.State.TrainList is null)
            {
                await WriteLists(request);
            }
            var fold = state.State;
            if (fold.Training is null)
            {
                fold.Training = await Prepare(JobDocuments.Training(
                    model, request.Context.Dataset, request.Fold, fold.TrainList!, fold.ValidationList!));
                await this.SaveAsync(state);
            }
            if (!await Advance(fold.Training, "train", request.Priority))
            {
                return;
            }
            var weights = ResultOf(fold.Training)!.Weights
                ?? throw new InputException($"job {fold.Training.Job} trained but gave no weights.");
            if (request.PredictNoisy && fold.NoisyClips > 0 && fold.Noisy is null)
            {
                fold.Noisy = await Prepare(JobDocuments.Prediction(model, request.Context.Dataset, weights, fold.NoisyList!));
                await this.SaveAsync(state);
            }
            if (request.PredictTest && fold.Test is null)
            {
                fold.Test = await Prepare(JobDocuments.Prediction(model, request.Context.Dataset, weights, request.Context.Folds.Test));
                await this.SaveAsync(state);
            }
            // Both are asked for before either is waited for.
            var noisy = fold.Noisy is null || await Advance(fold.Noisy, "predict noisy", request.Priority + PredictionsFirst);
            var test = fold.Test is null || await Advance(fold.Test, "predict test", request.Priority + PredictionsFirst);
            if (noisy && test)
            {
                _waitsFor = null;
            }
        }
        catch (InputException fault)
        {
            await Fail(fault.Message);
        }
        catch (ArtifactMissingException fault)
        {
            await Fail(fault.Message);
        }
    }

    /// <summary>Asks for a job; <c>true</c> when it has a result.</summary>
    private async Task<bool> Advance(FoldJob job, string task, int priority)
    {
        if (job.Result is not null)
        {
            return true;
        }
        var request = state.State.Request!;
        var what = $"{request.Owner} {request.Selection} fold {request.Fold}: {task}";
        var document = JobDocument.Parse(Encoding.UTF8.GetString(await store.Artifacts.ReadAsync(job.Document)), job.Job);
        var asked = new JobRequest
        {
            Job = job.Job,
            Document = job.Document,
            What = what,
            Slots = document.Threads,
            Priority = priority,
            Parent = Self,
            Attempt = request.Context.Attempt,
        };
        var scheduler = GrainFactory.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key);
        var accelerator = AcceleratorPlacementDirector.AcceleratorOf(job.Job);
        if (!await scheduler.HasDevice(accelerator))
        {
            // No silo may hold the job's grain; the queue holds the job until one comes.
            await scheduler.Enqueue(new JobTicket { Request = asked, Accelerator = accelerator });
            _waitsFor = $"a silo with {accelerator} for {what}";
            return false;
        }
        var record = await GrainFactory.GetGrain<ITrainingGrain>(job.Job).Ensure(asked);
        switch (record.Status)
        {
            case JobStatus.Done:
                job.Result = record.Result;
                await this.SaveAsync(state);
                return true;
            case JobStatus.Failed:
                await Fail(record.Problem!);
                return false;
            default:
                _waitsFor = what;
                return false;
        }
    }

    private async Task WriteLists(FoldRequest request)
    {
        var clips = await ClipList.ReadAsync(store.Artifacts, request.Context.Folds.Assignments);
        var promoted = request.Promoted is null ? [] : await ClipList.ReadAsync(store.Artifacts, request.Promoted);
        var lists = await FoldLists.WriteAsync(store.Artifacts, clips, promoted, request.Fold);
        var fold = state.State;
        (fold.TrainList, fold.TrainClips) = (lists.Train, lists.TrainClips);
        (fold.ValidationList, fold.ValidationClips) = (lists.Validation, lists.ValidationClips);
        (fold.NoisyList, fold.NoisyClips) = (lists.Noisy, lists.NoisyClips);
        await this.SaveAsync(state);
    }

    private async Task<FoldJob> Prepare(JobDocument document) => new()
    {
        Job = document.Id,
        Document = await store.Artifacts.PutAsync(Encoding.UTF8.GetBytes(document.ToJson()), "json"),
    };

    private async Task Fail(string problem)
    {
        state.State.Problem = problem;
        _waitsFor = null;
        await this.SaveAsync(state);
    }

    private async Task Release(string job)
    {
        if (await GrainFactory.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key).HasDevice(AcceleratorPlacementDirector.AcceleratorOf(job)))
        {
            await GrainFactory.GetGrain<ITrainingGrain>(job).Release(Self);
        }
        else
        {
            await GrainFactory.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key).Withdraw(job);
        }
    }

    private static string PartOf(FoldRequest request) => $"{request.Owner} {request.Selection} fold {request.Fold}";

    private static JobResult? ResultOf(FoldJob? job) =>
        job?.Result is null ? null : JsonSerializer.Deserialize(job.Result, RecipeJson.Default.JobResult);

    private async Task<FoldRecord> Record(bool live)
    {
        var fold = state.State;
        var request = fold.Request!;
        var training = ResultOf(fold.Training);
        return new FoldRecord
        {
            Owner = request.Owner,
            Selection = request.Selection,
            Fold = request.Fold,
            Done = Done,
            Problem = Problem,
            WaitsFor = Done ? null : WaitsAfterFault ?? _waitsFor,
            TrainClips = fold.TrainClips,
            ValidationClips = fold.ValidationClips,
            TrainingJob = fold.Training?.Job,
            NoisyJob = fold.Noisy?.Job,
            TestJob = fold.Test?.Job,
            Lwlrap = training?.Lwlrap,
            ValidationList = fold.ValidationList,
            OutOfFold = training?.Predictions,
            NoisyPredictions = ResultOf(fold.Noisy)?.Predictions,
            TestPredictions = ResultOf(fold.Test)?.Predictions,
            Jobs = await Count(live),
        };
    }

    private async Task<JobCounts> Count(bool live)
    {
        var request = state.State.Request!;
        var jobs = new[] { state.State.Training, state.State.Noisy, state.State.Test }.OfType<FoldJob>().ToArray();
        var done = jobs.Count(job => job.Result is not null);
        var waiting = new List<JobRecord>();
        if (live && Problem is null)
        {
            foreach (var job in jobs.Where(job => job.Result is null))
            {
                try
                {
                    if (await GrainFactory.GetGrain<ITrainingGrain>(job.Job).Describe() is { } record)
                    {
                        waiting.Add(record);
                    }
                }
                catch (OrleansException fault)
                {
                    // No silo has the device, so nobody can tell; the job waits.
                    logger.LogDebug(fault, "{Job} cannot be asked", job.Job);
                }
            }
        }
        var running = waiting.Where(record => record.Running is not null).Select(record => record.Running!).ToArray();
        return new JobCounts
        {
            Done = done,
            Running = running.Length,
            Queued = jobs.Length - done - running.Length,
            Total = 1 + (request.PredictNoisy ? 1 : 0) + (request.PredictTest ? 1 : 0),
            RunningJobs = running,
        };
    }
}
