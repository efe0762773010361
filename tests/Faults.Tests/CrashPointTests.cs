using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace OrleansTagging.Faults.Tests;

/// <summary>
/// A silo that dies before or after its n-th write, for every n, and a new one on the same disk. The suite takes a sample;
/// <c>CRASH_POINTS=all</c> takes every point and <c>CRASH_POINTS="before state 17"</c> a single one (<c>eng/crash-points.sh</c>).
/// </summary>
public sealed class CrashPointTests(ITestOutputHelper output)
{
    private const int UndisturbedRuns = 3;
    private const int SampledStates = 12;
    private const int SampledArtifacts = 4;

    // Far beyond what a loaded machine needs; it only ends a run that would never end.
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Wherever_its_silo_dies_an_experiment_comes_to_the_same_bytes()
    {
        var undisturbed = await UndisturbedAsync();
        var (all, points) = Choose(undisturbed);
        Assert.NotEmpty(points);
        var failures = new ConcurrentQueue<string>();
        var (same, reached, watch) = (0, 0, Stopwatch.StartNew());
        await Parallel.ForEachAsync(
            points,
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            async (point, _) =>
            {
                try
                {
                    if (await DieAsync(point, undisturbed.End))
                    {
                        Interlocked.Increment(ref reached);
                    }
                    Interlocked.Increment(ref same);
                }
                catch (Exception fault)
                {
                    failures.Enqueue($"{point}: {fault.Message}");
                }
            });
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{all} crash points: before and after {undisturbed.States} writes of state and {undisturbed.Artifacts} of artifacts"));
        // Writes of the scheduler that fall together are one, so that a run may have a few less than the longest.
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{points.Length} taken in {watch.Elapsed.TotalSeconds:0} s, {points.Length - reached} of them past the last write of their run"));
        output.WriteLine($"{same} of {points.Length} came to the same bytes");
        Assert.True(failures.IsEmpty, string.Join('\n', failures));
    }

    [Fact]
    public async Task A_crash_point_is_met_and_nothing_is_written_after_it()
    {
        foreach (var after in new[] { false, true })
        {
            var (disk, life) = (new MemoryDisk(), new ProcessLife(new CrashPoint(WriteKind.State, 40, after)));
            await using var host = await Host.StartAsync(disk.Open(life));
            using var gone = new CancellationTokenSource();
            var run = new User(disk).RunAsync(host.Grains, gone.Token);
            var written = 0;
            disk.Written += (_, _) => written = life.Writes(WriteKind.State);
            await life.Died.WaitAsync(s_longest, TestContext.Current.CancellationToken);
            var left = disk.States;
            await gone.CancelAsync();
            await host.KillAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);

            Assert.Equal(after ? 40 : 39, written);
            Assert.Equal(left, disk.States);
            Assert.NotNull(life.DiedAt);
        }
    }

    private static async Task<Undisturbed> UndisturbedAsync()
    {
        Undisturbed? longest = null;
        for (var run = 0; run < UndisturbedRuns; run++)
        {
            var (disk, life) = (new MemoryDisk(), new ProcessLife());
            await using var host = await Host.StartAsync(disk.Open(life));
            var user = new User(disk);
            var end = await user.RunAsync(host.Grains).WaitAsync(s_longest);
            await user.SettleAsync(host.Grains).WaitAsync(s_longest);
            longest?.End.Compare(end);
            longest = new Undisturbed(
                end,
                Math.Max(longest?.States ?? 0, life.Writes(WriteKind.State)),
                Math.Max(longest?.Artifacts ?? 0, life.Writes(WriteKind.Artifact)));
            await host.KillAsync();
        }
        return longest!;
    }

    private static (int All, CrashPoint[] Points) Choose(Undisturbed undisturbed)
    {
        CrashPoint[] all =
        [
            .. Spread(WriteKind.State, undisturbed.States, undisturbed.States),
            .. Spread(WriteKind.Artifact, undisturbed.Artifacts, undisturbed.Artifacts),
        ];
        return (all.Length, Environment.GetEnvironmentVariable("CRASH_POINTS") switch
        {
            null or "" =>
            [
                .. Spread(WriteKind.State, undisturbed.States, SampledStates),
                .. Spread(WriteKind.Artifact, undisturbed.Artifacts, SampledArtifacts),
            ],
            "all" => all,
            var one => [.. all.Where(point => point.ToString() == one)],
        });
    }

    /// <summary>The points before and after so many of the writes, evenly spread, the first and the last among them.</summary>
    private static IEnumerable<CrashPoint> Spread(WriteKind kind, int writes, int taken) =>
        from write in Enumerable.Range(0, taken).Select(at => 1 + at * (writes - 1) / (taken - 1))
        from after in new[] { false, true }
        select new CrashPoint(kind, write, after);

    /// <summary>Runs until the crash point, then on a new silo to the end; whether the point was reached.</summary>
    private static async Task<bool> DieAsync(CrashPoint point, ExperimentEnd expected)
    {
        var (disk, first) = (new MemoryDisk(), new ProcessLife(point));
        var user = new User(disk);
        await using (var host = await Host.StartAsync(disk.Open(first)))
        {
            using var gone = new CancellationTokenSource();
            var run = RunAndSettleAsync(user, host, gone.Token);
            var ended = await Task.WhenAny(run, first.Died).WaitAsync(s_longest);
            await gone.CancelAsync();
            await host.KillAsync();
            if (ended == run)
            {
                expected.Compare(await run);
                return false;
            }
        }
        await using var next = await Host.StartAsync(disk.Open(new ProcessLife()));
        var end = await user.RunAsync(next.Grains).WaitAsync(s_longest);
        await next.KillAsync();
        expected.Compare(end);
        return true;
    }

    private static async Task<ExperimentEnd> RunAndSettleAsync(User user, Host host, CancellationToken gone)
    {
        var end = await user.RunAsync(host.Grains, gone);
        await user.SettleAsync(host.Grains, gone);
        return end;
    }

    /// <summary>What a run comes to that nothing disturbs, and the most writes that one had.</summary>
    private sealed record Undisturbed(ExperimentEnd End, int States, int Artifacts);
}
