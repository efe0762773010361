using System.Net;
using Orleans.Configuration;
using Orleans.Hosting;
using OrleansTagging.EmbeddedHost;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains.Clustering;

/// <summary>
/// A silo of the embedded host stands alone, and clients of its own machine reach it; the twin on Orleans stands beside this file.
/// </summary>
public static class ClusterHosting
{
    /// <summary>Whether a silo listens on the ports that it is given for silos and clients.</summary>
    public static bool Listens => false;

    /// <summary>What this host cannot do, a line each.</summary>
    public static IEnumerable<string> Faults(ClusterSettings settings, string section)
    {
        if (settings.IsCluster)
        {
            yield return $"{section}:{nameof(settings.Redis)} is set, but this build hosts its grains in one process; build with "
                + "-p:GrainHost=Orleans for a cluster.";
        }
        if (settings.RedisEntra)
        {
            yield return $"{section}:{nameof(settings.RedisEntra)} is true, but this build hosts its grains in one process and asks no Redis "
                + "server; build with -p:GrainHost=Orleans for a cluster.";
        }
        if (settings.Tls.IsOn)
        {
            yield return $"{section}:{nameof(settings.Tls)} is set, but this build's silos are reached on their own machine only; build "
                + "with -p:GrainHost=Orleans for a cluster.";
        }
    }

    /// <summary>There is no server to wait for.</summary>
    /// <param name="settings">The cluster, checked.</param>
    /// <param name="section">Path of the settings in the configuration.</param>
    /// <param name="patience">How long to wait.</param>
    /// <returns><c>null</c>.</returns>
    public static Task<string?> ProbeAsync(ClusterSettings settings, string section, TimeSpan patience) => Task.FromResult<string?>(null);

    /// <summary>Lets the silo stand alone.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="settings">The cluster, checked.</param>
    /// <param name="siloPort">Port for other silos.</param>
    /// <param name="gatewayPort">Port for clients.</param>
    public static ISiloBuilder UseCluster(this ISiloBuilder silo, ClusterSettings settings, int siloPort, int gatewayPort) =>
        silo.UseLocalhostClustering(siloPort, gatewayPort, null, settings.ServiceId, settings.Id);

    /// <summary>Lets clients of this machine and user in: those that can read the token beside the store.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="store">Its store.</param>
    public static ISiloBuilder OpenGateway(this ISiloBuilder silo, Store store) => silo.UseLoopbackGateway(TokenOf(store));

    /// <summary>Makes a client of the silo in another process of this machine.</summary>
    /// <param name="client">The client.</param>
    /// <param name="settings">The cluster, checked.</param>
    /// <param name="gateways">Its gateway.</param>
    /// <param name="patience">How long a connection is tried before it is given up.</param>
    /// <param name="store">The silo's store.</param>
    public static IClientBuilder UseCluster(
        this IClientBuilder client, ClusterSettings settings, IReadOnlyCollection<IPEndPoint> gateways, TimeSpan patience, Store store)
    {
        client.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (settings.Id, settings.ServiceId));
        client.UseStaticClustering([.. gateways]);
        client.UseLoopbackGateway(TokenOf(store));
        var deadline = DateTime.UtcNow + patience;
        return client.UseConnectionRetryFilter(async (_, cancellationToken) =>
        {
            await Task.Delay(TimeSpan.FromSeconds(0.5), cancellationToken);
            return DateTime.UtcNow < deadline;
        });
    }

    private static string TokenOf(Store store) => Path.Combine(store.Root, "host.token");
}
