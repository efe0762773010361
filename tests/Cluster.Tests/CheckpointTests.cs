using System.Diagnostics;
using OrleansTagging.Abstractions;
using OrleansTagging.Commands;
using OrleansTagging.Commands.Tests;
using OrleansTagging.Silo.Tests;

namespace OrleansTagging.Cluster.Tests;

/// <summary>A cluster that trains in earnest.</summary>
public sealed class CheckpointTests
{
    private const string Yaml = """
        name: small
        dataset: synthetic
        seed: 7
        folds: 2
        models:
          mel:
            features: mel_512_256_32
            network: { num_conv_blocks: 3, conv_base_depth: 6, growth_rate: 1.5, start_deep_supervision_on: 0, output_dropout: 0.1 }
        training:
          epochs: 90
          batch_size: 8
          max_audio_length: 1
          scheduler: 1cycle_0.001_0.02
          threads: 1
        members:
          plain: { model: mel, selection: curated }
        ensemble: [plain]
        """;

    // The promise: a job whose machine died works again elsewhere within this time.
    private static readonly TimeSpan _promised = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_job_whose_machine_dies_in_the_middle_of_an_epoch_goes_on_elsewhere_from_its_checkpoint_to_the_same_bytes()
    {
        await using var cluster = (await TestCluster.CreateAsync()).With("Tagging__CheckpointSeconds", "1");
        await ConsoleAsync(cluster, "dataset", "synth", "--out", "dataset", "--seed", "3", "--scale", "0.1");
        await ConsoleAsync(cluster, "dataset", "import", "dataset", "--name", "synthetic");
        await ConsoleAsync(cluster, "dataset", "import", "dataset", "--name", "synthetic", "--store", "alone");
        await File.WriteAllTextAsync(Path.Combine(cluster.Root, "small.yaml"), Yaml);

        // Each has room for both jobs; they get one each as long as there are two.
        SiloProcess cpu = cluster.StartCpuRole(), first = cluster.StartGpuRole(slots: 2), second = cluster.StartGpuRole(slots: 2);
        await Task.WhenAll(cpu.ReadyAsync(), first.ReadyAsync(), second.ReadyAsync());
        await cluster.ConnectAsync();
        var experiment = await cluster.SubmitAsync(Yaml);

        var busy = await cluster.UntilAsync("two jobs run", cluster.SchedulerAsync, record => record.Leases.Length == 2);
        var lost = busy.Leases.Single(lease => first.Owns(lease.Silo)).Request.Job;
        await cluster.UntilAsync(
            "an epoch after a checkpoint",
            async () => (await cluster.Grains.GetGrain<ITrainingGrain>(lost).Describe(), await cluster.Store.Checkpoints.ListAsync(lost)),
            seen => seen is ({ Running.Epoch: >= 3 }, [_, ..]));

        var watch = Stopwatch.StartNew();
        await first.DieAsync();
        // Only the second silo can have it now; it may be done before it is asked about.
        await cluster.UntilAsync(
            "its Trainer works", () => cluster.Grains.GetGrain<ITrainingGrain>(lost).Describe(),
            job => job?.Running?.Epoch > 0 || job?.Status == JobStatus.Done);
        TestContext.Current.SendDiagnosticMessage("went on after {0:0.0} s", watch.Elapsed.TotalSeconds);
        Assert.True(watch.Elapsed < _promised, $"It went on after {watch.Elapsed}. {cluster.Log}");

        var report = await cluster.ReportAsync(experiment);
        var resumed = (await cluster.Grains.GetGrain<ITrainingGrain>(lost).Describe())!;
        Assert.Contains(resumed.LastOutput, line => line.StartsWith("Goes on from the checkpoint after epoch", StringComparison.Ordinal));

        await ConsoleAsync(cluster, "run", "small.yaml", "--store", "alone", "--out", "alone-out");
        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(cluster.Root, "alone-out", "report.json")), report);
    }

    private static async Task ConsoleAsync(TestCluster cluster, params string[] arguments)
    {
        var run = await TaggingProcess.RunAsync(cluster.Root, cluster.OfConsole, arguments);
        Assert.True(run.Code == ExitCode.Success, $"exit code {run.Code}: {run.Error}");
    }
}
