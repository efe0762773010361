using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime.Hosting;
using OrleansTagging.Abstractions;
using OrleansTagging.EmbeddedHost;
using OrleansTagging.Grains;
using OrleansTagging.Grains.Tests;
using OrleansTagging.Storage;

namespace OrleansTagging.Faults.Tests;

/// <summary>How a simulated experiment ended.</summary>
internal sealed record WorldEnd
{
    public required byte[] Report { get; init; }

    public required byte[] Submission { get; init; }

    /// <summary>The states that an experiment leaves, by key, without what names an attempt or a time.</summary>
    public required SortedDictionary<string, string> States { get; init; }
}

/// <summary>
/// Three silos with the real grains on a disk and a clock of their own, a user who wants one experiment done, and whatever goes wrong
/// meanwhile: all of it follows from a seed.
/// </summary>
internal sealed class World
{
    public const string Yaml = """
        name: demo
        dataset: tones
        seed: 3
        folds: 2
        models:
          mel:
            features: mel_1024_512_64
        training:
          epochs: 2
          threads: 1
        curricula:
          main:
            scorer: mel
            rounds: [4, 8]
        members:
          plain: {model: mel, selection: curated}
          last: {model: mel, selection: main@2}
        ensemble: [plain, last]
        """;

    private const int Silos = 3;
    // Fewer than jobs wait for at a time, so that a device leased twice would show.
    public const int SlotsOfSilo = 1;
    private static readonly TimeSpan s_evilTimes = TimeSpan.FromMinutes(40);
    private static readonly TimeSpan s_longest = TimeSpan.FromHours(4);

    // What an experiment comes to, beside its report. Jobs are left out: their seconds and attempts tell of faults, as they should.
    private static readonly string[] s_lasting =
        ["grain/curriculum/", "grain/member/", "grain/noisy-scores/", "grain/fold/", "grain/dataset/"];

    private static readonly System.Text.RegularExpressions.Regex s_attempt = new("(?<=\"(Attempt|WrittenFor)\":\")[0-9a-f]{32}");

    private readonly EmbeddedHost.Simulation _simulation;
    private readonly FaultInjector _faults;
    private readonly MemoryDisk _disk = new();
    private readonly EmbeddedCluster _cluster;
    private readonly EmbeddedSilo?[] _silos = new EmbeddedSilo?[Silos];
    private readonly SimulatedTrainers _trainers;
    private readonly Watch _watch;
    private readonly Random _chance;
    private bool _isCalm;
    private bool _isOver;

    public World(int seed, FaultRates? rates, Action<string>? log = null)
    {
        _simulation = new EmbeddedHost.Simulation(seed);
        _chance = _simulation.ChanceOf("world");
        _faults = new FaultInjector(_simulation, rates ?? FaultRates.None)
        {
            Told = log is null ? null : fault => log($"{_simulation.Time.Elapsed} {fault}"),
        };
        _cluster = new EmbeddedCluster(_simulation, _faults);
        _trainers = new SimulatedTrainers(_simulation, _faults, _disk.Open()) { AtOnce = rates is null };
        _watch = new Watch(_disk, _trainers, () => [.. _cluster.Silos]);
        Log = log;
    }

    public Action<string>? Log { get; }

    /// <summary>How often each fault struck.</summary>
    public IReadOnlyDictionary<string, int> Struck => _faults.Struck;

    /// <summary>What happened, hashed.</summary>
    public ulong Trace => _simulation.Trace;

    /// <summary>How often the user had to submit the experiment again because it had failed.</summary>
    public int Resubmitted { get; private set; }

    public TimeSpan Took => _simulation.Time.Elapsed;

    public long Steps => _simulation.Steps;

    /// <summary>Runs the experiment to its end on the thread of the caller.</summary>
    public WorldEnd Run()
    {
        WorldEnd? end = null;
        _simulation.Run(async () => end = await RunAsync(), s_longest);
        Assert.True(_simulation.Stray is null, $"work came from another thread: {_simulation.Stray}");
        return end!;
    }

    /// <summary>Where everything lies.</summary>
    public MemoryDisk Disk => _disk;

