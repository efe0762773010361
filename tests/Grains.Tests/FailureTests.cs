using OrleansTagging.Abstractions;

namespace OrleansTagging.Grains.Tests;

public sealed class FailureTests(UndisturbedRuns runs)
{
    [Fact]
    public async Task A_crashed_Trainer_is_tried_again_and_the_result_is_the_same()
    {
        var undisturbed = await runs.OneRound;
        await using var bed = new TestBed();
        await bed.AddSiloAsync();
        await bed.ImportAsync();
        bed.Script("crash train 2");
        var progress = await bed.RunAsync(TestBed.Yaml("demo", rounds: "5"));

        Assert.Equal(ExperimentStatus.Done, progress.Status);
        Assert.Equal(undisturbed.Report, progress.Report);
        var job = await bed.Grains.GetGrain<ITrainingGrain>(progress.Members[0].Folds[0].TrainingJob!).Describe();
        Assert.Equal((3, 0), (job!.Attempts, job.ExitCode));
    }

    [Fact]
    public async Task A_Trainer_that_always_crashes_fails_the_experiment_with_its_last_words_and_can_be_retried()
    {
        await using var bed = new TestBed();
        await bed.AddSiloAsync();
        await bed.ImportAsync();
        bed.Script("crash predict");
        var progress = await bed.RunAsync(TestBed.Yaml("demo", rounds: "5"));

        Assert.Equal(ExperimentStatus.Failed, progress.Status);
        Assert.Matches("^job cpu-[0-9a-f]{32} \\(.* fold [01]: predict .*\\): its Trainer failed 3 times, ", progress.Problem);
        Assert.EndsWith(
            "was ended by SIGSEGV (exit code 139) the last time: Segmentation fault (scripted)", progress.Problem, StringComparison.Ordinal);
        var failed = progress.Problem!.Split(' ')[1];
        var job = (await bed.Grains.GetGrain<ITrainingGrain>(failed).Describe())!;
        Assert.Equal((JobStatus.Failed, 3, 139), (job.Status, job.Attempts, job.ExitCode));
        Assert.Contains("about to crash", job.LastOutput);

        bed.Script();
        progress = await bed.RunAsync(TestBed.Yaml("demo", rounds: "5"));
        Assert.Equal(ExperimentStatus.Done, progress.Status);
    }

    [Fact]
    public async Task Bad_input_fails_at_once_with_its_line()
    {
        await using var bed = new TestBed();
        await bed.AddSiloAsync(cpuSlots: 1);
        await bed.ImportAsync();
        bed.Script("bad-input train");
        var progress = await bed.RunAsync(TestBed.Yaml("demo", rounds: "5"));

        Assert.Equal(ExperimentStatus.Failed, progress.Status);
        Assert.EndsWith("clips.csv, line 3: a clip without sound", progress.Problem, StringComparison.Ordinal);
        Assert.All(bed.TrainerLog().GroupBy(line => line[0]), runs => Assert.Single(runs));
    }

    [Fact]
    public async Task A_Trainer_that_cannot_be_started_is_named()
    {
        await using var bed = new TestBed();
        await bed.AddSiloAsync(options => options.TrainerPath = Path.Combine(bed.Root, "no-such-trainer"));
        await bed.ImportAsync();
        var progress = await bed.RunAsync(TestBed.Yaml("demo", rounds: "5"));

        Assert.Equal(ExperimentStatus.Failed, progress.Status);
        Assert.Contains("no-such-trainer' cannot be started", progress.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stopping_ends_the_processes_and_submitting_goes_on()
    {
        await using var bed = new TestBed();
        await bed.AddSiloAsync();
        await bed.ImportAsync();
        bed.Script("wait train");
        await bed.SubmitAsync(TestBed.Yaml("demo", rounds: "5"));
        var progress = await bed.UntilAsync("demo", progress => progress.Running is [{ Step: > 0 }, { Step: > 0 }]);
        Assert.All(progress.Running, job => Assert.Equal((1, 2, 1000, 0.5), (job.Epoch, job.Epochs, job.Steps, job.Loss)));
        Assert.Matches("^main.scorer curated fold [01]: train$", progress.WaitsFor);
        var processes = bed.TrainerLog().Select(line => int.Parse(line[1])).ToArray();
        Assert.All(processes, process => Assert.True(LocalProcess.Runs(process)));

        await bed.Grains.GetGrain<IExperimentGrain>("demo").Stop();
        Assert.Equal(ExperimentStatus.Stopped, (await bed.UntilAsync("demo", _ => !processes.Any(LocalProcess.Runs))).Status);
        var scheduler = await bed.Scheduler.Describe();
        Assert.Empty(scheduler.Queue);

        bed.Script();
        Assert.Equal(ExperimentStatus.Done, (await bed.RunAsync(TestBed.Yaml("demo", rounds: "5"))).Status);
    }

    [Fact]
    public async Task A_holder_whose_lease_has_ended_drops_its_work_and_the_job_is_done_anew()
    {
        var undisturbed = await runs.OneRound;
        await using var bed = new TestBed();
        await bed.AddSiloAsync();
        await bed.ImportAsync();
        bed.Script("wait train");
        await bed.SubmitAsync(TestBed.Yaml("demo", rounds: "5"));
        var held = (await bed.UntilAsync("demo", progress => progress.Running is [{ Step: > 0 }, { Step: > 0 }])).Running;
        var processes = bed.TrainerLog().Select(line => int.Parse(line[1])).ToArray();

        // These Trainers wait for good: only others, under later leases, can give the results.
        bed.Script();
        foreach (var job in held)
        {
            await bed.Scheduler.Withdraw(job.Job);
        }
        var progress = await bed.UntilAsync("demo", progress => progress.Status == ExperimentStatus.Done);

        Assert.Equal(undisturbed.Report, progress.Report);
        Assert.DoesNotContain(processes, LocalProcess.Runs);
        foreach (var job in held)
        {
            Assert.Equal(2, (await bed.Grains.GetGrain<ITrainingGrain>(job.Job).Describe())!.Attempts);
        }
    }
}
