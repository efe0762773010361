using OrleansTagging.Abstractions;

namespace OrleansTagging.Grains.Tests;

public sealed class PlacementTests
{
    [Fact]
    public async Task A_cuda_job_waits_without_a_silo_that_has_cuda_and_runs_only_there()
    {
        await using var bed = new TestBed();
        await bed.AddSiloAsync();
        await bed.AddSiloAsync();
        await bed.ImportAsync();
        await bed.SubmitAsync(TestBed.Yaml("demo", rounds: "5", device: "cuda"));
        var waiting = await bed.UntilAsync("demo", progress => progress.WaitsFor is not null);

        Assert.Equal(ExperimentStatus.Running, waiting.Status);
        Assert.Contains("a silo with cuda", waiting.WaitsFor, StringComparison.Ordinal);
        Assert.All((await bed.Scheduler.Describe()).Queue, ticket => Assert.Equal("cuda", ticket.Accelerator));
        Assert.Empty(bed.TrainerLog());

        var gpu = await bed.AddSiloAsync(cpuSlots: 0, cuda: 1);
        var progress = await bed.UntilAsync("demo", progress => progress.Status != ExperimentStatus.Running);

        Assert.Equal(ExperimentStatus.Done, progress.Status);
        foreach (var job in bed.TrainerLog().Select(line => line[0]).Distinct())
        {
            Assert.StartsWith("cuda-", job, StringComparison.Ordinal);
            Assert.Equal(gpu.Address, await bed.WhereIsAsync(bed.Grains.GetGrain<ITrainingGrain>(job)));
        }
    }

    [Fact]
    public async Task A_cpu_job_keeps_off_a_silo_without_cpu_slots()
    {
        await using var bed = new TestBed();
        var gpu = await bed.AddSiloAsync(cpuSlots: 0, cuda: 1);
        await bed.AddSiloAsync();
        await bed.ImportAsync();
        var progress = await bed.RunAsync(TestBed.Yaml("demo", rounds: "5"));

        Assert.Equal(ExperimentStatus.Done, progress.Status);
        foreach (var job in bed.TrainerLog().Select(line => line[0]).Distinct())
        {
            Assert.NotEqual(gpu.Address, await bed.WhereIsAsync(bed.Grains.GetGrain<ITrainingGrain>(job)));
        }
    }
}
