using Orleans.Runtime;
using OrleansTagging.Silo.Tests;

namespace OrleansTagging.Cluster.Tests;

/// <summary>Which silo of the cluster a process is.</summary>
internal static class Ownership
{
    /// <summary>Whether the address is that of the process.</summary>
    public static bool Owns(this SiloProcess silo, SiloAddress address) => address.Endpoint.Port == silo.SiloPort;
}
