using System.ComponentModel;
using System.Net;
using OrleansTagging.Grains;
using OrleansTagging.Grains.Clustering;

namespace OrleansTagging.Silo;

/// <summary>
/// The section <c>Tagging</c> of the silo's configuration (<c>appsettings.json</c>, <c>Tagging__Store=…</c> in the environment,
/// <c>--Tagging:Store …</c>).
/// </summary>
public sealed class SiloSettings
{
    /// <summary>Name of the section.</summary>
    public const string Section = "Tagging";

    private const int ShortestToken = 16;
    private const string TrainerFile = "OrleansTagging.Trainer.dll";

    /// <summary>Location of the store; by default <c>$TAGGING_STORE</c>, else <c>./tagging-store</c>.</summary>
    public string? Store { get; set; }

    /// <summary>
    /// <c>cpu</c>: a silo that holds grains and answers HTTP but trains nothing, in a cluster whose other silos do. <c>gpu</c>: one that
    /// is there to train; it must have a device. Without a role a silo does both with what it has.
    /// </summary>
    public string? Role { get; set; }

    /// <summary>Path of the Trainer; by default the one built beside the silo.</summary>
    public string? TrainerPath { get; set; }

    /// <summary>
    /// Slots of the CPU; by default one for each processor, and 0 in the role <c>cpu</c>. A silo of the role <c>gpu</c> on a machine
    /// without a GPU trains on these.
    /// </summary>
    public int? CpuSlots { get; set; }

    /// <summary>Numbers of the CUDA devices; by default those that <c>nvidia-smi</c> lists, and none in the role <c>cpu</c>.</summary>
    public int[]? CudaDevices { get; set; }

    /// <summary>Jobs at a time on one CUDA device.</summary>
    public int CudaSlots { get; set; } = 1;

    /// <summary>Seconds between two checkpoints of a training; by default the Trainer's own pace.</summary>
    public int? CheckpointSeconds { get; set; }

    /// <summary>Port of the silo.</summary>
    public int SiloPort { get; set; } = 11111;

    /// <summary>Port at which clients reach it.</summary>
    public int GatewayPort { get; set; } = 30000;

    /// <summary>Where HTTP is answered; several addresses are joined by semicolons.</summary>
    public string HttpUrl { get; set; } = "http://127.0.0.1:8080";

    /// <summary>
    /// The token that HTTP requests must bear (<c>Authorization: Bearer …</c>), all but those for health. Where it is not set and there
    /// is no <see cref="Entra"/>, HTTP is answered on the loopback address only.
    /// </summary>
    public string? HttpToken { get; set; }

    /// <summary>A token with which one may look, but change nothing; beside <see cref="HttpToken"/> or instead of it.</summary>
    public string? HttpReadToken { get; set; }

    /// <summary>Whether HTTP asks who one is.</summary>
    public bool IsHttpProtected => !string.IsNullOrEmpty(HttpToken) || !string.IsNullOrEmpty(HttpReadToken) || Entra.IsOn;

    /// <summary>
    /// Folder of the log files, JSON a line, one file a day; by default <c>logs</c> in a folder store, and none beside a container. Empty:
    /// none.
    /// </summary>
    public string? Logs { get; set; }

    /// <summary>Sign-in by Entra ID, instead of the token or beside it.</summary>
    public EntraSettings Entra { get; set; } = new();

    /// <summary>The cluster; where it is not enabled the silo stands alone.</summary>
    public ClusterSettings Cluster { get; set; } = new();

    /// <summary>Time between two announcements of this silo, and between two renewals of a lease.</summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>A silo or a holder of a lease that was silent for longer is given up.</summary>
    public TimeSpan Silence { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Time for a Trainer to leave its checkpoint and end after it was told to.</summary>
    public TimeSpan StopPatience { get; set; } = TimeSpan.FromSeconds(12);

    /// <summary>Reads the section and says what is wrong with it, a line each that names the setting.</summary>
    public static (SiloSettings Settings, IReadOnlyList<string> Faults) Read(IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        var misread = SettingsSection.Faults(section, typeof(SiloSettings)).ToArray();
        if (misread.Length > 0)
        {
            return (new SiloSettings(), misread);
        }
        var settings = section.Get<SiloSettings>() ?? new SiloSettings();
        settings.Store = settings.Store is { Length: > 0 } given ? given
            : Environment.GetEnvironmentVariable("TAGGING_STORE") is { Length: > 0 } named ? named
            : "./tagging-store";
        return (settings, [.. settings.Faults(), .. HttpProtection.Faults(settings, configuration)]);
    }

    /// <summary>Takes over what concerns the grains.</summary>
    public void Apply(TaggingOptions options)
    {
        var trains = Role != "cpu";
        options.TrainerPath = TrainerPath is { Length: > 0 } named ? named
            : TrainerPlaces().FirstOrDefault(File.Exists) ?? options.TrainerPath;
        options.CpuSlots = CpuSlots ?? (trains ? Environment.ProcessorCount : 0);
        options.CudaDevices = CudaDevices ?? (trains ? null : []);
        options.CudaSlots = CudaSlots;
        options.CheckpointSeconds = CheckpointSeconds;
        options.Alone &= !Cluster.Enabled;
        (options.Heartbeat, options.Silence, options.StopPatience) = (Heartbeat, Silence, StopPatience);
    }

    private static string[] TrainerPlaces()
    {
        var own = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);
        return
        [
            Path.GetFullPath(Path.Combine(own, "..", "..", "Trainer", Path.GetFileName(own), TrainerFile)),
            Path.Combine(own, "trainer", TrainerFile),
            Path.Combine(own, TrainerFile),
        ];
    }

