using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Orleans;
using OrleansTagging.Abstractions;
using OrleansTagging.Grains;
using OrleansTagging.Grains.Tests;
using OrleansTagging.Storage;

namespace OrleansTagging.Benchmarks;

/// <summary>
/// The largest resident set of a silo process that takes an experiment of FSDKaggle2019's size (20,000 noisy clips, 80 classes) to its
/// end over 200 jobs. The Trainer is the tests' scripted one, whose predictions have the size of real ones.
/// </summary>
internal static class MemoryBenchmark
{
    private const int Curated = 5_000;
    private const int Noisy = 20_000;
    private const int Test = 4_500;
    private const int Rounds = 4;
    private const int Members = 16;
    private const int LeastJobs = 200;
    private const double MostMegabytes = 400;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    private static IEnumerable<int> Seeds => Enumerable.Range(1, Members);

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
        members:
        {{string.Join('\n', Seeds.Select(seed => $"  m{seed}: {{ model: mel, selection: main@{Rounds}, with: {{ network.output_dropout: 0.{seed:00} }} }}"))}}
        ensemble: [{{string.Join(", ", Seeds.Select(seed => $"m{seed}"))}}]
        """;

    /// <summary>Measures and prints; whether it stays below what is wanted.</summary>
    public static async Task<bool> RunAsync()
    {
        if (!OperatingSystem.IsLinux())
        {
            Console.WriteLine("The largest resident set is read from Linux's /proc; nothing is measured here.");
            return true;
        }
        var folder = Directory.CreateTempSubdirectory("memory-benchmark-").FullName;
        try
        {
            await SubmitAsync(Store.Open(folder));
            using var silo = Start(folder);
            try
            {
                var jobs = await EndAsync(Store.Open(folder), silo);
                var peak = PeakMegabytes(silo.Id);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"a silo with {Noisy} noisy clips, {LargeDataset.Classes} classes, {jobs} finished jobs: {peak:0} MB at most"));
                Console.WriteLine();
                Console.WriteLine($"under {MostMegabytes:0} MB: {(peak < MostMegabytes ? "yes" : "no")}");
                return peak < MostMegabytes;
            }
            finally
            {
                silo.Kill(entireProcessTree: true);
                await silo.WaitForExitAsync();
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // Hosted here for a moment, without a device; the silo goes on with what it finds unfinished.
    private static async Task SubmitAsync(Store store)
    {
        await using var silos = new TestSilos();
        await silos.AddAsync(silo => silo.AddTagging(store, options => (options.CpuSlots, options.CudaDevices) = (0, [])));
        var record = await LargeDataset.PutAsync(store, Curated, Noisy, Test);
        var problem = await silos.Grains.GetGrain<IDatasetGrain>(record.Name).Register(record)
            ?? (await silos.Grains.GetGrain<IExperimentGrain>("large").Submit(Yaml, "large.yaml")).Problem;
        if (problem is not null)
        {
            throw new InvalidOperationException(problem);
        }
    }

    private static Process Start(string store)
    {
        var start = new ProcessStartInfo("dotnet", [LargeDataset.Built("Silo", "OrleansTagging.Silo.dll")])
        {
            Environment =
            {
                ["Tagging__Store"] = store,
                ["Tagging__TrainerPath"] = LargeDataset.Trainer,
                ["Tagging__CpuSlots"] = "2",
                ["Tagging__HttpUrl"] = "http://127.0.0.1:0",
                ["Serilog__MinimumLevel__Default"] = "Warning",
            },
        };
        return Process.Start(start) ?? throw new InvalidOperationException("The silo could not be started.");
    }

    private static async Task<int> EndAsync(Store store, Process silo)
    {
        var watch = Stopwatch.StartNew();
        while (await ReadAsync<ExperimentState>(store, "grain/experiment/large/experiment") is not { Status: not ExperimentStatus.Running } state
            || (state.Status != ExperimentStatus.Done ? throw new InvalidOperationException(state.Problem) : false))
        {
            if (silo.HasExited || watch.Elapsed > Patience)
            {
                throw new InvalidOperationException(silo.HasExited ? $"The silo ended with code {silo.ExitCode}." : "It takes too long.");
            }
            await Task.Delay(500);
        }
        var jobs = 0;
        await foreach (var key in store.State.ListAsync("grain/training/"))
        {
            jobs += await ReadAsync<TrainingState>(store, key) is { Result: not null } ? 1 : 0;
        }
        return jobs >= LeastJobs ? jobs : throw new InvalidOperationException($"Only {jobs} jobs ran.");
    }

    private static async Task<T?> ReadAsync<T>(Store store, string key) where T : class =>
        await store.State.ReadAsync(key) is { } stored ? JsonSerializer.Deserialize<T>(stored.Content) : null;

    // "VmHWM:    123456 kB"
    private static double PeakMegabytes(int process) => double.Parse(
        File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1000;
}
