using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Orleans.Hosting;
using Orleans.Runtime;
using OrleansTagging.Abstractions;
using OrleansTagging.Grains;
using OrleansTagging.Grains.Tests;

namespace OrleansTagging.Faults.Tests;

/// <summary>What random schedules of faults have found, each by itself.</summary>
public sealed class FoundFaultTests
{
    [Fact]
    public async Task A_start_for_a_silo_that_is_gone_does_not_go_round_for_ever()
    {
        var starts = 0;
        await using var host = new TestSilos();
        await Installation.StartAsync(host, new MemoryDisk().Open(new ProcessLife()), configure: silo => silo.AddIncomingGrainCallFilter(call =>
        {
            Interlocked.Add(ref starts, call.MethodName == nameof(ITrainingGrain.Start) ? 1 : 0);
            return call.Invoke();
        }));
        var job = host.Grains.GetGrain<ITrainingGrain>("cpu-0123");
        // Answers once the silo is known as one that may hold jobs.
        await job.Describe();

        await job.Start(new JobLease
        {
            Request = new JobRequest
            {
                Job = "cpu-0123",
                Document = "0123.json",
                What = "a job",
                Slots = 1,
                Priority = 0,
                Parent = new Parent { Kind = ParentKind.Fold, Key = "demo/plain/curated/0" },
                Attempt = "one",
            },
            Silo = SiloAddress.New(IPAddress.Loopback, 30_000, 1),
            Device = "cpu",
            Epoch = 7,
        });
        // As many turns as it would take to see it come round again and again.
        for (var turn = 0; turn < 200 || Volatile.Read(ref starts) == 0; turn++)
        {
            await job.Describe();
        }

        Assert.InRange(starts, 1, 2);
    }

    [Fact]
    public async Task A_jobs_document_that_cannot_be_read_for_a_moment_fails_no_job()
    {
        var undisturbed = await Undisturbed.Value;
        var reads = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        // First the fold reads it, then the job.
        var refusals = new ChosenRefusals
        {
            Reads = address => address.EndsWith(".json", StringComparison.Ordinal)
                && reads.AddOrUpdate(address, 1, (_, before) => before + 1) is 2 or 4,
        };

        undisturbed.End.Compare((await new Installation().LiveAsync(new ProcessLife(), refusals))!);

        Assert.Contains(reads.Values, times => times >= 4);
    }

    [Fact]
    public async Task A_fold_whose_result_could_not_be_written_does_not_say_that_it_is_done()
    {
        var undisturbed = await Undisturbed.Value;
        var refused = 0;
        var refusals = new ChosenRefusals
        {
            Writes = (key, content) => key == "grain/fold/demo/plain/curated/0/fold"
                && Encoding.UTF8.GetString(content.Span).Contains("\"Result\":\"", StringComparison.Ordinal)
                && Interlocked.Increment(ref refused) <= 2,
        };

        undisturbed.End.Compare((await new Installation().LiveAsync(new ProcessLife(), refusals))!);

        Assert.InRange(refused, 2, int.MaxValue);
    }

    [Theory]
    [InlineData("grain/curriculum/demo/main/")]
    [InlineData("grain/fold/demo/main.scorer/main@1/0/")]
    [InlineData("grain/member/demo/plain/")]
    public async Task A_part_whose_beginning_could_not_be_written_is_asked_again(string part)
    {
        var undisturbed = await Undisturbed.Value;
        var refused = 0;
        var refusals = new ChosenRefusals
        {
            Writes = (key, _) => key.StartsWith(part, StringComparison.Ordinal) && Interlocked.Increment(ref refused) <= 6,
        };

        undisturbed.End.Compare((await new Installation().LiveAsync(new ProcessLife(), refusals))!);

        Assert.InRange(refused, 7, int.MaxValue);
    }

    [Fact]
    public async Task A_fold_that_could_not_take_a_new_attempt_over_does_not_answer_with_the_result_of_the_one_before()
    {
        var installation = new Installation();
        Assert.NotNull(await installation.LiveAsync(new ProcessLife()));
        var stored = installation.Disk.States["grain/fold/demo/plain/curated/0/fold"];
        var request = JsonSerializer.Deserialize<FoldState>(stored)!.Request!;
        await using var host = new TestSilos();
        await Installation.StartAsync(host, installation.Disk.Open(new ProcessLife()), new ChosenRefusals
        {
            Writes = (key, _) => key.StartsWith("grain/fold/", StringComparison.Ordinal),
        });
        var fold = host.Grains.GetGrain<IFoldGrain>("demo/plain/curated/0");

        Assert.True((await fold.Ensure(request)).Done);
        await Assert.ThrowsAnyAsync<OrleansException>(() =>
            fold.Ensure(request with { Context = request.Context with { Attempt = "another" } }));
    }
}
