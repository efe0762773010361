using System.Diagnostics.CodeAnalysis;
using OrleansTagging.Storage;

namespace OrleansTagging.Silo;

/// <summary>
/// The section <c>Tagging</c> of the silo's configuration (<c>appsettings.json</c>, <c>Tagging__Store=…</c> in the environment,
/// <c>--Tagging:Store …</c>).
/// </summary>
public sealed class SiloSettings
{
    /// <summary>Location of the store; by default <c>$TAGGING_STORE</c>, else <c>./tagging-store</c>.</summary>
    public string? Store { get; set; }

    /// <summary>Path of the Trainer; by default the one built beside the silo.</summary>
    public string? TrainerPath { get; set; }

    /// <summary>Slots of the CPU; by default one for each processor, 0 for a silo that runs nothing on the CPU.</summary>
    public int? CpuSlots { get; set; }

    /// <summary>Numbers of the CUDA devices; by default those that <c>nvidia-smi</c> lists.</summary>
    public int[]? CudaDevices { get; set; }

    /// <summary>Jobs at a time on one CUDA device.</summary>
    public int CudaSlots { get; set; } = 1;

    /// <summary>Port of the silo.</summary>
    public int SiloPort { get; set; } = 11111;

    /// <summary>Port at which clients reach it.</summary>
    public int GatewayPort { get; set; } = 30000;

    /// <summary>Where health is told; loopback only, since nobody is asked for a name.</summary>
    public string HttpUrl { get; set; } = "http://127.0.0.1:8080";

    /// <summary>Opens the store.</summary>
    /// <param name="store">The store.</param>
    /// <param name="problem">What is wrong with its location, in one line.</param>
    public bool TryOpenStore([NotNullWhen(true)] out Store? store, [NotNullWhen(false)] out string? problem)
    {
        try
        {
            store = Storage.Store.Open(Store ?? Environment.GetEnvironmentVariable("TAGGING_STORE") ?? "./tagging-store");
            problem = null;
            return true;
        }
        catch (StoreLocationException fault)
        {
            (store, problem) = (null, fault.Message);
            return false;
        }
    }
}
