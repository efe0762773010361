using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using OrleansTagging.Abstractions;
using OrleansTagging.Commands;
using OrleansTagging.Commands.Tests;
using OrleansTagging.Grains;
using OrleansTagging.Silo.Tests;
using OrleansTagging.Storage;

namespace OrleansTagging.Cluster.Tests;

/// <summary>
/// A cluster on Azurite of which one part after another is killed at random moments, by seed, until the experiment is done.
/// <c>KILL_RUNS=100</c> makes so many runs and <c>KILL_SEED=17</c> begins at that seed (<c>eng/kill-test.sh --cluster</c>).
/// </summary>
public sealed class ClusterKillTests(ITestOutputHelper output) : IDisposable
{
    private const int UsualRuns = 1;
    private const int UsualKills = 8; // Of the one run in the test suite, which then ends in peace.
    private const int UsualSeed = 1;
    private const int MostTrainersKilled = 2; // A third crash of one job would fail it, as it should.

    private static readonly TimeSpan _longestQuiet = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _longestAway = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(8);
    private static readonly TimeSpan _answered = TimeSpan.FromSeconds(3);

    private readonly TemporaryFolder _folder = new();

    private static string Experiment => Path.Combine(AppContext.BaseDirectory, "experiments", "brief.yaml");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Killed_part_by_part_a_cluster_comes_to_the_bytes_of_a_run_that_nothing_disturbed()
    {
        await SucceedAsync(null, "dataset", "synth", "--out", "dataset", "--seed", "3", "--scale", "0.1");
        await SucceedAsync(null, "dataset", "import", "dataset", "--name", "synthetic", "--store", "alone");
        await SucceedAsync(null, "run", Experiment, "--store", "alone", "--out", "alone-out");
        var expected = await File.ReadAllBytesAsync(_folder["alone-out/report.json"]);

        var (runs, first) = (Number("KILL_RUNS") ?? UsualRuns, Number("KILL_SEED") ?? UsualSeed);
        for (var seed = first; seed < first + runs; seed++)
        {
            await RunKilledAsync(seed, expected);
        }
    }

    private async Task RunKilledAsync(int seed, byte[] expected)
    {
        await using var cluster = await TestCluster.CreateAsync();
        await SucceedAsync(cluster.OfConsole, "dataset", "import", "dataset", "--name", "synthetic");
        SiloProcess[] silos = [cluster.StartCpuRole(), cluster.StartGpuRole(), cluster.StartGpuRole()];
        await Task.WhenAll(silos.Select(silo => silo.ReadyAsync()));
        await cluster.ConnectAsync();
        var experiment = await cluster.SubmitAsync(await File.ReadAllTextAsync(Experiment));

        var mostKills = Number("KILL_RUNS") is null ? UsualKills : int.MaxValue;
        var (chance, told, trainersKilled, watch) = (new Random(seed), new List<string>(), 0, Stopwatch.StartNew());
        var recorded = new Dictionary<string, string>();
        while (true)
        {
            Assert.True(watch.Elapsed < _patience, $"seed {seed}: {string.Join(", ", told)}; and it does not end. {cluster.Log}");
            // Drawn in this order whatever happens, so that a seed has the same moments wherever it runs.
            var (quiet, away, victim, which) =
                (chance.NextDouble() * _longestQuiet, chance.NextDouble() * _longestAway, chance.Next(5), chance.Next());
            if (await EndsWithinAsync(cluster, experiment, told.Count < mostKills ? quiet : _patience))
            {
                break;
            }
            switch (victim)
            {
                case < 3:
                    told.Add($"silo {victim}");
                    await silos[victim].DieAsync();
                    await Task.Delay(away);
                    silos[victim].Start();
                    break;
                case 3:
                    int[] trainers = [.. silos.SelectMany(silo => silo.Trainers())];
                    if (trainers.Length > 0 && trainersKilled < MostTrainersKilled)
                    {
                        trainersKilled++;
                        told.Add("a Trainer");
                        SiloProcess.Kill(trainers[which % trainers.Length]);
                    }
                    break;
                default:
                    told.Add("Azurite");
                    Array.ForEach(silos, silo => silo.Freeze());
                    await cluster.Azurite.KillAsync();
                    Array.ForEach(silos, silo => silo.GoOn());
                    await Task.Delay(away);
                    await cluster.Azurite.StartAsync();
                    break;
            }
            await CompareAsync(cluster.Store.State, recorded, seed);
        }
        Assert.Equal(expected, await cluster.ReportAsync(experiment));
        await CompareAsync(cluster.Store.State, recorded, seed);
        await SucceedAsync(cluster.OfConsole, "store", "verify");
        Tell($"seed {seed}: killed {(told.Count == 0 ? "nothing" : string.Join(", ", told))}; same bytes after {watch.Elapsed.TotalSeconds:0} s");
    }

    private static async Task<bool> EndsWithinAsync(TestCluster cluster, string experiment, TimeSpan time)
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < time)
        {
            try
            {
                var progress = await cluster.Grains.GetGrain<IExperimentGrain>(experiment).GetProgress().WaitAsync(_answered);
                Assert.True(progress.Status is ExperimentStatus.Running or ExperimentStatus.Done, $"{progress.Problem} {cluster.Log}");
                if (progress.Status == ExperimentStatus.Done)
                {
                    return true;
                }
            }
            catch (Exception fault) when (fault is not Xunit.Sdk.IAssertionException)
            {
                // Whoever would answer is away.
            }
            await Task.Delay(100);
        }
        return false;
    }

    /// <summary>A job whose result is on record is never begun again, and its result never changes.</summary>
    private static async Task CompareAsync(IStateStore states, Dictionary<string, string> recorded, int seed)
    {
        const string Prefix = "grain/training/";
        await foreach (var key in states.ListAsync(Prefix))
        {
            if (await states.ReadAsync(key) is { } stored
                && JsonSerializer.Deserialize<TrainingState>(stored.Content) is { Result: { } result } state)
            {
                var record = $"{state.Attempts} {result}";
                Assert.True(recorded.TryAdd(key, record) || recorded[key] == record,
                    $"seed {seed}: {key} was {recorded.GetValueOrDefault(key)} and is {record} now.");
            }
        }
    }

    private async Task SucceedAsync(IReadOnlyDictionary<string, string>? environment, params string[] args)
    {
        var run = await TaggingProcess.RunAsync(_folder.Root, environment, args);
        Assert.True(run.Code == ExitCode.Success, $"exit code {run.Code}: {run.Error}");
    }

    private void Tell(string line) => output.WriteLine(line);

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;
}
