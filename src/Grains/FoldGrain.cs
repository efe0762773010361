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

    /// <summary>The experiment's attempt for which the lists and the training were last written.</summary>
    [Id(5)] public string? WrittenFor { get; set; }

    /// <summary>The training.</summary>
    [Id(6)] public FoldJob? Training { get; set; }

    /// <summary>The trainings that continued it, in their order.</summary>
    [Id(10)] public List<FoldJob> Continuations { get; set; } = [];

    /// <summary>The epochs of all continuations that are wanted.</summary>
    [Id(11)] public int[] MoreEpochs { get; set; } = [];

    /// <summary>The prediction of the noisy clips.</summary>
    [Id(7)] public FoldJob? Noisy { get; set; }

    /// <summary>The prediction of the test clips.</summary>
    [Id(8)] public FoldJob? Test { get; set; }

    /// <summary>Why it cannot go on.</summary>
    [Id(9)] public string? Problem { get; set; }

    /// <summary>The experiment's attempt for which it was stopped; it goes on for the next.</summary>
    [Id(12)] public string? StoppedFor { get; set; }
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

    private IEnumerable<FoldJob> Trainings => state.State.Training is { } first ? [first, .. state.State.Continuations] : [];

    private FoldJob[] Jobs => [.. Trainings, .. new[] { state.State.Noisy, state.State.Test }.OfType<FoldJob>()];

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
        && fold.WrittenFor == request.Context.Attempt
        && fold.Continuations.Count == fold.MoreEpochs.Length && fold.Continuations.TrueForAll(job => job.Result is not null)
        && (!request.PredictNoisy || fold.Noisy?.Result is not null)
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
        if (Done || state.State.Request is not { } request)
        {
            return;
        }
        if (state.State.StoppedFor != request.Context.Attempt)
        {
            // A wake-up that is under way must not ask for its jobs again.
            state.State.StoppedFor = request.Context.Attempt;
            _waitsFor = null;
            await this.SaveAsync(state);
        }
        foreach (var job in Jobs.Where(job => job.Result is null))
        {
            await Release(job.Job);
        }
    }

    private async Task Begin(FoldRequest request)
    {
        if (state.State.Request?.Context.Attempt != request.Context.Attempt)
        {
            state.State.Request = request;
            (state.State.Problem, state.State.StoppedFor) = (null, null);
            await this.SaveAsync(state);
        }
        await Drive();
    }

    /// <inheritdoc/>
    protected override async Task Drive()
    {
        if (Done || state.State.Problem is not null || state.State.Request is not { } request
            || state.State.StoppedFor == request.Context.Attempt)
        {
            return;
        }
        try
        {
            using var scope = logger.BeginScope("{Experiment} {Owner} {Selection} fold {Fold}",
                request.Context.Experiment, request.Owner, request.Selection, request.Fold);
            var model = request.Context.File().TrainedOf(request.Owner);
            var fold = state.State;
            if (fold.WrittenFor != request.Context.Attempt)
            {
                await Write(request, model);
            }
            if (await Train(request) is not { } training)
            {
                return;
            }
            var weights = ResultOf(training)!.Weights ?? throw new InputException($"job {training.Job} trained but gave no weights.");
            if (request.PredictNoisy && fold.Noisy is null)
            {
                fold.Noisy = await Prepare(JobDocuments.Prediction(model, request.Context.Dataset, weights, request.Context.Folds.Noisy));
                await this.SaveAsync(state);
            }
            if (request.PredictTest && fold.Test is null)
            {
                fold.Test = await Prepare(JobDocuments.Prediction(model, request.Context.Dataset, weights, request.Context.Folds.Judged));
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

    /// <summary>Asks for the training and those that continue it; the last one when all of them have results.</summary>
    private async Task<FoldJob?> Train(FoldRequest request)
    {
        var fold = state.State;
        var last = fold.Training!;
        if (!await Advance(last, "train", request.Priority))
        {
            return null;
        }
        for (var more = 0; more < fold.MoreEpochs.Length; more++)
        {
            if (more == fold.Continuations.Count)
            {
                var checkpoint = ResultOf(last)!.Checkpoint
                    ?? throw new InputException($"job {last.Job} left no checkpoint, so that it cannot be continued.");
                fold.Continuations.Add(await Prepare(JobDocuments.Continuation(await DocumentOf(last), checkpoint, fold.MoreEpochs[more])));
                await this.SaveAsync(state);
            }
            last = fold.Continuations[more];
            if (!await Advance(last, "train on", request.Priority))
            {
                return null;
            }
        }
        return last;
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
        var document = await DocumentOf(job);
        var asked = new JobRequest
        {
            Job = job.Job,
            Document = job.Document,
            What = what,
            Slots = document.Threads,
            Priority = priority,
            Parent = Self,
            Attempt = request.Context.Attempt,
            Trace = request.Context.Trace,
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
                _waitsFor = record.Waits ?? what;
                return false;
        }
    }

    /// <summary>
    /// Writes the lists of clips and the training's document. Where another file asks for the training that is known already, its results
    /// stay.
    /// </summary>
    private async Task Write(FoldRequest request, TrainedModel model)
    {
        var clips = await ClipList.ReadAsync(store.Artifacts, request.Context.Folds.Assignments);
        var promoted = request.Promoted is null ? [] : await ClipList.ReadAsync(store.Artifacts, request.Promoted);
        var share = Selection.TryParse(request.Selection, out var selection) && selection.Curriculum is { } curriculum
            ? request.Context.File().Curricula[curriculum].Share
            : "other_folds";
        var lists = await FoldLists.WriteAsync(store.Artifacts, clips, promoted, request.Fold, share);
        var fold = state.State;
        (fold.TrainList, fold.TrainClips) = (lists.Train, lists.TrainClips);
        (fold.ValidationList, fold.ValidationClips) = (lists.Validation, lists.ValidationClips);
        var training = await Prepare(JobDocuments.Training(
            model, request.Context.Dataset, request.Fold, lists.Train, lists.Validation));
        if (fold.Training?.Job != training.Job)
        {
            (fold.Training, fold.Continuations, fold.Noisy, fold.Test) = (training, [], null, null);
        }
        var more = model.Training.MoreEpochs;
        if (!more.AsSpan().SequenceEqual(fold.MoreEpochs))
        {
            var alike = more.AsSpan().CommonPrefixLength(fold.MoreEpochs);
            fold.Continuations = [.. fold.Continuations.Take(alike)];
            (fold.MoreEpochs, fold.Noisy, fold.Test) = (more, null, null);
        }
        fold.WrittenFor = request.Context.Attempt;
        await this.SaveAsync(state);
    }

    private async Task<FoldJob> Prepare(JobDocument document) => new()
    {
        Job = document.Id,
        Document = await store.Artifacts.PutAsync(Encoding.UTF8.GetBytes(document.ToJson()), "json"),
    };

    private async Task<JobDocument> DocumentOf(FoldJob job) =>
        JobDocument.Parse(Encoding.UTF8.GetString(await store.Artifacts.ReadAsync(job.Document)), job.Job);

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
            await GrainFactory.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key).Release(job, Self);
        }
    }

    private static string PartOf(FoldRequest request) => $"{request.Owner} {request.Selection} fold {request.Fold}";

    private static JobResult? ResultOf(FoldJob? job) =>
        job?.Result is null ? null : JsonSerializer.Deserialize(job.Result, RecipeJson.Default.JobResult);

    private async Task<FoldRecord> Record(bool live)
    {
        var asked = live && Problem is null ? await AskJobs() : [];
        var fold = state.State;
        var request = fold.Request!;
        var trainings = Trainings.ToArray();
        var training = ResultOf(trainings.LastOrDefault());
        return new FoldRecord
        {
            Owner = request.Owner,
            Selection = request.Selection,
            Fold = request.Fold,
            Done = Done,
            Problem = Problem,
            WaitsFor = Done ? null
                : WaitsAfterFault ?? asked.Select(job => job.Waits).FirstOrDefault(waits => waits is not null) ?? _waitsFor,
            TrainClips = fold.TrainClips,
            ValidationClips = fold.ValidationClips,
            TrainingJob = trainings.LastOrDefault()?.Job,
            ContinuedJobs = [.. trainings.SkipLast(1).Select(job => job.Job)],
            NoisyJob = fold.Noisy?.Job,
            TestJob = fold.Test?.Job,
            Lwlrap = training?.Lwlrap,
            HonestLwlrap = training?.HonestLwlrap,
            BestEpoch = training?.BestEpoch,
            ValidationList = fold.ValidationList,
            OutOfFold = training?.Predictions,
            HonestOutOfFold = training?.HonestPredictions,
            NoisyPredictions = ResultOf(fold.Noisy)?.Predictions,
            TestPredictions = ResultOf(fold.Test)?.Predictions,
            Jobs = Count(asked),
        };
    }

    /// <summary>What is known of the jobs without a result.</summary>
    private async Task<List<JobRecord>> AskJobs()
    {
        var asked = new List<JobRecord>();
        foreach (var job in Jobs.Where(job => job.Result is null))
        {
            try
            {
                if (await GrainFactory.GetGrain<ITrainingGrain>(job.Job).Describe() is { } record)
                {
                    asked.Add(record);
                }
            }
            catch (OrleansException fault)
            {
                // No silo has the device, so nobody can tell; the job waits.
                logger.LogDebug(fault, "{Job} cannot be asked", job.Job);
            }
        }
        return asked;
    }

    private JobCounts Count(List<JobRecord> asked)
    {
        var request = state.State.Request!;
        var jobs = Jobs;
        var done = jobs.Count(job => job.Result is not null);
        var running = asked.Select(record => record.Running).OfType<RunningJob>().ToArray();
        return new JobCounts
        {
            Done = done,
            Running = running.Length,
            Queued = jobs.Length - done - running.Length,
            Total = JobTally.OfFold(request.Context.File().TrainedOf(request.Owner), request.PredictNoisy, request.PredictTest),
            RunningJobs = running,
        };
    }
}
