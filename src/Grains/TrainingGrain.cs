using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;
using Orleans.Runtime.Placement;
using OrleansTagging.Abstractions;
using OrleansTagging.Grains.Live;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>What outlives the activation of a job.</summary>
[GenerateSerializer, Alias("OrleansTagging.TrainingState")]
public sealed class TrainingState
{
    /// <summary>What was asked for first; <c>null</c> where nobody asked.</summary>
    [Id(0)] public JobRequest? Request { get; set; }

    /// <summary>Those who wait for the result.</summary>
    [Id(1)] public List<JobRequest> Waiting { get; set; } = [];

    /// <summary>Attempts of experiments for which it failed for good.</summary>
    [Id(2)] public List<string> FailedFor { get; set; } = [];

    /// <summary>Trainers started since the last failure for good.</summary>
    [Id(3)] public int Attempts { get; set; }

    /// <summary>Trainers that crashed since then.</summary>
    [Id(4)] public int Crashes { get; set; }

    /// <summary>Why it failed for good.</summary>
    [Id(5)] public string? Problem { get; set; }

    /// <summary>The result as JSON.</summary>
    [Id(6)] public string? Result { get; set; }

    /// <summary>Exit code of the last Trainer that ended.</summary>
    [Id(7)] public int? ExitCode { get; set; }

    /// <summary>Last lines of the last Trainer that ended.</summary>
    [Id(8)] public string[] LastOutput { get; set; } = [];

    /// <summary>Seconds of the Trainer with the result.</summary>
    [Id(9)] public double? Seconds { get; set; }

    /// <summary>Largest resident set of that Trainer.</summary>
    [Id(10)] public long? PeakMemory { get; set; }

    /// <summary>Host of that Trainer.</summary>
    [Id(11)] public string? Host { get; set; }

    /// <summary>How the last Trainer ended.</summary>
    [Id(12)] public JobEnd End { get; set; }

    /// <summary>The same in words.</summary>
    [Id(13)] public string? Ending { get; set; }

    /// <summary>When it is tried again after a crash.</summary>
    [Id(14)] public DateTimeOffset? NextTry { get; set; }

    /// <summary>Address of the last output of the Trainer with which it failed for good.</summary>
    [Id(15)] public string? Log { get; set; }
}

/// <summary>The end of a Trainer, told by the task that followed it to the grain that started it.</summary>
[Alias("OrleansTagging.ITrainerFollower")]
public interface ITrainerFollower : IGrainWithStringKey
{
    /// <summary>The Trainer of the lease has ended.</summary>
    /// <param name="epoch">Epoch of the lease it was started under.</param>
    [Alias("Ended")]
    Task Ended(long epoch);
}

