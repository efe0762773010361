using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using OrleansTagging.Abstractions;
using OrleansTagging.Grains;
using OrleansTagging.Grains.Tests;
using OrleansTagging.Storage;

namespace OrleansTagging.Faults.Tests;

/// <summary>
/// A disk, a user who wants one experiment done, and one process after the other that hosts a silo alone. The user asks again where there
/// was no answer, and not where there was.
/// </summary>
internal sealed class Installation
{
    // Far beyond what a loaded machine needs; it only ends a run that would never end.
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(3);

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _hasRegistered;
    private bool _hasSubmitted;

    public Installation() => Disk.Written += Look;

    public MemoryDisk Disk { get; } = new();

    /// <summary>Time between two looks at whatever waits; where no call gets lost there is to be no need of them.</summary>
    public TimeSpan Redrive { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Runs the experiment in a process of that life.</summary>
    /// <param name="life">The life.</param>
    /// <param name="storeFaults">What it meets in its store; <c>null</c> for nothing.</param>
    /// <param name="calls">What its calls meet; <c>null</c> for nothing.</param>
    /// <returns>What the experiment came to; <c>null</c> where the process died.</returns>
    public async Task<ExperimentEnd?> LiveAsync(ProcessLife life, IStoreFaults? storeFaults = null, FaultyCalls? calls = null)
    {
        await using var host = new TestSilos();
        await StartAsync(host, Disk.Open(life), storeFaults, calls, Redrive).WaitAsync(s_longest);
        using var gone = new CancellationTokenSource();
        var run = RunAsync(host.Grains, gone.Token);
        var ended = await Task.WhenAny(run, life.Died, Task.Delay(s_longest, gone.Token));
        await gone.CancelAsync();
        await host.KillAsync();
        life.End();
        return ended == run ? await run
            : ended == life.Died ? null
            : throw new TimeoutException($"The experiment has not ended: {JsonSerializer.Serialize(Disk.States.Keys)}");
    }

    /// <summary>Starts a silo; its Trainer meets no faults.</summary>
    public static async Task StartAsync(
        TestSilos host,
        Store store,
        IStoreFaults? storeFaults = null,
        FaultyCalls? calls = null,
        TimeSpan? redrive = null,
        Action<ISiloBuilder>? configure = null)
    {
        while (true)
        {
            try
            {
                await host.AddAsync(silo =>
                {
                    silo.Services.AddSingleton<ITrainer>(new InProcessTrainer(store));
                    silo.AddTagging(storeFaults is null ? store : FaultyStore.Of(store, storeFaults), options =>
                    {
                        options.CpuSlots = 2;
                        options.CudaDevices = [];
                        options.Alone = true;
                        options.ShardSize = SmallExperiment.ShardSize;
                        options.Heartbeat = TimeSpan.FromSeconds(0.25);
                        options.Retry = TimeSpan.FromSeconds(0.05);
                        options.Redrive = redrive ?? options.Redrive;
                    });
                    // What goes on with an experiment that nobody submits again.
                    silo.Services.AddHostedService<UnfinishedExperiments>();
                    silo.Services.Configure<ReminderOptions>(options => options.MinimumReminderPeriod = TimeSpan.FromSeconds(0.1));
                    if (calls is not null)
                    {
                        silo.Services.AddSingleton<IOutgoingGrainCallFilter>(calls);
                    }
                    configure?.Invoke(silo);
                });
                return;
            }
            catch (Exception fault) when (storeFaults is not null && IsOutage(fault))
            {
                // As a service manager would: again in a while.
                await Task.Delay(20);
            }
        }
    }

    private async Task<ExperimentEnd> RunAsync(IGrainFactory grains, CancellationToken gone)
    {
        if (!_hasRegistered)
        {
            var dataset = await SmallExperiment.PutClipsAsync(Disk.Open(new ProcessLife()));
            Assert.Null(await AskAsync(() => grains.GetGrain<IDatasetGrain>(dataset.Name).Register(dataset), gone));
            _hasRegistered = true;
        }
        var experiment = grains.GetGrain<IExperimentGrain>(SmallExperiment.Name);
        if (!_hasSubmitted)
        {
            Assert.Null((await AskAsync(() => experiment.Submit(SmallExperiment.Yaml, "demo.yaml"), gone)).Problem);
            _hasSubmitted = true;
        }
        await _ended.Task.WaitAsync(gone);
        var record = (await AskAsync(experiment.Describe, gone))!;
        Assert.True(record.Status == ExperimentStatus.Done, $"The experiment is {record.Status}: {record.Problem}");
        var scheduler = grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key);
        while (await AskAsync(scheduler.Count, gone) > 0)
        {
            await Task.Delay(5, gone);
        }
        return new ExperimentEnd
        {
            Report = Encoding.UTF8.GetString(Disk.Artifacts[record.Report!]),
            Submission = Disk.Artifacts[record.Submission!],
            States = SmallExperiment.Lasting(Disk),
        };
    }

    private static async Task<T> AskAsync<T>(Func<Task<T>> ask, CancellationToken gone)
    {
        while (true)
        {
            try
            {
                return await ask().WaitAsync(gone);
            }
            catch (Exception fault) when (IsOutage(fault))
            {
                await Task.Delay(20, gone);
            }
        }
    }

    private static bool IsOutage(Exception fault) => fault is Orleans.Runtime.OrleansException or TimeoutException or IOException;

    private void Look(string key, byte[] content)
    {
        if (key == $"grain/experiment/{SmallExperiment.Name}/experiment"
            && JsonSerializer.Deserialize<ExperimentState>(content)!.Status is not ExperimentStatus.Running)
        {
            _ended.TrySetResult();
        }
    }
}
