using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Grains.Tests;

/// <summary>Faults that nobody foresaw, in a part of an experiment or on the way to it.</summary>
public sealed class FaultTests(UndisturbedRuns runs)
{
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

    [Fact]
    public async Task A_part_is_tried_again_though_its_timer_is_ahead_of_the_clock()
    {
        await using var bed = new TestBed();
        // No reminder makes up for it.
        var faults = await AddFaultySiloAsync(bed, "curriculum", "Ensure", "", int.MaxValue, silo =>
            silo.Services.AddSingleton<TimeProvider>(new SlowClock()), options => options.Redrive = TimeSpan.FromHours(1));
        await bed.ImportAsync();
        var progress = await bed.RunAsync(TestBed.Yaml("demo", rounds: "5"));

        Assert.Equal(ExperimentStatus.Failed, progress.Status);
        Assert.InRange(faults(), 3, int.MaxValue);
    }

    /// <summary>A silo on which the first calls of a method fail as a fault of the program would; it tells how many did.</summary>
    private static async Task<Func<int>> AddFaultySiloAsync(
        TestBed bed,
        string grain,
        string method,
        string key,
        int faults,
        Action<ISiloBuilder>? configureSilo = null,
        Action<TaggingOptions>? configure = null)
    {
        var met = 0;
        await bed.AddSiloAsync(configure, configureSilo: silo =>
        {
            configureSilo?.Invoke(silo);
            silo.AddIncomingGrainCallFilter(call =>
                call.MethodName == method && call.TargetId.Type.ToString() == grain
                && call.TargetId.Key.ToString()!.Contains(key, StringComparison.Ordinal) && Interlocked.Increment(ref met) <= faults
                    ? throw new InvalidDataException("a scripted fault")
                    : call.Invoke());
        });
        return () => met;
    }

    /// <summary>A clock that goes at half the speed of the timers.</summary>
    private sealed class SlowClock : TimeProvider
    {
        private readonly DateTimeOffset _start = DateTimeOffset.UtcNow;

        public override DateTimeOffset GetUtcNow() => _start + (DateTimeOffset.UtcNow - _start) / 2;
    }
}
