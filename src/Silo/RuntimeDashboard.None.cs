using Orleans.Hosting;

namespace OrleansTagging.Silo;

/// <summary>The runtime's own dashboard, which this build is without: its package is not on the feed, or it is not on Orleans.</summary>
internal static class RuntimeDashboard
{
    /// <summary>Where it would be.</summary>
    public const string Path = "/orleans";

    /// <summary>Does nothing.</summary>
    public static void AddRuntimeDashboard(this ISiloBuilder silo)
    {
    }

    /// <summary>Does nothing.</summary>
    public static void MapRuntimeDashboard(this IEndpointRouteBuilder endpoints)
    {
    }
}
