using System.Collections.Concurrent;
using System.Globalization;
using OrleansTagging.EmbeddedHost;

namespace OrleansTagging.Faults.Tests;

/// <summary>
/// Experiments in simulations by seed. <c>SIMULATION_SEEDS=2000</c> runs so many, <c>SIMULATION_SEED=17</c> one alone and tells what
/// happens in it (<c>eng/simulate.sh</c>).
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int UsualSeeds = 300;

    private static readonly Lazy<WorldEnd> s_undisturbed = new(() => new World(0, rates: null).Run());

    /// <summary>What an experiment comes to that nothing disturbs.</summary>
    internal static WorldEnd Undisturbed => s_undisturbed.Value;

    [Fact]
    public void Without_faults_an_experiment_runs_to_its_end()
    {
        var world = new World(1, rates: null);
        Compare(Undisturbed, world.Run());
        Assert.Equal(0, world.Resubmitted);
        Assert.Empty(world.Struck);
    }

    [Fact]
    public void A_seed_happens_again_as_it_did()
    {
        var traces = new ulong[2];
        for (var run = 0; run < traces.Length; run++)
        {
            var world = Disturbed(11, null);
            world.Run();
            traces[run] = world.Trace;
        }
        Assert.Equal(traces[0], traces[1]);
    }

    [Fact]
    public void Whatever_goes_wrong_an_experiment_ends_with_the_same_report_and_nothing_is_done_that_must_not_be()
    {
        if (Number("SIMULATION_SEED") is { } one)
        {
            RunSeed(one, Console.WriteLine);
            return;
        }
        var seeds = new ConcurrentQueue<int>(Enumerable.Range(Number("SIMULATION_FIRST") ?? 1, Number("SIMULATION_SEEDS") ?? UsualSeeds));
        var failures = new ConcurrentBag<(int Seed, Exception Why)>();
        var struck = new ConcurrentDictionary<string, int>();
        var (resubmitted, ended) = (0, 0);
        var threads = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(() =>
        {
            while (seeds.TryDequeue(out var seed) && failures.Count < 10)
            {
                try
                {
                    var world = RunSeed(seed, null);
                    Interlocked.Increment(ref ended);
                    Interlocked.Add(ref resubmitted, world.Resubmitted);
                    foreach (var (kind, count) in world.Struck)
                    {
                        struck.AddOrUpdate(kind, count, (_, before) => before + count);
                    }
                }
                catch (Exception fault)
                {
                    failures.Add((seed, fault));
                }
            }
        })).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        foreach (var (kind, count) in struck.OrderBy(kind => kind.Key, StringComparer.Ordinal))
        {
            output.WriteLine($"{count,8} {kind}");
        }
        output.WriteLine($"{resubmitted,8} experiments failed and were submitted again");
        output.WriteLine($"{ended,8} seeds came to the undisturbed end");
        Assert.True(failures.IsEmpty, string.Join('\n', failures.OrderBy(failure => failure.Seed).Select(failure =>
            $"seed {failure.Seed} (again: eng/simulate.sh --seed {failure.Seed}): {failure.Why.Message}\n{failure.Why.StackTrace}")));
    }

    private static World RunSeed(int seed, Action<string>? log)
    {
        var world = Disturbed(seed, log);
        Compare(Undisturbed, world.Run());
        log?.Invoke($"seed {seed}: well, after {world.Took} of virtual time and {world.Steps} steps, trace {world.Trace:x16}");
        return world;
    }

    private static World Disturbed(int seed, Action<string>? log) =>
        new(seed, FaultRates.Drawn(new EmbeddedHost.Simulation(seed).ChanceOf("rates")), log);

    internal static void Compare(WorldEnd expected, WorldEnd actual)
    {
        Assert.Equal(expected.States.Keys, actual.States.Keys);
        Assert.All(expected.States, state => Assert.Equal(state.Value, actual.States[state.Key]));
        Assert.Equal(System.Text.Encoding.UTF8.GetString(expected.Report), System.Text.Encoding.UTF8.GetString(actual.Report));
        Assert.Equal(expected.Submission, actual.Submission);
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;
}
