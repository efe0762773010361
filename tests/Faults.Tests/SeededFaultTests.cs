using System.Collections.Concurrent;
using System.Globalization;

namespace OrleansTagging.Faults.Tests;

/// <summary>
/// Lost, late and doubled calls, refusals of the store, and a crash, all drawn by a seed. <c>FAULT_SEEDS=500</c> runs so many seeds,
/// <c>FAULT_SEED=17</c> one alone and tells what strikes (<c>eng/faults.sh</c>).
/// </summary>
public sealed class SeededFaultTests(ITestOutputHelper output)
{
    private const int UsualSeeds = 8;

    [Fact]
    public async Task Whatever_is_lost_late_doubled_or_refused_an_experiment_comes_to_the_same_bytes()
    {
        var undisturbed = await Undisturbed.Value;
        if (Number("FAULT_SEED") is { } one)
        {
            await RunAsync(one, undisturbed, Console.WriteLine);
            return;
        }
        var failures = new ConcurrentQueue<string>();
        var struck = new ConcurrentDictionary<string, int>();
        var same = 0;
        await Parallel.ForEachAsync(
            Enumerable.Range(1, Number("FAULT_SEEDS") ?? UsualSeeds),
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            async (seed, _) =>
            {
                try
                {
                    foreach (var (kind, count) in await RunAsync(seed, undisturbed, told: null))
                    {
                        struck.AddOrUpdate(kind, count, (_, before) => before + count);
                    }
                    Interlocked.Increment(ref same);
                }
                catch (Exception fault)
                {
                    failures.Enqueue($"seed {seed} (again: eng/faults.sh --seed {seed}): {fault.Message}");
                }
            });
        foreach (var (kind, count) in struck.OrderBy(kind => kind.Key, StringComparer.Ordinal))
        {
            output.WriteLine($"{count,8} {kind}");
        }
        output.WriteLine($"{same,8} seeds came to the same bytes, {failures.Count} did not");
        Assert.True(failures.IsEmpty, string.Join('\n', failures));
    }

    [Fact]
    public void A_seed_strikes_again_as_it_did()
    {
        var plans = new[] { new FaultPlan(7), new FaultPlan(7) };
        var strikes = Array.ConvertAll(plans, plan => Enumerable.Range(0, 200).Select(_ => plan.Strikes("a", 0.3, "b")).ToArray());

        Assert.Equal(strikes[0], strikes[1]);
        Assert.InRange(strikes[0].Count(strike => strike), 30, 90);
        Assert.Equal(plans[0].Crash, plans[1].Crash);
    }

    private static async Task<IReadOnlyDictionary<string, int>> RunAsync(int seed, Undisturbed undisturbed, Action<string>? told)
    {
        var (plan, installation) = (new FaultPlan(seed, told), new Installation { Redrive = TimeSpan.FromSeconds(0.5) });
        var calls = new FaultyCalls(plan);
        if (await installation.LiveAsync(new ProcessLife(plan.Crash), plan, calls) is not { } end)
        {
            told?.Invoke($"the silo died {plan.Crash}");
            end = (await installation.LiveAsync(new ProcessLife(), plan, calls))!;
        }
        undisturbed.End.Compare(end);
        return plan.Struck;
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;
}