    private IEnumerable<string> Faults()
    {
        if (Role is not (null or "" or "cpu" or "gpu"))
        {
            yield return $"{Section}:{nameof(Role)} is '{Role}'; write cpu or gpu, or leave it out.";
        }
        foreach (var (name, value, least) in ((string, int?, int)[])
            [(nameof(CpuSlots), CpuSlots, 0), (nameof(CudaSlots), CudaSlots, 1), (nameof(CheckpointSeconds), CheckpointSeconds, 0)])
        {
            if (value < least)
            {
                yield return $"{Section}:{name} is {value}; the least is {least}.";
            }
        }
        foreach (var (name, port) in ((string, int)[])[(nameof(SiloPort), SiloPort), (nameof(GatewayPort), GatewayPort)])
        {
            if (port is < 1 or > IPEndPoint.MaxPort)
            {
                yield return $"{Section}:{name} is {port}, which is no port; write a number from 1 to {IPEndPoint.MaxPort}.";
            }
        }
        if (SiloPort == GatewayPort)
        {
            yield return $"{Section}:{nameof(GatewayPort)} is the same as {nameof(SiloPort)}; give each a port of its own.";
        }
        foreach (var (name, time) in ((string, TimeSpan)[])[(nameof(Heartbeat), Heartbeat), (nameof(StopPatience), StopPatience)])
        {
            if (time <= TimeSpan.Zero || time > TimeSpan.FromSeconds(20))
            {
                yield return $"{Section}:{name} is {time}; give a time above zero and up to 00:00:20.";
            }
        }
        if (Silence < 2 * Heartbeat)
        {
            yield return $"{Section}:{nameof(Silence)} is {Silence}, less than two heartbeats of {Heartbeat}; give more.";
        }
        foreach (var (name, token) in ((string, string?)[])[(nameof(HttpToken), HttpToken), (nameof(HttpReadToken), HttpReadToken)])
        {
            if (token is { Length: > 0 and < ShortestToken })
            {
                yield return $"{Section}:{name} is shorter than {ShortestToken} characters; give a longer one.";
            }
        }
        if (HttpToken is { Length: > 0 } && HttpToken == HttpReadToken)
        {
            yield return $"{Section}:{nameof(HttpReadToken)} is the same as {nameof(HttpToken)}; give another, or leave it out.";
        }
        foreach (var fault in Cluster.Faults($"{Section}:{nameof(Cluster)}").Concat(DeviceFaults()))
        {
            yield return fault;
        }
    }

    private IEnumerable<string> DeviceFaults()
    {
        if (CpuSlots < 0 || CudaSlots < 1)
        {
            yield break;
        }
        var options = new TaggingOptions();
        Apply(options);
        var devices = options.Devices();
        if (Role == "gpu" && devices.Length == 0)
        {
            yield return $"{Section}:{nameof(Role)} is gpu, but there is no CUDA device and {nameof(CpuSlots)} is 0; give it one of "
                + "the two.";
        }
        if (devices.Length > 0 && !File.Exists(options.TrainerPath))
        {
            yield return $"{Section}:{nameof(TrainerPath)}: there is no Trainer at {options.TrainerPath}; build it, or name it.";
        }
    }
}

/// <summary>The section <c>Tagging:Entra</c>: tokens of Entra ID that the HTTP side accepts.</summary>
public sealed class EntraSettings
{
    /// <summary>Who issues the tokens: <c>https://login.microsoftonline.com/TENANT/v2.0</c>.</summary>
    public string? Authority { get; set; }

    /// <summary>For whom they must be issued: the application's id or its URI.</summary>
    public string? Audience { get; set; }

    /// <summary>Whether it is configured.</summary>
    public bool IsOn => !string.IsNullOrEmpty(Authority) || !string.IsNullOrEmpty(Audience);
}

/// <summary>Holds a section of the configuration against the settings that there are.</summary>
internal static class SettingsSection
{
    /// <summary>Names that are no setting, and values that are not of their kind, a line each.</summary>
    public static IEnumerable<string> Faults(IConfigurationSection section, Type settings)
    {
        var known = settings.GetProperties().Where(property => property.CanWrite).ToArray();
        foreach (var child in section.GetChildren())
        {
            var property = Array.Find(known, property => property.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase));
            if (property is null)
            {
                var names = string.Join(", ", known.Select(property => property.Name));
                yield return $"{child.Path} is no setting; those of {section.Path} are {names}.";
                continue;
            }
            var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            var faults = type == typeof(string) ? []
                : type.IsArray ? child.GetChildren().SelectMany(item => Misfit(item, type.GetElementType()!))
                : type.IsClass ? Faults(child, type)
                : Misfit(child, type);
            foreach (var fault in faults)
            {
                yield return fault;
            }
        }
    }

    private static IEnumerable<string> Misfit(IConfigurationSection value, Type type)
    {
        var converter = TypeDescriptor.GetConverter(type);
        bool fits;
        try
        {
            fits = value.Value is { } text && converter.ConvertFromInvariantString(text) is not null;
        }
        catch (Exception fault) when (fault is FormatException or ArgumentException or OverflowException or NotSupportedException)
        {
            fits = false;
        }
        if (!fits)
        {
            var kind = type == typeof(TimeSpan) ? "a time such as 00:00:05" : type == typeof(bool) ? "true or false" : "a whole number";
            yield return $"{value.Path} is '{value.Value}'; write {kind}.";
        }
    }
}
