using OrleansTagging.Abstractions;

namespace OrleansTagging.Grains.Tests;

public sealed class PauseTests(UndisturbedRuns runs)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_paused_experiment_holds_no_device_and_goes_on_to_the_same_report(bool restarts)
    {
        var undisturbed = await runs.OneRound;
        await using var bed = new TestBed();
        await bed.AddSiloAsync(options => options.Alone = true);
        await bed.ImportAsync();
        var processes = await BeginAsync(bed, "demo");

        Assert.Equal(ExperimentStatus.Paused, await Experiment(bed, "demo").Pause());
        var paused = await bed.UntilAsync("demo", _ => !processes.Any(LocalProcess.Runs));
        Assert.Equal((ExperimentStatus.Paused, "its user to resume it"), (paused.Status, paused.WaitsFor));
        await bed.UntilAsync(IsAllPaused);
        bed.Script();
        if (restarts)
        {
            await bed.KillAsync();
            await bed.AddSiloAsync(options => options.Alone = true);
            await bed.UntilAsync(record => record.Silos.Length > 0 && IsAllPaused(record));
            Assert.Equal(ExperimentStatus.Paused, (await Experiment(bed, "demo").GetProgress()).Status);
            // To submit the same file is to resume.
            Assert.Equal(ExperimentStatus.Running, (await bed.SubmitAsync(TestBed.Yaml("demo", rounds: "5"))).Status);
        }
        else
        {
            Assert.Equal(ExperimentStatus.Running, await Experiment(bed, "demo").Resume());
        }
        var progress = await bed.UntilAsync("demo", progress => progress.Status != ExperimentStatus.Running);

        Assert.Equal((ExperimentStatus.Done, undisturbed.Report), (progress.Status, progress.Report));
        Assert.Empty((await bed.Scheduler.Describe()).Standings);

        static bool IsAllPaused(SchedulerRecord record) =>
            record is { Leases: [], Queue.Length: > 0 } && record.Queue.All(job => job.Paused);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cancelled_experiment_leaves_nothing_in_the_queue_and_can_be_submitted_again(bool restarts)
    {
        await using var bed = new TestBed();
        await bed.AddSiloAsync(options => options.Alone = true, cpuSlots: 1);
        await bed.ImportAsync();
        var processes = await BeginAsync(bed, "demo", trainers: 1);

        Assert.Equal(ExperimentStatus.Cancelled, await Experiment(bed, "demo").Cancel());
        await bed.UntilAsync(record => record is { Leases: [], Queue: [], Standings: [] });
        Assert.Equal(ExperimentStatus.Cancelled, (await bed.UntilAsync("demo", _ => !processes.Any(LocalProcess.Runs))).Status);
        Assert.Equal(ExperimentStatus.Cancelled, await Experiment(bed, "demo").Resume());
        bed.Script();
        if (restarts)
        {
            await bed.KillAsync();
            await bed.AddSiloAsync(options => options.Alone = true);
            Assert.Empty((await bed.UntilAsync(record => record.Silos.Length > 0)).Queue);
            Assert.Equal(ExperimentStatus.Cancelled, (await Experiment(bed, "demo").GetProgress()).Status);
        }
        Assert.Equal(ExperimentStatus.Done, (await bed.RunAsync(TestBed.Yaml("demo", rounds: "5"))).Status);
    }

    [Fact]
    public async Task A_job_that_two_experiments_need_goes_on_while_one_of_them_is_paused()
    {
        await using var bed = new TestBed();
        await bed.AddSiloAsync();
        await bed.ImportAsync();
        var processes = await BeginAsync(bed, "one");
        await bed.SubmitAsync(TestBed.Yaml("two", rounds: "5"));
        await bed.UntilAsync("two", progress => progress.Running.Length == 2);

        await Experiment(bed, "one").Pause();
        var scheduler = await bed.Scheduler.Describe();
        Assert.Equal(2, scheduler.Leases.Length);
        Assert.All(processes, process => Assert.True(LocalProcess.Runs(process)));

        await Experiment(bed, "two").Cancel();
        await bed.UntilAsync("one", _ => !processes.Any(LocalProcess.Runs));
        await bed.UntilAsync(record => record.Leases.Length == 0);
    }

    [Fact]
    public async Task An_experiments_priority_outlives_the_host_and_its_jobs_go_first()
    {
        await using var bed = new TestBed();
        await bed.AddSiloAsync(options => options.Alone = true, cpuSlots: 1);
        await bed.ImportAsync();
        await BeginAsync(bed, "usual", trainers: 1);
        var urgent = TestBed.Yaml("urgent", rounds: "5").Replace("seed: 3", "seed: 4", StringComparison.Ordinal);
        Assert.Null((await bed.SubmitAsync(urgent)).Problem);
        await bed.UntilAsync(record => record.Queue.Any(job => job.Request.Parent.Experiment == "urgent"));

        await Experiment(bed, "urgent").SetPriority(5);
        Assert.Equal("urgent", (await bed.Scheduler.Describe()).Queue[0].Request.Parent.Experiment);
        await bed.KillAsync();
        await bed.AddSiloAsync(options => options.Alone = true, cpuSlots: 1);
        // The former host's lease is still there until the new one has announced itself.
        var scheduler = await bed.UntilAsync(record => record is { Silos: [var silo], Leases: [var lease] } && lease.Silo.Equals(silo.Silo));

        Assert.Equal("urgent", scheduler.Leases[0].Request.Parent.Experiment);
        Assert.Equal(5, (await Experiment(bed, "urgent").GetProgress()).Priority);
    }

    private static IExperimentGrain Experiment(TestBed bed, string name) => bed.Grains.GetGrain<IExperimentGrain>(name);

    /// <summary>Begins an experiment whose trainings go on until they are stopped; gives its Trainers.</summary>
    private static async Task<int[]> BeginAsync(TestBed bed, string name, int trainers = 2)
    {
        bed.Script("wait train");
        await bed.SubmitAsync(TestBed.Yaml(name, rounds: "5"));
        await bed.UntilAsync(name, progress => progress.Running.Count(job => job.Step > 0) == trainers);
        return [.. bed.TrainerLog().Select(line => int.Parse(line[1]))];
    }
}
