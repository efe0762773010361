using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Runtime;
using OrleansTagging.Abstractions;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>What outlives the activation of an experiment.</summary>
[GenerateSerializer, Alias("OrleansTagging.ExperimentState")]
public sealed class ExperimentState
{
    /// <summary>The experiment as its parts see it; <c>null</c> where none was submitted.</summary>
    [Id(0)] public ExperimentContext? Context { get; set; }

    /// <summary>Where it stands.</summary>
    [Id(1)] public ExperimentStatus Status { get; set; }

    /// <summary>Why it failed.</summary>
    [Id(2)] public string? Problem { get; set; }

    /// <summary>Address of the report.</summary>
    [Id(3)] public string? Report { get; set; }

    /// <summary>Address of the submission.</summary>
    [Id(4)] public string? Submission { get; set; }

    /// <summary>Address of the timings.</summary>
    [Id(5)] public string? Timings { get; set; }

    /// <summary>The ensembles, the one that is submitted first.</summary>
    [Id(7)] public EnsembleRecord[] Ensembles { get; set; } = [];

    /// <summary>Members that differ in their seed alone.</summary>
    [Id(8)] public SeedSpread[] Spreads { get; set; } = [];

    /// <summary>Its priority.</summary>
    [Id(9)] public int Priority { get; set; }

    /// <summary>Whether its parts are still to be told that it has ended before they were done.</summary>
    [Id(10)] public bool StopsParts { get; set; }

    /// <summary>When it was first submitted; <c>null</c> where an earlier version of the program took it.</summary>
    [Id(11)] public DateTimeOffset? Submitted { get; set; }
}

/// <summary>What an experiment's interleaved calls leave to a turn of their own.</summary>
[Alias("OrleansTagging.IExperimentTurns")]
public interface IExperimentTurns : IGrainWithStringKey
{
    /// <summary>Becomes paused or cancelled, if it runs or waits.</summary>
    [Alias("Become")]
    Task<ExperimentStatus> Become(ExperimentStatus status);

    /// <summary>Takes over a priority.</summary>
    [Alias("TakePriority")]
    Task<ExperimentStatus> TakePriority(int priority);
}

