using OrleansTagging.Abstractions;

namespace OrleansTagging.Grains;

/// <summary>What a silo has and how it runs its jobs.</summary>
public sealed class TaggingOptions
{
    /// <summary>Location of the store, as a Trainer opens it too.</summary>
    public string Store { get; set; } = "";

    /// <summary>The Trainer: a .dll that <see cref="DotnetPath"/> runs, or an executable.</summary>
    public string TrainerPath { get; set; } = Path.Combine(AppContext.BaseDirectory, "OrleansTagging.Trainer.dll");

    /// <summary>The <c>dotnet</c> that runs a Trainer's .dll.</summary>
    public string DotnetPath { get; set; } = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    /// <summary>Slots of the CPU, of which a job takes one for each of its threads; 0 for a silo that runs nothing on the CPU.</summary>
    public int CpuSlots { get; set; } = Environment.ProcessorCount;

    /// <summary>CUDA devices by number; <c>null</c> to ask <c>nvidia-smi</c>.</summary>
    public int[]? CudaDevices { get; set; }

    /// <summary>Jobs at a time on one CUDA device.</summary>
    public int CudaSlots { get; set; } = 1;

    /// <summary>
    /// Whether this silo is the only one of its cluster, so that leases of any other are those of a process that died. A store in a
    /// folder is
    /// used by one host at a time, hence the default there.
    /// </summary>
    public bool Alone { get; set; }

    /// <summary>
    /// Whether the scheduler is told of this silo. One that only answers a question is better not told of: of a container that a cluster works
    /// on it would wake a scheduler beside that of the cluster.
    /// </summary>
    public bool Announces { get; set; } = true;

    /// <summary>Time between a silo's announcements, and between the renewals of a lease.</summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>A silo or a lease's holder that was silent for longer is given up.</summary>
    public TimeSpan Silence { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Time between two looks at whatever waits, should a message be lost. Orleans takes no reminder below one minute.</summary>
    public TimeSpan Redrive { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Times that a job's Trainer may crash before the job fails.</summary>
    public int Crashes { get; set; } = 3;

    /// <summary>Time until a job is tried again after its first crash; it doubles with each.</summary>
    public TimeSpan Backoff { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest time until a job is tried again.</summary>
    public TimeSpan LongestBackoff { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Unforeseen faults in a row after which a part of an experiment fails, and the experiment with it.</summary>
    public int Faults { get; set; } = 3;

    /// <summary>Time until a part is tried again after an unforeseen fault.</summary>
    public TimeSpan Retry { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Time for which a part puts up with a store or a silo that does not answer, before those faults count.</summary>
    public TimeSpan Outage { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// A Trainer that wrote no line for so long hangs; it is ended, which counts as a crash. It gives a sign of life every other second,
    /// in a long step too.
    /// </summary>
    public TimeSpan Hang { get; set; } = TimeSpan.FromSeconds(45);

    /// <summary>Time for the Trainer to write its first line.</summary>
    public TimeSpan StartPatience { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Time for the Trainer to end by itself after it was told to stop.</summary>
    public TimeSpan StopPatience { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Seconds between two checkpoints of a training; <c>null</c> for the Trainer's own pace.</summary>
    public int? CheckpointSeconds { get; set; }

    /// <summary>Noisy clips a shard.</summary>
    public int ShardSize { get; set; } = 4096;

    /// <summary>The silo's devices.</summary>
    public DeviceRecord[] Devices()
    {
        var devices = new List<DeviceRecord>();
        if (CpuSlots > 0)
        {
            devices.Add(new DeviceRecord { Accelerator = "cpu", Name = "cpu", Slots = CpuSlots });
        }
        foreach (var device in CudaDevices ??= CudaDiscovery.Devices())
        {
            devices.Add(new DeviceRecord { Accelerator = "cuda", Name = $"cuda:{device}", Slots = CudaSlots });
        }
        return [.. devices];
    }
}