    /// <summary>Lets a test do what it likes with the grains, on the thread of the caller.</summary>
    public void Run(Func<IGrainFactory, Task> work)
    {
        _simulation.Run(
            async () =>
            {
                for (var at = 0; at < Silos; at++)
                {
                    await StartAsync(at);
                }
                await work(_cluster.Client);
                await _cluster.DisposeAsync();
            },
            s_longest);
        Assert.True(_simulation.Stray is null, $"work came from another thread: {_simulation.Stray}");
    }

    /// <summary>Lets virtual time pass.</summary>
    // Delays are cut to whole milliseconds, and one of none at all would let no time pass.
    public Task PassAsync(TimeSpan time) => Task.Delay(time + TimeSpan.FromMilliseconds(1), _simulation.Time);

    private ISchedulerGrain Scheduler => _cluster.Client.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key);

    private async Task<WorldEnd> RunAsync()
    {
        for (var at = 0; at < Silos; at++)
        {
            await StartAsync(at);
        }
        var evils = Task.WhenAll(EvilsAsync(), WatchAsync(), CeaseAsync());
        var dataset = await SyntheticClips.PutAsync(_disk.Open(), curated: 14, noisy: 24, test: 4);
        await AskAsync(() => _cluster.Client.GetGrain<IDatasetGrain>(dataset.Name).Register(dataset));
        var experiment = _cluster.Client.GetGrain<IExperimentGrain>("demo");
        await AskAsync(() => experiment.Submit(Yaml, "demo.yaml"));
        ExperimentRecord record;
        while ((record = (await AskAsync(experiment.Describe))!).Status != ExperimentStatus.Done)
        {
            if (record.Status == ExperimentStatus.Failed)
            {
                Log?.Invoke($"{Took} the experiment failed: {record.Problem}");
                Resubmitted++;
                await AskAsync(() => experiment.Submit(Yaml, "demo.yaml"));
            }
            await PassAsync(TimeSpan.FromSeconds(1));
        }
        _faults.Cease();
        _isOver = true;
        await evils;
        await SettleAsync();
        return new WorldEnd
        {
            Report = _disk.Artifacts[record.Report!],
            Submission = _disk.Artifacts[record.Submission!],
            States = Lasting(),
        };
    }

    /// <summary>Whatever is left of the experiment's jobs comes to its end: no lease, no Trainer, nothing queued.</summary>
    private async Task SettleAsync()
    {
        for (var at = 0; at < Silos; at++)
        {
            if (_silos[at] is null)
            {
                await StartAsync(at);
            }
        }
        for (var tries = 0; ; tries++)
        {
            var scheduler = await AskAsync(Scheduler.Describe);
            _watch.Check(scheduler);
            if (scheduler.Queue.Length == 0 && scheduler.Leases.Length == 0 && _trainers.AtWork.Count == 0)
            {
                break;
            }
            Assert.True(tries < 1000, $"The experiment is done, and yet there are jobs: {JsonSerializer.Serialize(scheduler)}");
            await PassAsync(TimeSpan.FromSeconds(5));
        }
        _watch.CheckRounds();
        await _cluster.DisposeAsync();
    }

    private async Task StartAsync(int at)
    {
        var store = _disk.Open(_faults);
        while (true)
        {
            var silo = _cluster.AddSiloAsync(configure: silo =>
            {
                silo.Services.Configure<EndpointOptions>(options =>
                {
                    options.AdvertisedIPAddress = IPAddress.Loopback;
                    options.SiloPort = 20_000 + at;
                });
                silo.Services.AddSingleton(services => _trainers.Of(services.GetRequiredService<Orleans.Runtime.ILocalSiloDetails>()));
                silo.Services.AddSingleton(new OffTurns(_simulation.Scheduler));
                silo.AddTagging(store, options =>
                {
                    options.CpuSlots = SlotsOfSilo;
                    options.CudaDevices = [];
                    options.Alone = false;
                    options.ShardSize = 10;
                });
                silo.Services.AddGrainStorage(
                    ArtifactGrainStorage.Name, (_, _) => new FaultyGrainStorage(new ArtifactGrainStorage(store.State), _faults));
            });
            try
            {
                _silos[at] = await silo;
                return;
            }
            catch (Exception fault) when (!_isOver)
            {
                // As a service manager would: again in a while.
                Log?.Invoke($"{Took} a silo does not start: {fault.Message}");
                await PassAsync(TimeSpan.FromSeconds(5));
            }
        }
    }

    private Task EvilsAsync()
    {
        var rates = _faults.Rates;
        var evils = new List<Task>();
        if (rates.BetweenKills is { } kills)
        {
            evils.Add(EvilAsync(kills, "silo killed", silo => silo.KillAsync()));
        }
        if (rates.BetweenStops is { } stops)
        {
            evils.Add(EvilAsync(stops, "silo stopped", async silo =>
            {
                await silo.StopAsync();
                await silo.DisposeAsync();
            }));
        }
        if (rates.BetweenJumps is { } jumps)
        {
            evils.Add(JumpsAsync(jumps));
        }
        return Task.WhenAll(evils);
    }

    private async Task EvilAsync(TimeSpan between, string kind, Func<EmbeddedSilo, Task> end)
    {
        while (await WaitAsync(_faults.UntilNext(between)))
        {
            var at = _faults.OneOf(Silos);
            if (_silos[at] is not { } silo)
            {
                continue;
            }
            _faults.Count(kind, silo.Address);
            _silos[at] = null;
            await end(silo);
            await PassAsync(_faults.UpTo(TimeSpan.FromSeconds(60)));
            if (!_isOver)
            {
                await StartAsync(at);
            }
        }
    }

    private async Task JumpsAsync(TimeSpan between)
    {
        while (await WaitAsync(_faults.UntilNext(between)))
        {
            if (_silos[_faults.OneOf(Silos)] is { } silo)
            {
                var by = _faults.UpTo(2 * _faults.Rates.FarthestJump) - _faults.Rates.FarthestJump;
                _faults.Count("clock jumps", $"{silo.Address} by {by}");
                silo.WallClock!.Jump(by);
            }
        }
    }

    /// <summary>However often things go wrong, at some time they no longer do, and then everything must come to its end.</summary>
    private async Task CeaseAsync()
    {
        await WaitAsync(_chance.NextDouble() * s_evilTimes);
        Log?.Invoke($"{Took} from here on nothing goes wrong");
        _faults.Cease();
        _isCalm = true;
    }

    private async Task WatchAsync()
    {
        while (!_isOver)
        {
            try
            {
                _watch.Check(await Scheduler.Describe());
            }
            catch (Exception fault) when (fault is Orleans.Runtime.OrleansException or TimeoutException or IOException)
            {
                // It is looked at again in a moment.
            }
            await PassAsync(TimeSpan.FromSeconds(_chance.NextDouble() * 4));
        }
    }

    /// <summary>Asks until there is an answer, as a user does.</summary>
    private async Task<T> AskAsync<T>(Func<Task<T>> ask)
    {
        while (true)
        {
            try
            {
                return await ask();
            }
            catch (Exception fault) when (fault is Orleans.Runtime.OrleansException or TimeoutException or IOException)
            {
                Log?.Invoke($"{Took} the user hears: {fault.Message}");
                await PassAsync(TimeSpan.FromSeconds(1));
            }
        }
    }

    private async Task<bool> WaitAsync(TimeSpan time)
    {
        var end = Took + time;
        while (!_isOver && !_isCalm && Took < end)
        {
            await PassAsync(TimeSpan.FromTicks(Math.Min(TimeSpan.TicksPerSecond * 5, (end - Took).Ticks)));
        }
        return !_isOver && !_isCalm;
    }

    private SortedDictionary<string, string> Lasting()
    {
        var states = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, state) in _disk.States.Where(
            state => s_lasting.Any(kind => state.Key.StartsWith(kind, StringComparison.Ordinal))))
        {
            states[key] = s_attempt.Replace(System.Text.Encoding.UTF8.GetString(state.Content), "attempt");
        }
        return states;
    }
}
