using Orleans.Dashboard;
using Orleans.Hosting;

namespace OrleansTagging.Silo;

/// <summary>The runtime's own dashboard: activations, calls, reminders of every silo.</summary>
internal static class RuntimeDashboard
{
    /// <summary>Where it is.</summary>
    public const string Path = "/orleans";

    /// <summary>Gathers what it shows.</summary>
    public static void AddRuntimeDashboard(this ISiloBuilder silo) => silo.AddDashboard();

    /// <summary>Maps its pages.</summary>
    public static void MapRuntimeDashboard(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapOrleansDashboard(Path).ExcludeFromDescription();
}
