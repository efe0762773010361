using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using OrleansTagging.Abstractions;
using OrleansTagging.Grains;
using OrleansTagging.Grains.Tests;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;

namespace OrleansTagging.Benchmarks;

/// <summary>
/// Jobs of a grid through one silo on a folder store: asked for, leased, run by a Trainer that answers at once, finished. First all of a
/// large grid, then a few of them beside queues of growing length, which a job's cost must not depend on.
/// </summary>
internal sealed class SchedulerBenchmark
{
    private const int Grid = 10_000;
    private const int Beside = 1_000;
    private const double LeastJobsPerSecond = 1_000;
    private const double MostGrowth = 1.5;
    private const int Slots = 64;
    private const int AtATime = 256;

    private static readonly int[] QueueLengths = [10, 1_000, 10_000, 100_000];

    /// <summary>Measures and prints; whether what is wanted holds.</summary>
    public static async Task<bool> RunAsync()
    {
        await MeasureAsync(0, Beside);
        var grid = await MeasureAsync(0, Grid);
        Console.WriteLine($"{Grid} jobs of a grid: {grid.JobsPerSecond:0} jobs/s, {grid.ProcessorMilliseconds:0.00} ms of a processor a job");
        Console.WriteLine();
        Console.WriteLine($"{Beside} jobs beside a queue, per job:");
        Console.WriteLine("  queue   jobs/s  cpu ms  writes  bytes  scheduler's writes  its bytes");
        var beside = new List<Figures>();
        foreach (var queue in QueueLengths)
        {
            var figures = await MeasureAsync(queue, Beside);
            beside.Add(figures);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{queue,7} {figures.JobsPerSecond,8:0} {figures.ProcessorMilliseconds,7:0.00} {figures.Writes,7:0.00} {figures.Bytes,6:0} "
                + $"{figures.SchedulerWrites,19:0.00} {figures.SchedulerBytes,10:0}"));
        }
        var isFast = grid.JobsPerSecond >= LeastJobsPerSecond;
        var isConstant = beside[^1].Writes < MostGrowth * beside[0].Writes && beside[^1].SchedulerBytes < MostGrowth * beside[0].SchedulerBytes;
        Console.WriteLine();
        Console.WriteLine($"{LeastJobsPerSecond:0} jobs/s or more: {(isFast ? "yes" : "no")}; writes a job the same at every length: {(isConstant ? "yes" : "no")}");
        return isFast && isConstant;
    }

    private static async Task<Figures> MeasureAsync(int queued, int jobs)
    {
        var folder = Directory.CreateTempSubdirectory("scheduler-benchmark-").FullName;
        try
        {
            var store = Store.Open(folder);
            var counting = new CountingStates(store.State);
            store = store with { State = counting };
            var predictions = await store.Artifacts.PutAsync(new byte[] { 1 }, "npy");
            var requests = new List<JobRequest>();
            for (var job = 0; job < jobs; job++)
            {
                requests.Add(await RequestAsync(store, "grid", job));
            }
            await using var silos = new TestSilos();
            var trainer = new InstantTrainer(predictions);
            await silos.AddAsync(silo =>
            {
                silo.Services.AddSingleton<ITrainer>(trainer);
                silo.AddTagging(store, options => (options.CpuSlots, options.CudaDevices) = (Slots, []));
            });
            var scheduler = silos.Grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key);
            await scheduler.Set(new ExperimentStanding { Experiment = "others", Paused = true });
            await ForEachAsync(Enumerable.Range(0, queued), job => scheduler.Enqueue(Ticket(job)));
            while (!await scheduler.HasDevice("cpu"))
            {
                await Task.Delay(10);
            }

            using var self = Process.GetCurrentProcess();
            var before = await scheduler.Describe();
            var (writes, bytes, processor, watch) = (counting.Writes, counting.Bytes, self.TotalProcessorTime, Stopwatch.StartNew());
            await ForEachAsync(requests, request => silos.Grains.GetGrain<ITrainingGrain>(request.Job).Ensure(request));
            // The scheduler's own count of what it holds: all that was asked for has been finished.
            while (await scheduler.Count() > queued)
            {
                await Task.Delay(5);
            }
            watch.Stop();
            self.Refresh();
            var used = self.TotalProcessorTime - processor;
            var after = await scheduler.Describe();
            if (trainer.Runs != jobs)
            {
                throw new InvalidOperationException($"{trainer.Runs} Trainers ran for {jobs} jobs.");
            }
            return new Figures(
                jobs / watch.Elapsed.TotalSeconds,
                used.TotalMilliseconds / jobs,
                (double)(counting.Writes - writes) / jobs,
                (double)(counting.Bytes - bytes) / jobs,
                (double)(after.Writes - before.Writes) / jobs,
                (double)(after.WrittenBytes - before.WrittenBytes) / jobs);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Task ForEachAsync<T>(IEnumerable<T> all, Func<T, Task> act) =>
        Parallel.ForEachAsync(all, new ParallelOptions { MaxDegreeOfParallelism = AtATime }, async (one, _) => await act(one));

    private static async Task<JobRequest> RequestAsync(Store store, string experiment, int number)
    {
        var document = new JobDocument
        {
            CodeVersion = CodeVersion.Learning,
            Dataset = new DatasetReference { Version = "v", Audio = "none.npy", Clips = "none.csv", Facts = "none.json" },
            Model = new ModelSettings(),
            Device = "cpu",
            Threads = 1,
            Predict = new PredictionTask { Weights = string.Create(CultureInfo.InvariantCulture, $"{number}.dat"), Clips = "none.csv" },
        };
        var address = await store.Artifacts.PutAsync(Encoding.UTF8.GetBytes(document.ToJson()), "json");
        return Request(experiment, number, document.Id, address);
    }

    private static JobTicket Ticket(int number) => new()
    {
        Accelerator = "cpu",
        Request = Request("others", number, string.Create(CultureInfo.InvariantCulture, $"cpu-{number:x32}"), $"{number:x64}.json"),
    };

    private static JobRequest Request(string experiment, int number, string job, string document)
    {
        // Three jobs a fold, as a training and its two predictions are.
        var fold = string.Create(CultureInfo.InvariantCulture, $"{experiment}/member{number / 15}/curated/{number / 3 % 5}");
        return new JobRequest
        {
            Job = job,
            Document = document,
            What = string.Create(CultureInfo.InvariantCulture, $"member{number / 15} curated fold {number / 3 % 5}: predict test"),
            Slots = 1,
            Priority = 0,
            Parent = new Parent { Kind = ParentKind.Fold, Key = fold },
            Attempt = "0123456789abcdef0123456789abcdef",
        };
    }

    private sealed record Figures(
        double JobsPerSecond, double ProcessorMilliseconds, double Writes, double Bytes, double SchedulerWrites, double SchedulerBytes);

    /// <summary>A Trainer that answers at once.</summary>
    private sealed class InstantTrainer(string predictions) : ITrainer
    {
        private int _runs;

        public int Runs => _runs;

        public Task<TrainerOutcome> RunAsync(JobDocument document, string device, Action<TrainerMessage> heard, CancellationToken stop)
        {
            Interlocked.Increment(ref _runs);
            return Task.FromResult(new TrainerOutcome
            {
                ExitCode = 0,
                Result = new JobResult { Predictions = predictions },
                LastOutput = [],
                Seconds = 0,
            });
        }
    }

    /// <summary>States that count what is written.</summary>
    private sealed class CountingStates(IStateStore states) : IStateStore
    {
        private long _writes;
        private long _bytes;

        public long Writes => Interlocked.Read(ref _writes);

        public long Bytes => Interlocked.Read(ref _bytes);

        public Task<VersionedState?> ReadAsync(string key, CancellationToken cancellationToken = default) =>
            states.ReadAsync(key, cancellationToken);

        public Task<string> WriteAsync(
            string key, ReadOnlyMemory<byte> content, string? expectedETag, CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _writes);
            Interlocked.Add(ref _bytes, content.Length);
            return states.WriteAsync(key, content, expectedETag, cancellationToken);
        }

        public Task ClearAsync(string key, string? expectedETag, CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _writes);
            return states.ClearAsync(key, expectedETag, cancellationToken);
        }

        public async IAsyncEnumerable<string> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await foreach (var key in states.ListAsync(prefix, cancellationToken))
            {
                yield return key;
            }
        }
    }
}
