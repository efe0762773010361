using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
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
        Assert.All(processes, process => Assert.True(Runs(process)));

        await bed.Grains.GetGrain<IExperimentGrain>("demo").Stop();
        Assert.Equal(ExperimentStatus.Stopped, (await bed.UntilAsync("demo", _ => !processes.Any(Runs))).Status);
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
        Assert.DoesNotContain(processes, Runs);
        foreach (var job in held)
        {
            Assert.Equal(2, (await bed.Grains.GetGrain<ITrainingGrain>(job.Job).Describe())!.Attempts);
        }
    }

    [Fact]
    public async Task An_experiment_ends_even_if_no_wake_up_ever_arrives()
    {
        var undisturbed = await runs.OneRound;
        await using var bed = new TestBed();
        await bed.AddSiloAsync(options => options.Redrive = TimeSpan.FromSeconds(1), configureSilo: silo =>
        {
            silo.Services.Configure<ReminderOptions>(options => options.MinimumReminderPeriod = TimeSpan.FromSeconds(0.5));
            silo.AddIncomingGrainCallFilter(call => call.MethodName == "Wake" ? Task.CompletedTask : call.Invoke());
        });
        await bed.ImportAsync();
        var progress = await bed.RunAsync(TestBed.Yaml("demo", rounds: "5"));

        Assert.Equal(ExperimentStatus.Done, progress.Status);
        Assert.Equal(undisturbed.Report, progress.Report);
    }

    [Theory]
    [InlineData("noisy-scores", "Score", "", "^curriculum main: InvalidDataException: a scripted fault ")]
    [InlineData("training", "Ensure", "", "^main.scorer curated fold [01]: InvalidDataException: a scripted fault ")]
    [InlineData("scheduler", "Renew", "", "^job cpu-.* fold [01]: train\\): its grain: InvalidDataException: a scripted fault ")]
    [InlineData("fold", "Ensure", "/plain/", "^member plain: InvalidDataException: a scripted fault ")]
    [InlineData("curriculum", "Ensure", "", "^the experiment: InvalidDataException: a scripted fault ")]
    public async Task A_part_with_three_unforeseen_faults_in_a_row_fails_the_experiment_in_one_line(
        string grain, string method, string key, string problem)
    {
        await using var bed = new TestBed();
        var faults = await AddFaultySiloAsync(bed, grain, method, key, int.MaxValue);
        await bed.ImportAsync();
        var progress = await bed.RunAsync(TestBed.Yaml("demo", rounds: "5"));

        Assert.Equal(ExperimentStatus.Failed, progress.Status);
        Assert.Matches(problem + "\\(3 faults in a row; the log has their stacks\\)$", progress.Problem);
        Assert.DoesNotContain('\n', progress.Problem!);
        Assert.InRange(faults(), 3, int.MaxValue);
    }

    [Theory]
    [InlineData("noisy-scores", "Score")]
    [InlineData("scheduler", "Renew")]
    public async Task A_part_with_two_unforeseen_faults_is_tried_again_and_goes_on(string grain, string method)
    {
        var undisturbed = await runs.OneRound;
        await using var bed = new TestBed();
        await AddFaultySiloAsync(bed, grain, method, "", 2);
        await bed.ImportAsync();
        var progress = await bed.RunAsync(TestBed.Yaml("demo", rounds: "5"));

        Assert.Null(progress.Problem);
        Assert.Equal(ExperimentStatus.Done, progress.Status);
        Assert.Equal(undisturbed.Report, progress.Report);
    }

    [Fact]
    public async Task A_failed_experiment_goes_on_once_its_parts_fault_no_more()
    {
        await using var bed = new TestBed();
        // Three drives of the member, each of which asks both of its folds.
        await AddFaultySiloAsync(bed, "fold", "Ensure", "/plain/", 6);
        await bed.ImportAsync();
        Assert.Equal(ExperimentStatus.Failed, (await bed.RunAsync(TestBed.Yaml("demo", rounds: "5"))).Status);
        await bed.UntilAsync("demo", progress => progress.JobsRunning == 0);

        var again = await bed.RunAsync(TestBed.Yaml("demo", rounds: "5"));
        Assert.Equal(ExperimentStatus.Done, again.Status);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(8)]
    public async Task A_host_that_dies_goes_on_where_it_stood_and_ends_with_the_same_report(int trainers)
    {
        var undisturbed = await runs.OneRound;
        await using var bed = new TestBed();
        await bed.AddSiloAsync(options => options.Alone = true);
        await bed.ImportAsync();
        await bed.SubmitAsync(TestBed.Yaml("demo", rounds: "5"));
        await bed.UntilAsync("demo", _ => bed.TrainerLog().Length >= trainers);
        await bed.KillAsync();
        await bed.AddSiloAsync(options => options.Alone = true);
        var progress = await bed.RunAsync(TestBed.Yaml("demo", rounds: "5"));

        Assert.Equal(ExperimentStatus.Done, progress.Status);
        Assert.Equal(undisturbed.Report, progress.Report);
        Assert.Equal(undisturbed.Submission, progress.Submission);
    }

    [Fact]
    public async Task A_host_that_dies_in_the_midst_of_the_whole_recipe_ends_with_the_same_report()
    {
        var undisturbed = await runs.WholeRecipeRun;
        await using var bed = new TestBed();
        await bed.AddSiloAsync(options => options.Alone = true);
        await bed.ImportAsync();
        await bed.SubmitAsync(WholeRecipe.Yaml);
        foreach (var trainers in new[] { 10, 24 })
        {
            await bed.UntilAsync("whole", _ => bed.TrainerLog().Length >= trainers);
            await bed.KillAsync();
            await bed.AddSiloAsync(options => options.Alone = true);
            Assert.Null((await bed.SubmitAsync(WholeRecipe.Yaml)).Problem);
        }
        var progress = await bed.UntilAsync("whole", progress => progress.Status != ExperimentStatus.Running);

        Assert.Equal(ExperimentStatus.Done, progress.Status);
        Assert.Equal(undisturbed.Report, progress.Report);
        Assert.Equal(undisturbed.Submission, progress.Submission);
    }

    [Fact]
    public async Task A_silo_that_dies_gives_its_jobs_to_the_others()
    {
        var undisturbed = await runs.OneRound;
        await using var bed = new TestBed();
        await bed.AddSiloAsync(options => options.Silence = TimeSpan.FromSeconds(3));
        var doomed = await bed.AddSiloAsync(options => options.Silence = TimeSpan.FromSeconds(3));
        await bed.ImportAsync();
        bed.Script("wait train 1");
        await bed.SubmitAsync(TestBed.Yaml("demo", rounds: "5"));
        // Both have looked at the script before it changes.
        await bed.UntilAsync("demo", progress => progress.JobsRunning >= 2 && bed.TrainerLog().Length >= 2);
        await doomed.KillAsync();
        bed.Script();
        // What waited on the living silo waits for good; its process is told to end as a user would.
        var progress = await WithRetriesAsync(bed);

        Assert.Equal(undisturbed.Report, progress.Report);
    }

    /// <summary>A silo on which the first calls of a method fail as a fault of the program would; it tells how many did.</summary>
    private static async Task<Func<int>> AddFaultySiloAsync(TestBed bed, string grain, string method, string key, int faults)
    {
        var met = 0;
        await bed.AddSiloAsync(configureSilo: silo => silo.AddIncomingGrainCallFilter(call =>
            call.MethodName == method && call.TargetId.Type.ToString() == grain
            && call.TargetId.Key.ToString()!.Contains(key, StringComparison.Ordinal) && Interlocked.Increment(ref met) <= faults
                ? throw new InvalidDataException("a scripted fault")
                : call.Invoke()));
        return () => met;
    }

    private static async Task<ExperimentProgress> WithRetriesAsync(TestBed bed)
    {
        foreach (var process in bed.TrainerLog().Select(line => int.Parse(line[1])).Where(Runs))
        {
            Kill(process);
        }
        return await bed.UntilAsync("demo", progress => progress.Status == ExperimentStatus.Done);
    }

    private static void Kill(int process)
    {
        try
        {
            Process.GetProcessById(process).Kill();
        }
        catch (ArgumentException)
        {
            // It ended by itself.
        }
    }

    private static bool Runs(int process)
    {
        try
        {
            return !Process.GetProcessById(process).HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
