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

/// <summary>The user of an installation: asks for one experiment, and again where there was no answer.</summary>
internal sealed class User
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly MemoryDisk _disk;
    private bool _hasRegistered;
    private bool _hasSubmitted;

    public User(MemoryDisk disk)
    {
        _disk = disk;
        disk.Written += Look;
    }

    /// <summary>Asks a silo until the experiment is done, or the silo is.</summary>
    public async Task<ExperimentEnd> RunAsync(IGrainFactory grains, CancellationToken gone = default)
    {
        if (!_hasRegistered)
        {
            var dataset = await SmallExperiment.PutClipsAsync(_disk.Open(new ProcessLife()));
            Assert.Null(await AskAsync(() => grains.GetGrain<IDatasetGrain>(dataset.Name).Register(dataset), gone));
            _hasRegistered = true;
        }
        var experiment = grains.GetGrain<IExperimentGrain>(SmallExperiment.Name);
        if (!_hasSubmitted)
        {
            Assert.Null((await AskAsync(() => experiment.Submit(SmallExperiment.Yaml, "demo.yaml"), gone)).Problem);
            _hasSubmitted = true;
        }
        await _done.Task.WaitAsync(gone);
        var record = (await AskAsync(experiment.Describe, gone))!;
        Assert.True(record.Status == ExperimentStatus.Done, $"The experiment is {record.Status}: {record.Problem}");
        return new ExperimentEnd
        {
            Report = Encoding.UTF8.GetString(_disk.Artifacts[record.Report!]),
            Submission = _disk.Artifacts[record.Submission!],
            States = SmallExperiment.Lasting(_disk),
        };
    }

    /// <summary>Waits until nothing is left of a finished experiment but its result: no job.</summary>
    public async Task SettleAsync(IGrainFactory grains, CancellationToken gone = default)
    {
        var scheduler = grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key);
        while (await AskAsync(scheduler.Count, gone) > 0)
        {
            await Task.Delay(5, gone);
        }
    }

    private static async Task<T> AskAsync<T>(Func<Task<T>> ask, CancellationToken gone)
    {
        while (true)
        {
            try
            {
                return await ask().WaitAsync(gone);
            }
            catch (Exception fault) when (fault is Orleans.Runtime.OrleansException or TimeoutException or IOException)
            {
                await Task.Delay(20, gone);
            }
        }
    }

    private void Look(string key, byte[] content)
    {
        if (key == $"grain/experiment/{SmallExperiment.Name}/experiment"
            && JsonSerializer.Deserialize<ExperimentState>(content)!.Status is not ExperimentStatus.Running)
        {
            _done.TrySetResult();
        }
    }
}

/// <summary>A process that hosts one silo alone on a disk.</summary>
internal sealed class Host : IAsyncDisposable
{
    private readonly TestSilos _silos = new();

    private Host()
    {
    }

    public IGrainFactory Grains => _silos.Grains;

    public static async Task<Host> StartAsync(Store store, Action<ISiloBuilder>? configure = null)
    {
        var host = new Host();
        await host._silos.AddAsync(silo =>
        {
            silo.Services.AddSingleton<ITrainer>(new InProcessTrainer(store));
            silo.Services.Configure<ReminderOptions>(options => options.MinimumReminderPeriod = TimeSpan.FromSeconds(0.1));
            silo.AddTagging(store, options =>
            {
                options.CpuSlots = 2;
                options.CudaDevices = [];
                options.Alone = true;
                options.ShardSize = SmallExperiment.ShardSize;
                options.Retry = TimeSpan.FromSeconds(0.05);
            });
            // What goes on with an experiment that nobody submits again.
            silo.Services.AddHostedService<UnfinishedExperiments>();
            configure?.Invoke(silo);
        });
        return host;
    }

    public Task KillAsync() => _silos.KillAsync();

    public ValueTask DisposeAsync() => _silos.DisposeAsync();
}
