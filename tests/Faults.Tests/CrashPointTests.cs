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
    private const int SampledStates = 12;
    private const int SampledArtifacts = 4;

    [Fact]
    public async Task Wherever_its_silo_dies_an_experiment_comes_to_the_same_bytes()
    {
        var undisturbed = await Undisturbed.Value;
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
                    var installation = new Installation();
                    if (await installation.LiveAsync(new ProcessLife(point)) is not { } end)
                    {
                        Interlocked.Increment(ref reached);
                        end = (await installation.LiveAsync(new ProcessLife()))!;
                    }
                    undisturbed.End.Compare(end);
                    Interlocked.Increment(ref same);
                }
                catch (Exception fault)
                {
                    failures.Enqueue($"{point}: {fault.Message}");
                }
            });
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{all} crash points: before and after {undisturbed.States} writes of state and {undisturbed.Artifacts} of artifacts"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{points.Length} taken in {watch.Elapsed.TotalSeconds:0} s, {points.Length - reached} of them past the last write of their run"));
        output.WriteLine($"{same} of {points.Length} came to the same bytes");
        Assert.True(failures.IsEmpty, string.Join('\n', failures));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task At_its_crash_point_a_silo_dies_and_writes_nothing_more(bool after)
    {
        var (installation, life, written) = (new Installation(), new ProcessLife(new CrashPoint(WriteKind.State, 40, after)), 0);
        installation.Disk.Written += (_, _) => written++;

        Assert.Null(await installation.LiveAsync(life));

        Assert.NotNull(life.DiedAt);
        // Of the 40 some remove a state.
        Assert.InRange(written, 1, after ? 40 : 39);
        Assert.Equal(40, life.Writes(WriteKind.State));
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
}
