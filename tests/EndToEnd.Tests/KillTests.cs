using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using OrleansTagging.Commands;
using OrleansTagging.Commands.Tests;
using OrleansTagging.Grains;
using OrleansTagging.Storage;

namespace OrleansTagging.EndToEnd.Tests;

/// <summary>
/// A run whose processes are killed at random moments, by seed, until it is done. <c>KILL_RUNS=100</c> makes so many runs and
/// <c>KILL_SEED=17</c> begins at that seed (<c>eng/kill-test.sh</c>).
/// </summary>
public sealed class KillTests(ITestOutputHelper output) : IDisposable
{
    private const int UsualRuns = 3;
    private const int UsualSeed = 1;
    private const double LatestKill = 0.7; // Of an undisturbed run's time: few runs get away.
    private const int MostTrainersKilled = 2; // A third crash of one job would fail it, as it should.

    private static readonly string[] s_results = ["report.json", "submission.csv"];
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly TemporaryFolder _folder = new();
    private TimeSpan _whole;

    private static string Experiment => Path.Combine(AppContext.BaseDirectory, "experiments", "brief.yaml");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Killed_again_and_again_a_run_comes_to_the_same_bytes_and_no_job_is_done_twice()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("a Trainer to kill is found in Linux's /proc");
        }
        await SucceedAsync("dataset", "synth", "--out", "dataset", "--seed", "3", "--scale", "0.1");
        await ImportAsync("store");
        var watch = Stopwatch.StartNew();
        await SucceedAsync("run", Experiment, "--store", "store", "--out", "out");
        _whole = watch.Elapsed;
        var expected = Read("out");
        var jobs = await RecordedAsync("store");
        Assert.All(jobs, job => Assert.Equal(1, job.Value.Attempts));
        Tell($"undisturbed: {jobs.Count} jobs in {_whole.TotalSeconds:0.0} s");

        var (runs, first) = (Number("KILL_RUNS") ?? UsualRuns, Number("KILL_SEED") ?? UsualSeed);
        for (var seed = first; seed < first + runs; seed++)
        {
            await RunKilledAsync(seed, expected, jobs.Keys);
        }
    }

    private async Task RunKilledAsync(int seed, byte[][] expected, IEnumerable<string> jobs)
    {
        var (store, results) = ($"store-{seed}", $"out-{seed}");
        await ImportAsync(store);
        var chance = new Random(seed);
        var told = new List<string>();
        var trainersKilled = 0;
        var recorded = new Dictionary<string, TrainingState>();
        var watch = Stopwatch.StartNew();
        var run = Start(store, results);
        try
        {
            while (true)
            {
                // Drawn in this order whatever happens, so that a seed has the same moments wherever it runs.
                var (moment, victim, which) = (chance.NextDouble() * LatestKill * _whole, chance.Next(3), chance.Next());
                if (await EndsWithinAsync(run, moment))
                {
                    break;
                }
                var trainers = ChildrenOf(run.Id);
                if (victim == 0)
                {
                    if (trainers.Length > 0 && trainersKilled < MostTrainersKilled)
                    {
                        trainersKilled++;
                        told.Add($"a Trainer after {moment.TotalSeconds:0.0} s");
                        TaggingProcess.Signal(trainers[which % trainers.Length], TaggingProcess.Kill);
                    }
                    continue;
                }
                TaggingProcess.Signal(run.Id, TaggingProcess.Kill);
                if (victim == 1)
                {
                    Array.ForEach(trainers, trainer => TaggingProcess.Signal(trainer, TaggingProcess.Kill));
                }
                told.Add($"the {(victim == 1 ? "tree" : "host")} after {moment.TotalSeconds:0.0} s");
                if (await run.EndAsync() == ExitCode.Success)
                {
                    // It had just ended by itself.
                    break;
                }
                run.Dispose();
                // The next host may come while the Trainers of this one are on their way down.
                run = Start(store, results);
                await GoneAsync(trainers, seed);
                await CompareAsync(store, recorded, seed);
            }
            var code = await run.EndAsync();
            if (told.Count == 0)
            {
                // The machine is faster than it was; the next runs shall not get away as well.
                _whole = watch.Elapsed;
            }
            Assert.True(code == ExitCode.Success, $"seed {seed}: exit code {code}: {run.Error}");
        }
        finally
        {
            run.Dispose();
        }
        await CompareAsync(store, recorded, seed);
        Assert.Equal(jobs.Order(), recorded.Keys.Order());
        Assert.Equal(expected, Read(results));
        await SucceedAsync("store", "verify", "--store", store);
        Tell($"seed {seed}: killed {(told.Count == 0 ? "nothing" : string.Join(", ", told))}; "
            + $"{recorded.Values.Sum(job => job.Attempts)} Trainers for {recorded.Count} jobs; same bytes");
        Directory.Delete(_folder[store], recursive: true);
    }

    /// <summary>A job whose result is on record is never begun again, and its result never changes.</summary>
    private async Task CompareAsync(string store, Dictionary<string, TrainingState> recorded, int seed)
    {
        foreach (var (job, state) in await RecordedAsync(store))
        {
            if (recorded.TryGetValue(job, out var before))
            {
                Assert.True((before.Attempts, before.Result) == (state.Attempts, state.Result),
                    $"seed {seed}: {job} had a result after {before.Attempts} Trainers and now has had {state.Attempts}.");
            }
            recorded[job] = state;
        }
    }

    private async Task<Dictionary<string, TrainingState>> RecordedAsync(string store)
    {
        const string Prefix = "grain/training/";
        var states = Store.Open(_folder[store]).State;
        var recorded = new Dictionary<string, TrainingState>();
        await foreach (var key in states.ListAsync(Prefix, TestContext.Current.CancellationToken))
        {
            if (await states.ReadAsync(key, TestContext.Current.CancellationToken) is { } stored
                && JsonSerializer.Deserialize<TrainingState>(stored.Content) is { Result: not null } state)
            {
                recorded[key[Prefix.Length..].Split('/')[0]] = state;
            }
        }
        return recorded;
    }

    private static async Task<bool> EndsWithinAsync(TaggingProcess run, TimeSpan time)
    {
        var watch = Stopwatch.StartNew();
        return !await run.UntilAsync(() => watch.Elapsed >= time);
    }

    /// <summary>No Trainer outlives its host.</summary>
    private static async Task GoneAsync(int[] processes, int seed)
    {
        var watch = Stopwatch.StartNew();
        while (processes.Any(IsAlive))
        {
            Assert.True(watch.Elapsed < s_patience, $"seed {seed}: a Trainer still lives {s_patience.TotalSeconds} s after its host died.");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    private static bool IsAlive(int process) => StatusOf(process) is { State: not ("Z" or "X") };

    private static int[] ChildrenOf(int parent) =>
        [.. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName)
            .Select(name => int.TryParse(name, CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0 && StatusOf(id) is { State: not "Z" } status && status.Parent == parent).Order()];

    // "17 (dotnet) S 4 ...": the state and the parent stand behind the name, which may hold anything.
    private static (string State, int Parent)? StatusOf(int process)
    {
        try
        {
            var words = File.ReadAllText($"/proc/{process}/stat").Split(") ")[^1].Split(' ');
            return (words[0], int.Parse(words[1], CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            return null;
        }
    }

    private TaggingProcess Start(string store, string results) =>
        TaggingProcess.Start(_folder.Root, environment: null, "run", Experiment, "--store", store, "--out", results);

    private Task ImportAsync(string store) => SucceedAsync("dataset", "import", "dataset", "--name", "synthetic", "--store", store);

    private async Task SucceedAsync(params string[] args) => SmallExperiment.Succeeded(await TaggingProcess.RunAsync(_folder.Root, args));

    private byte[][] Read(string results) => [.. s_results.Select(file => File.ReadAllBytes(_folder[$"{results}/{file}"]))];

    private void Tell(string line) => output.WriteLine(line);

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;
}