/// <summary>One job: it waits for a lease, runs the Trainer on the leased silo, and keeps the result.</summary>
[GrainType("training"), AcceleratorPlacement]
public sealed class TrainingGrain(
    [PersistentState("training", ArtifactGrainStorage.Name)] IPersistentState<TrainingState> state,
    ITrainer trainer,
    Store store,
    ILocalSiloDetails silo,
    DriveFaults faults,
    TimeProvider clock,
    IOptions<TaggingOptions> options,
    GrainNews news,
    ILogger<TrainingGrain> logger) : Grain, ITrainingGrain, ITrainerFollower
{
    // In a request's context: the epoch of a lease whose start was sent on from another silo.
    private const string SentOn = "sent on";

    private const int LinesInState = 40;

    // Those who waited when the job ended; kept until they are woken, should the store fail in between.
    private readonly List<JobRequest> _toWake = [];

    private readonly SteadyClock _leaseClock = new(clock);

    private FollowedTrainer? _followed;
    private IGrainTimer? _renewal;

    private string Job => this.GetPrimaryKeyString();

    private ISchedulerGrain Scheduler => GrainFactory.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key);

    /// <inheritdoc/>
    public async Task<JobRecord> Ensure(JobRequest request)
    {
        var known = state.State;
        if (known.Result is not null || known.FailedFor.Contains(request.Attempt))
        {
            return Record();
        }
        // Kept by the scheduler until the job begins: a lease brings along all who asked.
        AddWaiting(request);
        _followed?.Add(request);
        await Scheduler.Enqueue(new JobTicket { Request = request, Accelerator = AcceleratorPlacementDirector.AcceleratorOf(Job) });
        return Record();
    }

    /// <inheritdoc/>
    public Task<JobRecord?> Describe() => Task.FromResult(state.State.Request is null ? null : Record());

    /// <inheritdoc/>
    public async Task Release(Parent parent)
    {
        _followed?.Remove(parent);
        var waited = state.State.Waiting.RemoveAll(waiting => waiting.Parent == parent) > 0;
        if (waited && state.RecordExists)
        {
            await this.SaveAsync(state);
        }
        await Scheduler.Release(Job, parent);
        if (waited && state.State.Waiting.Count == 0)
        {
            _followed?.Stop();
        }
    }

    /// <inheritdoc/>
    public async Task Start(JobLease lease)
    {
        // The hint was for this grain alone; the calls made from here go where they like.
        var sentOn = RequestContext.Get(SentOn) is long epoch && epoch == lease.Epoch;
        RequestContext.Remove(IPlacementDirector.PlacementHintKey);
        RequestContext.Remove(SentOn);
        await Guarded(lease.Epoch, () => Begin(lease, sentOn), () => Start(lease), lease.Request);
    }

    /// <inheritdoc/>
    public async Task Recall(long epoch)
    {
        if (_followed is null)
        {
            await Scheduler.Finish(Job, epoch, again: true);
        }
        else if (_followed.Epoch == epoch)
        {
            _followed.Stop();
        }
    }

    /// <inheritdoc/>
    public async Task Ended(long epoch)
    {
        if (_followed is not { } followed || followed.Number != epoch)
        {
            return;
        }
        _renewal?.Dispose();
        _followed = null;
        await Settle(followed);
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_followed is not { } followed)
        {
            return;
        }
        _renewal?.Dispose();
        followed.Stop();
        _followed = null;
        try
        {
            var outcome = await followed.Outcome.WaitAsync(2 * options.Value.StopPatience, clock, cancellationToken);
            if (outcome.Result is not null)
            {
                await Conclude(followed).WaitAsync(options.Value.StopPatience, clock, cancellationToken);
                return;
            }
            await Scheduler.Finish(Job, followed.Epoch, again: true).WaitAsync(options.Value.StopPatience, clock, cancellationToken);
        }
        catch (Exception fault)
        {
            // The lease ends by itself when nobody renews it.
            logger.LogDebug(fault, "The lease of {Job} could not be given back", Job);
        }
    }

    private async Task Begin(JobLease lease, bool sentOn)
    {
        switch (LeaseRules.OnStart(lease, silo.SiloAddress, _followed?.Epoch, sentOn))
        {
            case LeaseStart.Ignore:
                return;
            case LeaseStart.HandOver:
                await HandOver(lease);
                return;
            case LeaseStart.Adopt:
                await Adopt(lease);
                return;
            case LeaseStart.Yield:
                Yield();
                return;
        }
        var renewed = _leaseClock.Now;
        if (!await Scheduler.Renew(Job, lease.Epoch))
        {
            return;
        }
        // Where no silo had the device when the job was asked for, it comes with its first lease.
        foreach (var asker in lease.Askers)
        {
            AddWaiting(asker);
        }
        if (state.State.Result is not null || state.State.FailedFor.Contains(lease.Request.Attempt))
        {
            TakeWaiting();
            await Finish(lease.Epoch);
            return;
        }
        if (await ReadDocument(lease) is not { } document)
        {
            return;
        }
        // Not written: should this silo die, the next lease tells who waits and how many there were.
        state.State.Attempts = Math.Max(state.State.Attempts + 1, lease.Number);
        state.State.NextTry = null;
        Follow(document, lease, renewed);
    }

    private Task Settle(FollowedTrainer followed) =>
        Guarded(followed.Epoch, () => Conclude(followed), () => Settle(followed), followed.Request);

    private async Task Conclude(FollowedTrainer followed)
    {
        var outcome = await followed.Outcome;
        followed.End(outcome);
        var isStored = state.State.Result is not null || state.State.FailedFor.Contains(followed.Request.Attempt);
        var end = LeaseRules.OnEnd(isStored, outcome.Stopped, followed.Fenced, followed.CrashIsStored);
        if (end == LeaseEnd.TellAgain)
        {
            TakeWaiting();
            await Finish(followed.Epoch);
            return;
        }
        // A write that failed was followed by a fresh read of what is stored, and who asked in the meantime is not.
        foreach (var asker in followed.Askers)
        {
            AddWaiting(asker);
        }
        state.State.Attempts = Math.Max(state.State.Attempts, followed.Attempt);
        if (end == LeaseEnd.GiveBack)
        {
            var again = state.State.Waiting.Count > 0;
            logger.LogInformation("{Job} was stopped{Again}", Job, again ? " and waits again" : "");
            if (!await Scheduler.Finish(Job, followed.Epoch, again))
            {
                await Requeue();
            }
            return;
        }
        if (end == LeaseEnd.TellCrashAgain)
        {
            await Scheduler.Finish(Job, followed.Epoch, again: true, Backoff(state.State.Crashes));
            return;
        }
        if (end == LeaseEnd.Drop || !await Holds(followed))
        {
            logger.LogWarning("{Job} ended under lease {Epoch}, which had ended before; its result is dropped", Job, followed.Epoch);
            await Requeue();
            return;
        }
        await Record(outcome, followed);
    }

    // A lease that was confirmed just now need not be asked for again.
    private async Task<bool> Holds(FollowedTrainer followed) =>
        LeaseRules.IsFresh(followed.Renewed, _leaseClock.Now, options.Value.Heartbeat) || await Scheduler.Renew(Job, followed.Epoch);

    private async Task Adopt(JobLease lease)
    {
        var renewed = _leaseClock.Now;
        if (await Scheduler.Renew(Job, lease.Epoch))
        {
            // The lease had run out while the Trainer went on; the new one is for the same silo, so the work is not lost.
            (_followed!.Epoch, _followed.Renewed) = (lease.Epoch, renewed);
        }
        else if (lease.Epoch > _followed!.Epoch)
        {
            Yield();
        }
    }

    /// <summary>Stops a Trainer whose lease has ended; what it leaves does not count.</summary>
    private void Yield()
    {
        _followed!.Fenced = true;
        _followed.Stop();
    }

    private async Task HandOver(JobLease lease)
    {
        // Sent before this activation ends: the first message to find the next one carries the hint to the leased silo.
        RequestContext.Set(IPlacementDirector.PlacementHintKey, lease.Silo);
        RequestContext.Set(SentOn, lease.Epoch);
        await GrainFactory.GetGrain<ITrainingGrain>(Job).Start(lease);
        RequestContext.Remove(IPlacementDirector.PlacementHintKey);
        RequestContext.Remove(SentOn);
        DeactivateOnIdle();
    }

    private async Task<JobDocument?> ReadDocument(JobLease lease)
    {
        var request = lease.Request;
        try
        {
            var document = JobDocument.Parse(Encoding.UTF8.GetString(await store.Artifacts.ReadAsync(request.Document)), Job);
            return document.Id == Job
                ? document
                : throw new InputException($"{Job}: its document {request.Document} is that of {document.Id}.");
        }
        // A store that fails for a moment is another matter, and is tried again.
        catch (Exception fault) when (fault is InputException or ArtifactMissingException or ArtifactDamagedException)
        {
            await Fail(fault.Message, lease.Epoch);
            return null;
        }
    }

    private void Follow(JobDocument document, JobLease lease, DateTimeOffset renewed)
    {
        var self = GrainFactory.GetGrain<ITrainerFollower>(Job);
        var followed = new FollowedTrainer(lease.Epoch, Job, lease.Request.What, news)
        {
            Renewed = renewed,
            Attempt = state.State.Attempts,
            Request = lease.Request,
            Askers = [.. state.State.Waiting],
            Span = JobSpan.Begin(lease),
            BatchSize = document.Train?.Settings.BatchSize ?? 0,
        };
        _followed = followed;
        logger.LogInformation("{Job} starts on {Device}: {What}", Job, lease.Device, lease.Request.What);
        // Off the grain's turns: a Trainer works for minutes or hours, and its end comes back as a call.
        followed.Outcome = Task.Run(() => trainer.RunAsync(document, lease.Device, followed.Hear, followed.Stopping));
        _ = Task.Run(() => TellEnd(self, followed));
        _renewal = this.RegisterGrainTimer(_ => Renew(), new GrainTimerCreationOptions(options.Value.Heartbeat, options.Value.Heartbeat));
        DelayDeactivation(options.Value.Silence + options.Value.Heartbeat);
    }

    private async Task TellEnd(ITrainerFollower self, FollowedTrainer followed)
    {
        await ((Task)followed.Outcome).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        try
        {
            await self.Ended(followed.Number);
        }
        catch (Exception fault)
        {
            // The silo ends; the lease runs out and the job is done again or found done.
            logger.LogDebug(fault, "The end of {Job} could not be told", Job);
        }
    }

    private async Task Renew()
    {
        if (_followed is not { } followed)
        {
            return;
        }
        DelayDeactivation(options.Value.Silence + options.Value.Heartbeat);
        if (followed.Outcome.IsCompleted)
        {
            // Its call may have been lost.
            await Ended(followed.Number);
            return;
        }
        var now = _leaseClock.Now;
        if (await Scheduler.Renew(Job, followed.Epoch))
        {
            followed.Renewed = now;
        }
        else if (_followed == followed)
        {
            logger.LogWarning("The lease {Epoch} of {Job} has ended; its Trainer is stopped", followed.Epoch, Job);
            Yield();
        }
    }

    private async Task Record(TrainerOutcome outcome, FollowedTrainer followed)
    {
        var (known, epoch) = (state.State, followed.Epoch);
        var (end, ending, error) = (outcome.End, outcome.Ending, outcome.Error);
        if (outcome.Result is { } told && await MissingOf(told) is { } missing)
        {
            (end, ending, error) = (JobEnd.BadResult, "told of success", $"its result names {missing}, which is not in the store");
        }
        (known.End, known.Ending) = (end, end == JobEnd.Done ? null : ending);
        known.ExitCode = outcome.ExitCode;
        known.LastOutput = [.. outcome.LastOutput.TakeLast(LinesInState)];
        switch (end)
        {
            case JobEnd.Done:
                known.Result = JsonSerializer.Serialize(outcome.Result, RecipeJson.Default.JobResult);
                known.Seconds = outcome.Seconds;
                known.PeakMemory = outcome.PeakMemory;
                known.Host = Environment.MachineName;
                known.Problem = null;
                TakeWaiting();
                await this.SaveAsync(state);
                logger.LogInformation("{Job} is done after {Seconds:0.0} s", Job, outcome.Seconds);
                await Finish(epoch);
                await RemoveCheckpoints();
                break;
            case JobEnd.BadInput or JobEnd.NotStarted:
                await Fail(error!, epoch);
                break;
            case var _ when ++known.Crashes >= options.Value.Crashes:
                known.Log = await KeepOutput(outcome, ending);
                await Fail($"its Trainer failed {known.Crashes} times, and {ending} the last time: {error}{Advice(end)}", epoch);
                break;
            default:
                var delay = Backoff(known.Crashes);
                known.NextTry = clock.GetUtcNow() + delay;
                logger.LogWarning(
                    "{Job}: its Trainer {Ending} and is tried again at {NextTry:O}: {Error}", Job, ending, known.NextTry, error);
                await this.SaveAsync(state);
                followed.CrashIsStored = true;
                await Scheduler.Finish(Job, epoch, again: true, delay);
                break;
        }
    }

    private async Task<string?> MissingOf(JobResult result)
    {
        foreach (var address in new[]
            { result.Weights, result.Predictions, result.HonestPredictions, result.Curve, result.Checkpoint }.OfType<string>())
        {
            if (!await store.Artifacts.ExistsAsync(address))
            {
                return address;
            }
        }
        return null;
    }

    private TimeSpan Backoff(int crashes)
    {
        var (first, longest) = (options.Value.Backoff, options.Value.LongestBackoff);
        return crashes > 30 || first * Math.Pow(2, crashes - 1) > longest ? longest : first * Math.Pow(2, crashes - 1);
    }

    private async Task<string> KeepOutput(TrainerOutcome outcome, string ending)
    {
        string[] text =
        [
            $"{Job} ({state.State.Request!.What})", $"Its Trainer {ending}: {outcome.Error}", "", .. outcome.LastOutput, "",
        ];
        return await store.Artifacts.PutAsync(Encoding.UTF8.GetBytes(string.Join('\n', text)), "txt");
    }

    private string Advice(JobEnd end) => end != JobEnd.OutOfMemory ? ""
        : AcceleratorPlacementDirector.AcceleratorOf(Job) == "cuda"
            ? "; use a smaller batch size, or fewer slots for each CUDA device of the silo"
            : "; use a smaller batch size, or fewer CPU slots on the silo, so that fewer jobs run at a time";

    private async Task RemoveCheckpoints()
    {
        try
        {
            await store.Checkpoints.RemoveAsync(Job);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // They take room and do no harm.
            logger.LogWarning(fault, "The checkpoints of {Job} could not be removed", Job);
        }
    }

    /// <summary>Does what a lease asks for; several unforeseen faults in a row end the job.</summary>
    private async Task Guarded(long epoch, Func<Task> work, Func<Task> again, JobRequest request)
    {
        using var scope = logger.BeginScope("{Experiment} {Job}", request.Parent.Experiment, Job);
        await faults.Guard(this, request.Attempt, "its grain", work, again);
        if (faults.ProblemOf(GrainContext.GrainId) is { } problem)
        {
            AddWaiting(request);
            await Fail(problem, epoch);
        }
    }

    private async Task Fail(string problem, long epoch)
    {
        var known = state.State;
        known.Problem = $"job {Job} ({known.Request!.What}): {problem.ReplaceLineEndings(" ")}";
        known.FailedFor = [.. known.Waiting.Select(waiting => waiting.Attempt).Distinct()];
        (known.Crashes, known.NextTry) = (0, null);
        logger.LogError("{Problem}", known.Problem);
        TakeWaiting();
        await this.SaveAsync(state);
        await Finish(epoch);
    }

    private async Task Requeue()
    {
        if (state.State is { Result: null, Waiting: [var first, ..] })
        {
            await Scheduler.Enqueue(new JobTicket { Request = first, Accelerator = AcceleratorPlacementDirector.AcceleratorOf(Job) });
        }
    }

    /// <summary>Nobody waits any more, once those who did are woken.</summary>
    private void TakeWaiting()
    {
        _toWake.AddRange(state.State.Waiting);
        state.State.Waiting = [];
    }

    /// <summary>Ends the lease for good and wakes all who waited.</summary>
    private async Task Finish(long epoch)
    {
        await Scheduler.Finish(Job, epoch, again: false);
        foreach (var parent in _toWake.Select(request => request.Parent).Distinct())
        {
            await GrainFactory.Wake(parent);
        }
        _toWake.Clear();
    }

    private bool AddWaiting(JobRequest request)
    {
        var known = state.State;
        var changed = known.Request is null;
        known.Request ??= request;
        if (known.Problem is not null && known.Result is null && !known.FailedFor.Contains(request.Attempt))
        {
            // A new attempt begins afresh.
            (known.Problem, known.Log) = (null, null);
            (known.Attempts, known.NextTry) = (0, null);
            changed = true;
        }
        if (!known.Waiting.Exists(waiting => waiting.Parent == request.Parent && waiting.Attempt == request.Attempt))
        {
            if (!known.Waiting.Exists(waiting => waiting.Attempt == request.Attempt))
            {
                // A Trainer of the attempt before may still be on its way down; its crashes are not held against this one.
                known.Crashes = 0;
            }
            known.Waiting.RemoveAll(waiting => waiting.Parent == request.Parent);
            known.Waiting.Add(request);
            changed = true;
        }
        return changed;
    }

    private JobRecord Record()
    {
        var stored = StoredJob.Of(Job, state.State);
        var problem = stored.Problem ?? faults.ProblemOf(GrainContext.GrainId);
        return stored with
        {
            Status = stored.Status == JobStatus.Done ? JobStatus.Done
                : problem is not null ? JobStatus.Failed
                : _followed is not null ? JobStatus.Running
                : stored.Status,
            Problem = problem,
            Running = _followed?.Live,
            Waits = Waits(),
        };
    }

    private string? Waits()
    {
        var known = state.State;
        if (known is not { Result: null, Crashes: > 0, Request: { } request } || _followed is not null || known.Waiting.Count == 0)
        {
            return null;
        }
        var seconds = Math.Ceiling(((known.NextTry ?? clock.GetUtcNow()) - clock.GetUtcNow()).TotalSeconds);
        return $"job {Job} ({request.What}): try {known.Crashes} of {options.Value.Crashes} failed (its Trainer {known.Ending}), "
            + (seconds > 0 ? FormattableString.Invariant($"the next in {seconds:0} s") : "the next when a device is free");
    }

    /// <summary>A Trainer at work. Its messages arrive on other threads, hence the one volatile record of the last.</summary>
    private sealed class FollowedTrainer(long epoch, string job, string what, GrainNews news)
    {
        private readonly CancellationTokenSource _stop = new();
        private volatile RunningJob _live = new() { Job = job, What = what };
        private volatile string[] _experiments = [];
        private bool _ended;

        /// <summary>Epoch of the lease it was started under: which Trainer it is.</summary>
        public long Number { get; } = epoch;

        /// <summary>Epoch of the lease it holds now.</summary>
        public long Epoch { get; set; } = epoch;

        /// <summary>How many Trainers there were with this one.</summary>
        public required int Attempt { get; init; }

        /// <summary>For whom it was started.</summary>
        public required JobRequest Request { get; init; }

        /// <summary>Those who wait for it.</summary>
        public required List<JobRequest> Askers
        {
            get;
            init => (field, _experiments) = (value, ExperimentsOf(value));
        }

        /// <summary>What is told of it.</summary>
        public required JobSpan Span { get; init; }

        /// <summary>Clips a step; 0 for a prediction.</summary>
        public required int BatchSize { get; init; }

        /// <summary>Whether its crash is on disk.</summary>
        public bool CrashIsStored { get; set; }

        /// <summary>When the lease was last known to hold.</summary>
        public DateTimeOffset Renewed { get; set; }

        public bool Fenced { get; set; }

        public Task<TrainerOutcome> Outcome { get; set; } = null!;

        public RunningJob Live => _live;

        public CancellationToken Stopping => _stop.Token;

        public void Stop() => _stop.Cancel();

        public void Add(JobRequest request)
        {
            Remove(request.Parent);
            Askers.Add(request);
            _experiments = ExperimentsOf(Askers);
        }

        public void Remove(Parent parent)
        {
            Askers.RemoveAll(asker => asker.Parent == parent);
            _experiments = ExperimentsOf(Askers);
        }

        /// <summary>Tells how it ended, once.</summary>
        public void End(TrainerOutcome outcome)
        {
            if (!_ended)
            {
                _ended = true;
                Span.End(outcome.End, outcome.Error);
                Telemetry.Ended(Request.Parent.Experiment, BatchSize > 0 ? "train" : "predict", outcome.End, outcome.Seconds,
                    outcome.Result is null ? 0 : (long)BatchSize * _live.Steps);
                Tell(_live with { Ended = true });
            }
        }

        public void Hear(TrainerMessage message)
        {
            Span.Hear(message);
            if (message.Kind == "waiting")
            {
                _live = _live with { Waits = message.Error };
            }
            else if (message.Kind == "progress")
            {
                _live = new RunningJob
                {
                    Job = job,
                    What = what,
                    Epoch = message.Epoch,
                    Epochs = message.Epochs,
                    Step = message.Step,
                    Steps = message.Steps,
                    Loss = message.Loss,
                    Lwlrap = message.Lwlrap,
                    Seconds = message.Seconds,
                };
            }
            else
            {
                return;
            }
            Tell(_live);
        }

        private void Tell(RunningJob live)
        {
            foreach (var experiment in _experiments)
            {
                news.Heard(experiment, live);
            }
        }

        private static string[] ExperimentsOf(List<JobRequest> askers) =>
            [.. askers.Select(asker => asker.Parent.Experiment).Distinct()];
    }
}
