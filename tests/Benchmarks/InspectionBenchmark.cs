using System.Diagnostics;
using System.Globalization;
using Orleans;
using OrleansTagging.Abstractions;
using OrleansTagging.Grains;
using OrleansTagging.Grains.Tests;
using OrleansTagging.Labels;
using OrleansTagging.Storage;

namespace OrleansTagging.Benchmarks;

/// <summary>
/// How long a warm silo takes to tell of an experiment with FSDKaggle2019's 19,815 noisy clips: of the experiment, its curriculum, a round, and
/// clips drawn at random. The Trainer is the tests' scripted one, whose predictions have the size of real ones.
/// </summary>
internal static class InspectionBenchmark
{
    private const int Curated = 4_970;
    private const int Noisy = 19_815;
    private const int Test = 1_000;
    private const int Rounds = 3;
    private const int Near = 10;
    private const int Clips = 300;
    private const double MostOfAll = 300;
    private const double MostOfAClip = 50;

    private static string Yaml => $$"""
        name: large
        dataset: {{SyntheticClips.Name}}
        seed: 3
        folds: 5
        models:
          mel:
            features: mel_1024_512_64
        training:
          epochs: 2
        curricula:
          main:
            scorer: mel
            rounds: [{{string.Join(", ", Enumerable.Range(1, Rounds).Select(round => 2_000 * round))}}]
            rest: relabel
        members:
          promoted: { model: mel, selection: main@{{Rounds}} }
          rest: { model: mel, selection: main@relabelled }
        ensemble: [promoted, rest]
        """;

    /// <summary>Measures and prints; whether it stays below what is wanted.</summary>
    public static async Task<bool> RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("inspection-benchmark-").FullName;
        try
        {
            var store = Store.Open(folder);
            await using var silos = new TestSilos();
            await silos.AddAsync(silo => silo.AddTagging(store, options =>
                (options.CpuSlots, options.CudaDevices, options.TrainerPath) = (2, [], LargeDataset.Trainer)));
            var record = await LargeDataset.PutAsync(store, Curated, Noisy, Test);
            await silos.Grains.GetGrain<IDatasetGrain>(record.Name).Register(record);
            await RunAsync(silos.Grains.GetGrain<IExperimentGrain>("large"));
            return await MeasureAsync(silos.Grains, store, record);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task RunAsync(IExperimentGrain experiment)
    {
        await experiment.Submit(Yaml, "large.yaml");
        for (var progress = await experiment.GetProgress(); progress.Status != ExperimentStatus.Done; progress = await experiment.GetProgress())
        {
            if (progress.Status != ExperimentStatus.Running)
            {
                throw new InvalidOperationException(progress.Problem);
            }
            await Task.Delay(500);
        }
    }

    private static async Task<bool> MeasureAsync(IGrainFactory grains, Store store, DatasetRecord record)
    {
        var curriculum = grains.GetGrain<ICurriculumGrain>("large/main");
        var experiment = grains.GetGrain<IExperimentGrain>("large");
        var index = NoisyOf(await store.Artifacts.ReadAsync(record.Clips));
        var random = SeededRandom.Of(5);
        var asked = Enumerable.Range(0, Clips).Select(_ => index[random.NextInt(index.Length)]).ToArray();
        var most = 0d;
        Console.WriteLine("  what                 calls   first ms  median ms  95 % ms");
        async Task<double> Tell(string what, int calls, Func<int, Task> call)
        {
            var times = new double[calls];
            for (var at = 0; at < calls; at++)
            {
                var watch = Stopwatch.StartNew();
                await call(at);
                times[at] = watch.Elapsed.TotalMilliseconds;
            }
            var (first, sorted) = (times[0], times.Order().ToArray());
            var high = sorted[(int)(0.95 * (calls - 1))];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  {what,-19} {calls,6} {first,10:0.0} {sorted[calls / 2],10:0.0} {high,8:0.0}"));
            most = Math.Max(most, first);
            return high;
        }
        await Tell("experiment", 20, _ => experiment.GetProgress());
        await Tell("curriculum", 20, _ => curriculum.GetStatus(null));
        for (var round = Rounds; round >= 1; round--)
        {
            var number = round;
            await Tell($"round {number}", 20, _ => curriculum.InspectRound(number, Near));
        }
        await Tell("another cut", 20, at => curriculum.GetWhatIf(1, at / 20d));
        var all = most;
        var clip = await Tell("clip", Clips, at => curriculum.GetClip(asked[at]));
        Console.WriteLine();
        var (isFast, clipIsFast) = (all < MostOfAll, clip < MostOfAClip);
        Console.WriteLine($"each in under {MostOfAll:0} ms, the first time too: {(isFast ? "yes" : "no")}; "
            + $"95 % of the clips in under {MostOfAClip:0} ms: {(clipIsFast ? "yes" : "no")}");
        return isFast && clipIsFast;
    }

    // fname,subset,offset,samples,labels
    private static string[] NoisyOf(byte[] index) => [.. System.Text.Encoding.UTF8.GetString(index).Split('\n')
        .Where(row => row.Split(',') is [_, "noisy", ..]).Select(row => row.Split(',')[0])];
}
