using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;
using Orleans.Runtime.Placement;
using OrleansTagging.Abstractions;
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
    TrainerProcess trainer,
    Store store,
    ILocalSiloDetails silo,
    DriveFaults faults,
    IOptions<TaggingOptions> options,
    ILogger<TrainingGrain> logger) : Grain, ITrainingGrain, ITrainerFollower
{
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
        if (AddWaiting(request))
        {
            await this.SaveAsync(state);
        }
        if (_followed is null)
        {
            await Scheduler.Enqueue(new JobTicket { Request = request, Accelerator = AcceleratorPlacementDirector.AcceleratorOf(Job) });
        }
        return Record();
    }

    /// <inheritdoc/>
    public Task<JobRecord?> Describe() => Task.FromResult(state.State.Request is null ? null : Record());

    /// <inheritdoc/>
    public async Task Release(Parent parent)
    {
        if (state.State.Waiting.RemoveAll(waiting => waiting.Parent == parent) == 0)
        {
            return;
        }
        await this.SaveAsync(state);
        if (state.State.Waiting.Count > 0)
        {
            return;
        }
        if (_followed is null)
        {
            await Scheduler.Withdraw(Job);
        }
        else
        {
            _followed.Stop();
        }
    }

    /// <inheritdoc/>
    public async Task Start(JobLease lease)
    {
        // The hint was for this grain alone; the calls made from here go where they like.
        RequestContext.Remove(IPlacementDirector.PlacementHintKey);
        await Guarded(lease.Epoch, () => Begin(lease), () => Start(lease), lease.Request);
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
            await followed.Outcome.WaitAsync(2 * options.Value.StopPatience, cancellationToken);
            await Scheduler.Finish(Job, followed.Epoch, again: true).WaitAsync(options.Value.StopPatience, cancellationToken);
        }
        catch (Exception fault)
        {
            // The lease ends by itself when nobody renews it.
            logger.LogDebug(fault, "The lease of {Job} could not be given back", Job);
        }
    }

    private async Task Begin(JobLease lease)
    {
        if (_followed is not null)
        {
            await Adopt(lease);
            return;
        }
        if (!lease.Silo.Equals(silo.SiloAddress))
        {
            await HandOver(lease);
            return;
        }
        if (!await Scheduler.Renew(Job, lease.Epoch))
        {
            return;
        }
        // Where no silo had the device when the job was asked for, it comes with its first lease.
        AddWaiting(lease.Request);
        if (state.State.Result is not null || state.State.FailedFor.Contains(lease.Request.Attempt))
        {
            await Scheduler.Finish(Job, lease.Epoch, again: false);
            await WakeWaiting();
            return;
        }
        if (await ReadDocument(lease.Request) is not { } document)
        {
            await Scheduler.Finish(Job, lease.Epoch, again: false);
            await WakeWaiting();
            return;
        }
        state.State.Attempts++;
        await this.SaveAsync(state);
        Follow(document, lease);
    }

    private Task Settle(FollowedTrainer followed) =>
        Guarded(followed.Epoch, () => Conclude(followed), () => Settle(followed), state.State.Request!);

    private async Task Conclude(FollowedTrainer followed)
    {
        var outcome = await followed.Outcome;
        if (outcome.Stopped && state.State.Waiting.Count == 0)
        {
            logger.LogInformation("{Job} was stopped", Job);
            await Scheduler.Finish(Job, followed.Epoch, again: false);
            return;
        }
        if (followed.Fenced || !await Scheduler.Renew(Job, followed.Epoch))
        {
            logger.LogWarning("{Job} ended under lease {Epoch}, which had ended before; its result is dropped", Job, followed.Epoch);
            await Requeue();
            return;
        }
        await Record(outcome, followed.Epoch);
    }

    private async Task Adopt(JobLease lease)
    {
        if (lease.Silo.Equals(silo.SiloAddress) && lease.Epoch >= _followed!.Epoch && await Scheduler.Renew(Job, lease.Epoch))
        {
            // The lease had run out while the Trainer went on; the new one is for the same silo, so the work is not lost.
            _followed.Epoch = lease.Epoch;
            return;
        }
        if (lease.Epoch > _followed!.Epoch)
        {
            _followed.Fenced = true;
            _followed.Stop();
        }
    }

    private async Task HandOver(JobLease lease)
    {
        // Sent before this activation ends: the first message to find the next one carries the hint to the leased silo.
        RequestContext.Set(IPlacementDirector.PlacementHintKey, lease.Silo);
        await GrainFactory.GetGrain<ITrainingGrain>(Job).Start(lease);
        RequestContext.Remove(IPlacementDirector.PlacementHintKey);
        DeactivateOnIdle();
    }

    private async Task<JobDocument?> ReadDocument(JobRequest request)
    {
        try
        {
            var document = JobDocument.Parse(Encoding.UTF8.GetString(await store.Artifacts.ReadAsync(request.Document)), Job);
            return document.Id == Job
                ? document
                : throw new InputException($"{Job}: its document {request.Document} is that of {document.Id}.");
        }
        catch (Exception fault) when (fault is InputException or IOException)
        {
            await Fail(fault.Message);
            return null;
        }
    }

    private void Follow(JobDocument document, JobLease lease)
    {
        var self = GrainFactory.GetGrain<ITrainerFollower>(Job);
        var followed = new FollowedTrainer(lease.Epoch, Job, lease.Request.What);
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
        if (!await Scheduler.Renew(Job, followed.Epoch) && _followed == followed)
        {
            logger.LogWarning("The lease {Epoch} of {Job} has ended; its Trainer is stopped", followed.Epoch, Job);
            followed.Fenced = true;
            followed.Stop();
        }
    }

    private async Task Record(TrainerOutcome outcome, long epoch)
    {
        var known = state.State;
        known.ExitCode = outcome.ExitCode;
        known.LastOutput = outcome.LastOutput;
        if (outcome.Result is { } result)
        {
            known.Result = JsonSerializer.Serialize(result, RecipeJson.Default.JobResult);
            known.Seconds = outcome.Seconds;
            known.PeakMemory = outcome.PeakMemory;
            known.Host = Environment.MachineName;
            known.Problem = null;
            await this.SaveAsync(state);
            logger.LogInformation("{Job} is done after {Seconds:0.0} s", Job, outcome.Seconds);
            await RemoveCheckpoints();
        }
        else if (outcome.BadInput || outcome.ExitCode is null)
        {
            await Fail(outcome.Error!);
        }
        else if (++known.Crashes >= options.Value.Crashes)
        {
            await Fail($"its Trainer failed {known.Crashes} times, last with exit code {outcome.ExitCode}: {outcome.Error}");
        }
        else
        {
            logger.LogWarning("{Job}: its Trainer ended with exit code {ExitCode} and is tried again: {Error}",
                Job, outcome.ExitCode, outcome.Error);
            await this.SaveAsync(state);
            await Scheduler.Finish(Job, epoch, again: true);
            return;
        }
        await Scheduler.Finish(Job, epoch, again: false);
        await WakeWaiting();
    }

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
        await faults.Guard(this, request.Attempt, "its grain", work, again);
        if (faults.ProblemOf(GrainContext.GrainId) is { } problem)
        {
            AddWaiting(request);
            await Fail(problem);
            await Scheduler.Finish(Job, epoch, again: false);
            await WakeWaiting();
        }
    }

    private async Task Fail(string problem)
    {
        var known = state.State;
        known.Problem = $"job {Job} ({known.Request!.What}): {problem.ReplaceLineEndings(" ")}";
        known.FailedFor = [.. known.Waiting.Select(waiting => waiting.Attempt).Distinct()];
        known.Crashes = 0;
        logger.LogError("{Problem}", known.Problem);
        await this.SaveAsync(state);
    }

    private async Task Requeue()
    {
        if (state.State is { Result: null, Waiting: [var first, ..] })
        {
            await Scheduler.Enqueue(new JobTicket { Request = first, Accelerator = AcceleratorPlacementDirector.AcceleratorOf(Job) });
        }
    }

    private async Task WakeWaiting()
    {
        var waiting = state.State.Waiting;
        if (waiting.Count == 0)
        {
            return;
        }
        state.State.Waiting = [];
        await this.SaveAsync(state);
        foreach (var request in waiting.DistinctBy(request => request.Parent))
        {
            await GrainFactory.Wake(request.Parent);
        }
    }

    private bool AddWaiting(JobRequest request)
    {
        var known = state.State;
        var changed = known.Request is null;
        known.Request ??= request;
        if (known.Problem is not null && known.Result is null && !known.FailedFor.Contains(request.Attempt))
        {
            // A new attempt begins afresh.
            known.Problem = null;
            known.Attempts = 0;
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
        var known = state.State;
        var problem = known.Problem ?? faults.ProblemOf(GrainContext.GrainId);
        return new JobRecord
        {
            Job = Job,
            What = known.Request?.What ?? "",
            Document = known.Request?.Document ?? "",
            Status = known.Result is not null ? JobStatus.Done
                : problem is not null ? JobStatus.Failed
                : _followed is not null ? JobStatus.Running
                : known.Waiting.Count > 0 ? JobStatus.Queued
                : JobStatus.None,
            Attempts = known.Attempts,
            Problem = problem,
            Result = known.Result,
            ExitCode = known.ExitCode,
            LastOutput = known.LastOutput,
            Seconds = known.Seconds,
            PeakMemory = known.PeakMemory,
            Host = known.Host,
            Running = _followed?.Live,
        };
    }

    /// <summary>A Trainer at work. Its messages arrive on other threads, hence the one volatile record of the last.</summary>
    private sealed class FollowedTrainer(long epoch, string job, string what)
    {
        private readonly CancellationTokenSource _stop = new();
        private volatile RunningJob _live = new() { Job = job, What = what };

        /// <summary>Epoch of the lease it was started under: which Trainer it is.</summary>
        public long Number { get; } = epoch;

        /// <summary>Epoch of the lease it holds now.</summary>
        public long Epoch { get; set; } = epoch;

        public bool Fenced { get; set; }

        public Task<TrainerOutcome> Outcome { get; set; } = null!;

        public RunningJob Live => _live;

        public CancellationToken Stopping => _stop.Token;

        public void Stop() => _stop.Cancel();

        public void Hear(TrainerMessage message)
        {
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
        }
    }
}