/// <summary>One experiment: it asks its curricula and members for what is missing, and writes the report when nothing is.</summary>
[GrainType("experiment")]
public sealed class ExperimentGrain(
    [PersistentState("experiment", ArtifactGrainStorage.Name)] IPersistentState<ExperimentState> state,
    Store store,
    IOptions<TaggingOptions> options,
    DriveFaults faults,
    TimeProvider clock,
    ILogger<ExperimentGrain> logger) : Grain, IExperimentGrain, IExperimentTurns, IRemindable
{
    private const string Redrive = "redrive";

    private string? _waitsFor;
    private StandingNews? _news;
    private bool _isRemembered;
    // Calls of pause and cancel that wait for their turn.
    private int _holds;

    private string Name => this.GetPrimaryKeyString();

    // A store that takes no more writes leaves an experiment on disk as running that has failed all the same.
    private ExperimentStatus Status => state.State.Status == ExperimentStatus.Running && faults.ProblemOf(GrainContext.GrainId) is not null
        ? ExperimentStatus.Failed
        : state.State.Status;

    private string? Problem =>
        state.State.Problem ?? (Status == ExperimentStatus.Failed ? faults.ProblemOf(GrainContext.GrainId) : null);

    private string? WaitsFor => Status switch
    {
        ExperimentStatus.Running => faults.WaitOf(GrainContext.GrainId) ?? _waitsFor,
        ExperimentStatus.Paused => "its user to resume it",
        _ => null,
    };

    private ISchedulerGrain Scheduler => GrainFactory.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key);

    private StandingNews News => _news ??= new StandingNews(standing => Scheduler.Set(standing));

    private ExperimentStanding Standing => ExperimentRules.StandingOf(Name, state.State, isHeld: _holds > 0);

    /// <inheritdoc/>
    public async Task<SubmitAnswer> Submit(string yaml, string fileName)
    {
        ExperimentFile file;
        try
        {
            file = ExperimentFile.Parse(yaml, fileName);
        }
        catch (InputException fault)
        {
            return Refused(fault.Message);
        }
        if (file.Name != Name)
        {
            return Refused($"{fileName}: the experiment is named '{file.Name}' but was submitted as '{Name}'.");
        }
        if (await GrainFactory.GetGrain<IDatasetGrain>(file.Dataset).Describe() is not { } dataset)
        {
            return Refused($"{fileName}: there is no dataset '{file.Dataset}'; "
                + $"import it first with 'dataset import DIR --name {file.Dataset}'.");
        }
        switch (ExperimentRules.OnSubmit(state.State, file, dataset.Version))
        {
            case SubmissionStep.RefuseDataset:
                return Refused($"{fileName}: '{Name}' began on another version of the dataset '{file.Dataset}'; "
                    + "choose another name to run on the present one.");
            case SubmissionStep.RefusePaused:
                return Refused($"{fileName}: '{Name}' is paused with other settings; cancel it, or choose another name for this file.");
            case SubmissionStep.RefuseRunning:
                return Refused($"{fileName}: '{Name}' is running with other settings; wait for its end, or choose another name for this file.");
            case SubmissionStep.Resume:
                faults.Forget(GrainContext.GrainId);
                await TakePriorityOf(file);
                await Resume();
                return Taken();
            case SubmissionStep.Wake:
                faults.Forget(GrainContext.GrainId);
                if (state.State.Status == ExperimentStatus.Running)
                {
                    await Remember();
                    await TakePriorityOf(file);
                }
                await this.AsReference<IExperimentGrain>().Wake();
                return Taken();
        }
        if (Misfit(file, dataset) is { } misfit)
        {
            return Refused($"{fileName}: {misfit}");
        }
        var folds = await GrainFactory.GetGrain<IDatasetGrain>(file.Dataset).GetFolds(file.Folds, file.Seed, file.Holdout);
        if (folds.Problem is not null)
        {
            return Refused($"{fileName}: {folds.Problem}");
        }
        faults.Forget(GrainContext.GrainId);
        if (state.State.StopsParts)
        {
            // Of the file before; this one may not have those parts, and then nobody else would stop them.
            await StopParts();
        }
        using var span = Telemetry.Begin("submit", null)?.SetTag("experiment", Name);
        state.State.Begin(
            new ExperimentContext
            {
                Experiment = Name,
                Yaml = yaml,
                Dataset = dataset,
                Folds = folds,
                Attempt = Guid.NewGuid().ToString("N"),
                Trace = span?.Id,
            },
            file.Priority,
            clock.GetUtcNow());
        await this.SaveAsync(state);
        await Remember();
        News.Forget();
        await Tell(Standing);
        await this.AsReference<IExperimentGrain>().Wake();
        return Taken();
    }

    /// <inheritdoc/>
    public async Task Stop()
    {
        if (state.State.Status != ExperimentStatus.Running)
        {
            return;
        }
        await End(ExperimentStatus.Stopped);
    }

    /// <inheritdoc/>
    public Task<ExperimentStatus> Pause() => Hold(ExperimentStatus.Paused);

    /// <inheritdoc/>
    public async Task<ExperimentStatus> Resume()
    {
        if (state.State.Status == ExperimentStatus.Paused)
        {
            // The submission before may have got no farther than its state.
            await Remember();
            state.State.Status = ExperimentStatus.Running;
            await this.SaveAsync(state);
            News.Forget();
            await Tell(Standing);
            await this.AsReference<IExperimentGrain>().Wake();
        }
        return Status;
    }

    /// <inheritdoc/>
    public Task<ExperimentStatus> Cancel() => Hold(ExperimentStatus.Cancelled);

    private async Task<ExperimentStatus> Hold(ExperimentStatus wish)
    {
        ExperimentStatus status;
        _holds++;
        try
        {
            if (Status == ExperimentStatus.Running)
            {
                // Nothing is granted from now on, however many turns there are before.
                await Tell(Standing);
            }
            status = await this.AsReference<IExperimentTurns>().Become(wish);
        }
        finally
        {
            _holds--;
        }
        await Tell(Standing);
        return status;
    }

    /// <inheritdoc/>
    public async Task<ExperimentStatus> SetPriority(int priority)
    {
        if (Status is ExperimentStatus.Running or ExperimentStatus.Paused)
        {
            await Tell(Standing with { Priority = priority });
        }
        return await this.AsReference<IExperimentTurns>().TakePriority(priority);
    }

    /// <inheritdoc/>
    public async Task<ExperimentStatus> Become(ExperimentStatus status)
    {
        switch (ExperimentRules.Becomes(state.State, status, hasFailed: Status == ExperimentStatus.Failed))
        {
            case ExperimentStatus.Cancelled:
                await End(ExperimentStatus.Cancelled);
                break;
            case ExperimentStatus.Paused:
                state.State.Status = ExperimentStatus.Paused;
                await this.SaveAsync(state);
                break;
        }
        // It may have ended in the meantime.
        await Tell(Standing);
        return Status;
    }

    /// <inheritdoc/>
    public async Task<ExperimentStatus> TakePriority(int priority)
    {
        if (state.State.Context is not null && state.State.Priority != priority)
        {
            state.State.Priority = priority;
            await this.SaveAsync(state);
        }
        await Tell(Standing);
        return Status;
    }

    /// <inheritdoc/>
    public async Task<ExperimentProgress> GetProgress()
    {
        var known = state.State;
        if (known.Context is not { } context)
        {
            return new ExperimentProgress { Name = Name, Status = ExperimentStatus.None };
        }
        var file = context.File();
        var curricula = await Task.WhenAll(file.Curricula.Keys.Select(name => CurriculumOf(name).GetStatus(context.Attempt)));
        var members = await Task.WhenAll(file.Members.Keys.Select(name => MemberOf(name).GetStatus(context.Attempt)));
        var shown = file.Members.Zip(members, (member, record) => record ?? Unbegun(file, context, member.Key, member.Value)).ToArray();
        var jobs = curricula.Select(part => part.Jobs).Concat(shown.Select(part => part.Jobs)).ToArray();
        // A job that a scorer and a member share runs once.
        var running = jobs.SelectMany(part => part.RunningJobs).DistinctBy(job => job.Job).ToArray();
        return new ExperimentProgress
        {
            Name = Name,
            Status = Status,
            // What the parts say now rather than what they said when they were last driven.
            WaitsFor = Status != ExperimentStatus.Running ? WaitsFor
                : faults.WaitOf(GrainContext.GrainId)
                    ?? curricula.Select(part => part.WaitsFor).Concat(members.Select(part => part?.WaitsFor))
                        .FirstOrDefault(waits => waits is not null)
                    ?? _waitsFor,
            Problem = Problem,
            Priority = known.Priority,
            Submitted = known.Submitted,
            Rounds = [.. curricula.SelectMany(part => part.Rounds)],
            Relabelled = [.. curricula.Select(part => part.Relabelled).OfType<RelabelRecord>()],
            Members = shown,
            Running = running,
            JobsQueued = jobs.Sum(part => part.Queued),
            JobsRunning = running.Length,
            JobsDone = jobs.Sum(part => part.Done),
            JobsTotal = jobs.Sum(part => part.Total),
            Report = known.Report,
            Submission = known.Submission,
            Timings = known.Timings,
            EnsembleTestLwlrap = known.Ensembles.FirstOrDefault()?.TestLwlrap,
            EnsembleLeaderboard = known.Ensembles.FirstOrDefault()?.Leaderboard,
            Ensembles = known.Ensembles,
            Spreads = known.Spreads,
        };
    }

    /// <inheritdoc/>
    public Task<ExperimentRecord?> Describe() => Task.FromResult(state.State.Context is not { } context ? null : new ExperimentRecord
    {
        Name = Name,
        Yaml = context.Yaml,
        Status = Status,
        WaitsFor = WaitsFor,
        Problem = Problem,
        Priority = state.State.Priority,
        Submitted = state.State.Submitted,
        Dataset = context.Dataset.Name,
        DatasetVersion = context.Dataset.Version,
        Report = state.State.Report,
        Submission = state.State.Submission,
        Timings = state.State.Timings,
    });

    /// <inheritdoc/>
    public Task Wake() => Take(ExperimentRules.OnWake(state.State));

    /// <inheritdoc/>
    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        News.Forget();
        return Take(ExperimentRules.OnReminder(state.State));
    }

    private Task Take(ExperimentStep step) => step switch
    {
        ExperimentStep.Drive => Drive(),
        ExperimentStep.StayPaused => Tell(Standing),
        ExperimentStep.StopParts => StopParts(),
        _ => Retire(),
    };

    private async Task Drive()
    {
        await faults.Guard(this, state.State.Context?.Attempt ?? "", "the experiment", Advance, Wake);
        if (state.State.Status == ExperimentStatus.Running && faults.ProblemOf(GrainContext.GrainId) is { } problem)
        {
            await Fail(problem);
        }
    }

    private async Task Advance()
    {
        if (state.State is not { Status: ExperimentStatus.Running, Context: { } context })
        {
            return;
        }
        using var scope = logger.BeginScope("{Experiment}", Name);
        if (!_isRemembered)
        {
            // The reminders may have been lost with the server that kept them.
            await Remember();
        }
        await Tell(Standing);
        var file = context.File();
        var curricula = new Dictionary<string, CurriculumStatus>();
        foreach (var name in file.Curricula.Keys)
        {
            curricula[name] = await CurriculumOf(name).Ensure(new CurriculumRequest { Context = context, Curriculum = name });
        }
        var members = new List<MemberRecord>();
        foreach (var (name, member) in file.Members)
        {
            members.Add(await EnsureMember(file, context, curricula, name, member));
        }
        var problem = curricula.Values.Select(part => part.Problem).Concat(members.Select(part => part.Problem))
            .FirstOrDefault(found => found is not null);
        if (problem is not null)
        {
            await Fail(problem);
            return;
        }
        _waitsFor = curricula.Values.Select(part => part.WaitsFor).Concat(members.Select(part => part.WaitsFor))
            .FirstOrDefault(waits => waits is not null);
        if (members.TrueForAll(part => part.Done) && curricula.Values.All(part => part.Done))
        {
            await Finish(file, context, [.. curricula.Values], members);
        }
    }

    private async Task<MemberRecord> EnsureMember(
        ExperimentFile file, ExperimentContext context, Dictionary<string, CurriculumStatus> curricula, string name, MemberSettings member)
    {
        return TrainedOn(curricula, member) is not { } clips
            ? Unbegun(file, context, name, member)
            : await MemberOf(name).Ensure(new MemberRequest
            {
                Context = context,
                Member = name,
                TrainedOn = clips.Selection,
                Promoted = clips.Promoted,
            });
    }

    /// <summary>
    /// The selection that a member is trained on and the address of its promoted clips; <c>null</c> where it is not there yet. Where rounds
    /// ended by themselves before the one asked for, it is the last good round's.
    /// </summary>
    private static (string Selection, string? Promoted)? TrainedOn(Dictionary<string, CurriculumStatus> curricula, MemberSettings member)
    {
        if (!Selection.TryParse(member.Selection, out var selection) || selection.Curriculum is not { } name)
        {
            return (member.Selection, null);
        }
        var curriculum = curricula[name];
        if (selection.Relabelled)
        {
            return curriculum.Relabelled is { Step: "done" } rest ? (member.Selection, rest.Selection) : null;
        }
        if (Array.Find(curriculum.Rounds, round => round.Round == selection.Round && round.Step == "done") is { } asked)
        {
            return (member.Selection, asked.Selection);
        }
        if (!Array.Exists(curriculum.Rounds, round => round.Round <= selection.Round && round.Step == "diverged"))
        {
            return null;
        }
        var good = Array.FindLast(curriculum.Rounds, round => round.Step == "done");
        return (Selection.After(name, good?.Round ?? 0).ToString(), good?.Selection);
    }

    private async Task Finish(
        ExperimentFile file, ExperimentContext context, CurriculumStatus[] curricula, List<MemberRecord> members)
    {
        using var span = Telemetry.Begin("report", context.Trace)?.SetTag("experiment", Name);
        try
        {
            var jobs = await Jobs(curricula.SelectMany(part => part.Folds).Concat(members.SelectMany(member => member.Folds)));
            var reported = await Task.Run(() => ExperimentReport.WriteAsync(
                store.Artifacts, file, context, curricula, members));
            state.State.Report = reported.Report;
            state.State.Submission = reported.Submission;
            state.State.Ensembles = reported.Ensembles;
            state.State.Spreads = reported.Spreads;
            state.State.Timings = await ExperimentReport.WriteTimingsAsync(store.Artifacts, Name, jobs);
            state.State.Status = ExperimentStatus.Done;
            _waitsFor = null;
            await this.SaveAsync(state);
            logger.LogInformation("The experiment is done; its report is {Report}", reported.Report);
            await Tell(Standing);
            await Forget();
        }
        catch (InputException fault)
        {
            await Fail(fault.Message);
        }
    }

    private async Task<List<JobRecord>> Jobs(IEnumerable<FoldRecord> folds)
    {
        var jobs = new List<JobRecord>();
        foreach (var job in folds.SelectMany(fold => new[] { fold.TrainingJob, fold.NoisyJob, fold.TestJob }).OfType<string>().Distinct())
        {
            try
            {
                if (await GrainFactory.GetGrain<ITrainingGrain>(job).Describe() is { } record)
                {
                    jobs.Add(record);
                }
            }
            catch (OrleansException fault)
            {
                // The silo with its device has left since; the timings do without it.
                logger.LogWarning(fault, "{Job} cannot be asked for its timings", job);
            }
        }
        return jobs;
    }

    private async Task Fail(string problem)
    {
        logger.LogError("The experiment failed: {Problem}", problem);
        state.State.Problem = problem;
        await End(ExperimentStatus.Failed);
    }

    /// <summary>Ends before its parts are done; they are told now, or by the reminder where that fails.</summary>
    private async Task End(ExperimentStatus status)
    {
        state.State.End(status);
        _waitsFor = null;
        await this.SaveAsync(state);
        await StopParts();
    }

    private async Task StopParts()
    {
        await Scheduler.Cancel(Name);
        if (ExperimentRules.FileOf(state.State.Context!) is { } file)
        {
            foreach (var name in file.Curricula.Keys)
            {
                await CurriculumOf(name).Stop();
            }
            foreach (var name in file.Members.Keys)
            {
                await MemberOf(name).Stop();
            }
        }
        state.State.StopsParts = false;
        await this.SaveAsync(state);
        // Where this fails, the reminder tells it.
        await Tell(Standing);
        await Forget();
    }

    private async Task TakePriorityOf(ExperimentFile file)
    {
        if (file.Priority is { } priority)
        {
            await TakePriority(priority);
        }
    }

    private Task Tell(ExperimentStanding standing) => News.Tell(standing);

    private async Task Remember()
    {
        await this.RegisterOrUpdateReminder(Redrive, options.Value.Redrive, options.Value.Redrive);
        _isRemembered = true;
    }

    private async Task Retire()
    {
        await Tell(Standing);
        await Forget();
    }

    private async Task Forget()
    {
        _isRemembered = false;
        if (await this.GetReminder(Redrive) is { } reminder)
        {
            await this.UnregisterReminder(reminder);
        }
    }

    /// <summary>What the file asks for that the dataset cannot give, in one line.</summary>
    internal static string? Misfit(ExperimentFile file, DatasetRecord dataset)
    {
        int Clips(string subset) => Array.Find(dataset.Subsets, counts => counts.Subset == subset)?.Clips ?? 0;
        if (file.Folds > Clips("curated"))
        {
            return $"{file.Folds} folds are asked for, but the dataset '{dataset.Name}' has {Clips("curated")} curated clips; "
                + "ask for fewer folds.";
        }
        foreach (var (name, curriculum) in file.Curricula)
        {
            for (var round = 1; round <= curriculum.RoundCount; round++)
            {
                var promoted = curriculum.Promotes(round, Clips("noisy"));
                if (promoted > Clips("noisy"))
                {
                    return $"round {round} of the curriculum '{name}' asks for {promoted} clips, "
                        + $"but the dataset '{dataset.Name}' has {Clips("noisy")} noisy ones; ask for no more.";
                }
            }
        }
        return null;
    }

    private static MemberRecord Unbegun(ExperimentFile file, ExperimentContext context, string name, MemberSettings member) => new()
    {
        Member = name,
        Model = member.Model,
        Selection = member.Selection,
        FoldsTotal = file.Folds,
        WaitsFor = $"the selection {member.Selection}",
        Jobs = new JobCounts { Total = file.Folds * JobTally.OfFold(member.Trained, predictsNoisy: false, context.HasJudged()) },
    };

    private ICurriculumGrain CurriculumOf(string name) => GrainFactory.GetGrain<ICurriculumGrain>(GrainKeys.Curriculum(Name, name));

    private IEnsembleMemberGrain MemberOf(string name) => GrainFactory.GetGrain<IEnsembleMemberGrain>(GrainKeys.Member(Name, name));

    private SubmitAnswer Refused(string problem) => new() { Experiment = Name, Problem = problem, Status = state.State.Status };

    private SubmitAnswer Taken() => new() { Experiment = Name, Status = state.State.Status };
}
