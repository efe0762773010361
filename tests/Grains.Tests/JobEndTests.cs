using System.Text;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Grains.Tests;

public sealed class JobEndTests
{
    [Theory]
    [InlineData("fault", JobEnd.Fault, 1, "ended with exit code 1 the last time: a scripted fault$")]
    [InlineData("crash", JobEnd.Signal, 139, "was ended by SIGSEGV \\(exit code 139\\) the last time: Segmentation fault \\(scripted\\)$")]
    [InlineData("kill", JobEnd.Signal, 137, "was ended by SIGKILL \\(exit code 137\\) the last time: about to kill$")]
    [InlineData("memory", JobEnd.OutOfMemory, 134,
        "ran out of memory .*: terminate called .*bad_alloc'; use a smaller batch size, or fewer CPU slots on the silo.*$")]
    [InlineData("hang", JobEnd.Hung, 130, "gave no sign of life any more and was ended the last time: ")]
    [InlineData("noresult", JobEnd.BadResult, 0, "told of success but left no result the last time: about to noresult$")]
    [InlineData("badresult", JobEnd.BadResult, 0, "told of success the last time: its result names 0+.npy, which is not in the store$")]
    public async Task A_Trainer_that_keeps_failing_fails_its_job_with_the_kind_of_its_end_and_its_last_output(
        string fate, JobEnd end, int code, string problem)
    {
        await using var bed = new TestBed();
        bed.Script($"{fate.Replace("result", "-result", StringComparison.Ordinal)} train");
        await bed.AddSiloAsync(options => (options.Crashes, options.Hang) = (2, TimeSpan.FromSeconds(1)));
        var job = await bed.UntilJobAsync(await bed.AskAsync(), record => record.Status == JobStatus.Failed);

        Assert.Equal((end, code, 2), (job.End, job.ExitCode, job.Attempts));
        Assert.Matches($"^job cpu-[0-9a-f]{{32}} \\(a loose training\\): its Trainer failed 2 times, and {problem}", job.Problem);
        Assert.Contains($"about to {fate}\n", Encoding.UTF8.GetString(await bed.ReadAsync(job.Log)), StringComparison.Ordinal);
        var scheduler = await bed.UntilAsync(record => record.Leases.Length == 0);
        Assert.Empty(scheduler.Queue);
    }

    [Fact]
    public async Task A_crashed_job_waits_longer_each_time_and_the_wait_outlives_the_host()
    {
        await using var bed = new TestBed();
        bed.Script("crash train 1", "bad-input train");
        await bed.AddSiloAsync(options => (options.Alone, options.Backoff) = (true, TimeSpan.FromSeconds(6)));
        var name = await bed.AskAsync();
        var crashed = await bed.UntilJobAsync(name, record => record.NextTry is not null);
        Assert.Matches(
            $"^job {name} \\(a loose training\\): try 1 of 3 failed \\(its Trainer was ended by SIGSEGV \\(exit code 139\\)\\), the next ",
            crashed.Waits);
        Assert.Equal((JobStatus.Queued, 1, JobEnd.Signal), (crashed.Status, crashed.Crashes, crashed.End));
        Assert.Empty((await bed.UntilAsync(record => record.Queue is [{ NotBefore: not null }])).Leases);

        await bed.KillAsync();
        await bed.AddSiloAsync(options => options.Alone = true);
        var ended = await bed.UntilJobAsync(name, record => record.Status == JobStatus.Failed);

        Assert.True(DateTimeOffset.UtcNow >= crashed.NextTry);
        Assert.Equal((JobEnd.BadInput, 2), (ended.End, ended.Attempts));
        Assert.Empty((await bed.UntilAsync(record => record.Leases.Length == 0)).Queue);
    }

    [Theory]
    [InlineData(137, true, "", JobEnd.OutOfMemory)]
    [InlineData(137, false, "", JobEnd.Signal)]
    [InlineData(-9, true, "", JobEnd.OutOfMemory)]
    [InlineData(1, true, "", JobEnd.Fault)]
    [InlineData(1, false, "CUDA out of memory. Tried to allocate 2.00 GiB", JobEnd.OutOfMemory)]
    [InlineData(1, false, "Exception of type 'System.OutOfMemoryException' was thrown.", JobEnd.OutOfMemory)]
    [InlineData(130, false, "", JobEnd.Stopped)]
    public void Want_of_memory_is_told_from_other_ends(int code, bool kernel, string error, JobEnd end) =>
        Assert.Equal(end, new TrainerOutcome
        {
            ExitCode = code,
            KernelLackedMemory = kernel,
            Error = error,
            LastOutput = [],
            Seconds = 1,
        }.End);

    [Fact]
    public void The_kernels_count_is_read_by_its_name()
    {
        Assert.Equal(3, KernelMemory.Count("low 0\noom 7\noom_kill 3\noom_group_kill 1\n"));
        Assert.Null(KernelMemory.Count("low 0\n"));
    }
}
