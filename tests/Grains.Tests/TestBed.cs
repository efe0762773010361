using Orleans;
using Orleans.Hosting;
using Orleans.Runtime;
using OrleansTagging.Abstractions;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains.Tests;

/// <summary>A store in a folder of its own and silos on it, with the scripted Trainer.</summary>
internal sealed class TestBed : IAsyncDisposable
{
    private TestSilos _cluster = new();

    public TestBed()
    {
        Root = Directory.CreateTempSubdirectory("grains-").FullName;
        Store = Store.Open(Root);
    }

    public string Root { get; }

    public Store Store { get; private set; }

    public IGrainFactory Grains => _cluster.Grains;

    public ISchedulerGrain Scheduler => Grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key);

    public static string TrainerPath
    {
        get
        {
            var mine = new DirectoryInfo(AppContext.BaseDirectory);
            return Path.Combine(mine.Parent!.Parent!.FullName, "ScriptedTrainer", mine.Name, "OrleansTagging.ScriptedTrainer.dll");
        }
    }

    public Task<TestSilo> AddSiloAsync(
        Action<TaggingOptions>? configure = null, int cpuSlots = 2, int cuda = 0, Action<ISiloBuilder>? configureSilo = null) =>
        _cluster.AddAsync(silo =>
    {
        configureSilo?.Invoke(silo);
        silo.AddTagging(Store, options =>
        {
            options.TrainerPath = TrainerPath;
            options.CpuSlots = cpuSlots;
            options.CudaDevices = [.. Enumerable.Range(0, cuda)];
            options.Alone = false;
            options.Heartbeat = TimeSpan.FromSeconds(0.5);
            options.Silence = TimeSpan.FromSeconds(8);
            options.StopPatience = TimeSpan.FromSeconds(3);
            options.Retry = TimeSpan.FromSeconds(0.1);
            options.Backoff = TimeSpan.FromSeconds(0.1);
            options.ShardSize = 25;
            configure?.Invoke(options);
        });
    });

    public Task<SiloAddress?> WhereIsAsync(IAddressable grain) => _cluster.WhereIsAsync(grain);

    public async Task<DatasetRecord> ImportAsync(DatasetRecord? record = null)
    {
        record ??= await SyntheticClips.PutAsync(Store);
        Assert.Null(await Grains.GetGrain<IDatasetGrain>(record.Name).Register(record));
        return record;
    }

    public static string Yaml(string name, string rounds = "10, 20", string device = "cpu", int epochs = 2) => $$"""
        name: {{name}}
        dataset: {{SyntheticClips.Name}}
        seed: 3
        folds: 2
        models:
          mel:
            features: mel_1024_512_64
        training:
          epochs: {{epochs}}
          device: {{device}}
        curricula:
          main:
            scorer: mel
            rounds: [{{rounds}}]
        members:
          plain: {model: mel, selection: curated}
          last: {model: mel, selection: main@{{rounds.Split(',').Length}}}
        ensemble: [plain, last]
        """;

    public async Task<SubmitAnswer> SubmitAsync(string yaml)
    {
        var name = yaml.Split('\n')[0]["name: ".Length..].Trim();
        return await Grains.GetGrain<IExperimentGrain>(name).Submit(yaml, $"{name}.yaml");
    }

    /// <summary>Submits and waits for the end.</summary>
    public async Task<ExperimentProgress> RunAsync(string yaml)
    {
        var answer = await SubmitAsync(yaml);
        Assert.Null(answer.Problem);
        return await UntilAsync(answer.Experiment, progress => progress.Status != ExperimentStatus.Running);
    }

    public async Task<ExperimentProgress> UntilAsync(string experiment, Func<ExperimentProgress, bool> reached)
    {
        var grain = Grains.GetGrain<IExperimentGrain>(experiment);
        // Far beyond what a loaded machine needs; it only ends a run that would never end.
        var deadline = DateTime.UtcNow.AddMinutes(8);
        while (true)
        {
            var progress = await grain.GetProgress();
            if (reached(progress))
            {
                return progress;
            }
            Assert.True(DateTime.UtcNow < deadline, $"{experiment} still waits for {progress.WaitsFor}.");
            await Task.Delay(100);
        }
    }

    /// <summary>Waits until the scheduler holds what is wanted.</summary>
    public async Task<SchedulerRecord> UntilAsync(Func<SchedulerRecord, bool> reached)
    {
        var deadline = DateTime.UtcNow.AddMinutes(8);
        while (true)
        {
            var record = await Scheduler.Describe();
            if (reached(record))
            {
                return record;
            }
            Assert.True(DateTime.UtcNow < deadline, $"The scheduler holds {record}.");
            await Task.Delay(100);
        }
    }

    /// <summary>Asks for one job of nobody's experiment, which reads nothing that exists.</summary>
    public async Task<string> AskAsync(string parent = "loose/member/curated/0")
    {
        const string Nothing = "nothing.csv";
        var document = new JobDocument
        {
            CodeVersion = CodeVersion.Learning,
            Dataset = new DatasetReference { Version = "v", Audio = Nothing, Clips = Nothing, Facts = Nothing },
            Model = new ModelSettings(),
            Device = "cpu",
            Threads = 1,
            Train = new TrainingTask
            {
                Seed = 1,
                Fold = 0,
                Settings = new TrainingSettings(),
                TrainClips = Nothing,
                ValidationClips = Nothing,
            },
        };
        await Grains.GetGrain<ITrainingGrain>(document.Id).Ensure(new JobRequest
        {
            Job = document.Id,
            Document = await Store.Artifacts.PutAsync(System.Text.Encoding.UTF8.GetBytes(document.ToJson()), "json"),
            What = "a loose training",
            Slots = 1,
            Priority = 0,
            Parent = new Parent { Kind = ParentKind.Fold, Key = parent },
            Attempt = "1",
        });
        return document.Id;
    }

    /// <summary>Waits until a job is where it is wanted.</summary>
    public async Task<JobRecord> UntilJobAsync(string job, Func<JobRecord, bool> reached)
    {
        var deadline = DateTime.UtcNow.AddMinutes(8);
        while (true)
        {
            if (await Grains.GetGrain<ITrainingGrain>(job).Describe() is { } record && reached(record))
            {
                return record;
            }
            Assert.True(DateTime.UtcNow < deadline, $"{job} is not there yet.");
            await Task.Delay(50);
        }
    }

    public Task<byte[]> ReadAsync(string? address) => Store.Artifacts.ReadAsync(address!);

    public void Script(params string[] lines) => File.WriteAllLines(Path.Combine(Root, "script.txt"), lines);

    /// <summary>The Trainers started so far: job, process, kind.</summary>
    public string[][] TrainerLog()
    {
        var log = Path.Combine(Root, "trainer.log");
        return File.Exists(log) ? [.. File.ReadAllLines(log).Select(line => line.Split(' '))] : [];
    }

    public async Task<JobDocument> DocumentAsync(string job)
    {
        var record = await Grains.GetGrain<ITrainingGrain>(job).Describe();
        return JobDocument.Parse(System.Text.Encoding.UTF8.GetString(await ReadAsync(record!.Document)), job);
    }

    /// <summary>Ends every silo as a dying process would, and begins anew on the same store with an empty memory.</summary>
    public async Task KillAsync()
    {
        await _cluster.KillAsync();
        _cluster = new TestSilos();
        Store = Store.Open(Root);
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        try
        {
            Directory.Delete(Root, recursive: true);
        }
        catch (IOException)
        {
            // A Trainer on its way out may still write its log.
        }
    }
}
