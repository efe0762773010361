using OrleansTagging.Abstractions;

namespace OrleansTagging.Grains.Tests;

public sealed class HostDeathTests(UndisturbedRuns runs)
{
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

    private static async Task<ExperimentProgress> WithRetriesAsync(TestBed bed)
    {
        foreach (var process in bed.TrainerLog().Select(line => int.Parse(line[1])).Where(LocalProcess.Runs))
        {
            LocalProcess.Kill(process);
        }
        return await bed.UntilAsync("demo", progress => progress.Status == ExperimentStatus.Done);
    }
}
