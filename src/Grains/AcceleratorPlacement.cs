using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Runtime.Placement;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Grains;

/// <summary>
/// Keeps a grain to the silos that have the accelerator its key begins with (<c>cuda-…</c>, <c>cpu-…</c>). Orleans' own filters compare a
/// silo's metadata with the caller's, so that a call from a CPU silo could never reach a GPU.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class AcceleratorPlacementAttribute() : PlacementFilterAttribute(new AcceleratorPlacementStrategy());

/// <summary>The strategy behind <see cref="AcceleratorPlacementAttribute"/>.</summary>
public sealed class AcceleratorPlacementStrategy(int order) : PlacementFilterStrategy(order)
{
    /// <summary>The strategy as the first filter.</summary>
    public AcceleratorPlacementStrategy() : this(0)
    {
    }
}

/// <summary>Applies <see cref="AcceleratorPlacementStrategy"/> by the silos' metadata.</summary>
public sealed class AcceleratorPlacementDirector(ISiloMetadataCache metadata) : IPlacementFilterDirector
{
    /// <summary>Key of the metadata that names a silo's best accelerator: <c>cuda</c> or <c>cpu</c>.</summary>
    public const string AcceleratorKey = "accelerator";

    /// <summary>Key of the metadata that names a silo's devices, comma-joined: <c>cpu,cuda:0</c>.</summary>
    public const string DevicesKey = "devices";

    /// <inheritdoc/>
    public IEnumerable<SiloAddress> Filter(PlacementFilterStrategy filterStrategy, PlacementTarget target, IEnumerable<SiloAddress> silos)
    {
        var accelerator = AcceleratorOf(target.GrainIdentity.Key.ToString() ?? "");
        return silos.Where(silo => Has(silo, accelerator));
    }

    /// <summary>The accelerator that a job's id begins with.</summary>
    public static string AcceleratorOf(string job) => job.Split('-', 2)[0];

    /// <summary>The metadata that a silo with these devices announces.</summary>
    public static Dictionary<string, string> MetadataOf(DeviceRecord[] devices) => new()
    {
        [AcceleratorKey] = devices.Any(device => device.Accelerator == "cuda") ? "cuda" : "cpu",
        [DevicesKey] = string.Join(',', devices.Select(device => device.Name)),
    };

    private bool Has(SiloAddress silo, string accelerator) =>
        metadata.GetSiloMetadata(silo)?.Metadata is { } known
        && known.TryGetValue(DevicesKey, out var devices)
        && devices.Split(',').Any(device => device == accelerator || device.StartsWith(accelerator + ":", StringComparison.Ordinal));
}
