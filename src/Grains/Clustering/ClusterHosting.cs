using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Azure;
using Azure.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Clustering.AzureStorage;
using Orleans.Connections.Security;
using Orleans.Hosting;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains.Clustering;

/// <summary>Puts silos and clients into a cluster: membership and reminders in the tables of the store's account, traffic under mutual TLS.</summary>
public static class ClusterHosting
{
    // Name by which a silo is asked for; both sides know each other by their authority.
    private const string TlsName = "orleans-tagging";

    /// <summary>Waits until the tables of the store's account answer, and creates the one that holds the members.</summary>
    /// <param name="store">The store.</param>
    /// <param name="patience">How long to wait.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What is wrong, in one line; <c>null</c> when they answered.</returns>
    public static async Task<string?> ProbeAsync(Store store, TimeSpan patience, CancellationToken cancellationToken = default)
    {
        var tables = store.Tables!;
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        waiting.CancelAfter(patience);
        var reason = $"no answer within {patience.TotalSeconds:0} s";
        try
        {
            while (true)
            {
                try
                {
                    await tables.CreateTableIfNotExistsAsync(new AzureStorageClusteringOptions().TableName, waiting.Token);
                    return null;
                }
                catch (Exception fault) when (fault is RequestFailedException or AuthenticationFailedException or AggregateException)
                {
                    reason = (fault is AggregateException several ? several.InnerExceptions[^1] : fault).Message.Split('\n')[0].Trim();
                    // A key or an identity that is refused now is refused a second later, too.
                    if (fault is RequestFailedException { Status: 401 or 403 })
                    {
                        break;
                    }
                }
                await Task.Delay(TimeSpan.FromSeconds(1), waiting.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Waited long enough.
        }
        return $"The tables of the store's account, {tables.Uri.GetLeftPart(UriPartial.Path)}, cannot be used ({reason.TrimEnd('.')}); a cluster "
            + "keeps its members there: start the service, or correct the account or the rights of this process.";
    }

    /// <summary>Makes the silo a member of the cluster of its store, or lets it stand alone.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="settings">The cluster, checked.</param>
    /// <param name="store">The silo's store, which has tables where there is a cluster.</param>
    /// <param name="siloPort">Port for other silos.</param>
    /// <param name="gatewayPort">Port for clients.</param>
    public static ISiloBuilder UseCluster(this ISiloBuilder silo, ClusterSettings settings, Store store, int siloPort, int gatewayPort)
    {
        if (!settings.Enabled)
        {
            silo.UseLocalhostClustering(siloPort, gatewayPort, null, settings.ServiceId, settings.Id);
        }
        else
        {
            silo.Configure<ClusterOptions>(options => Name(options, settings));
            silo.Configure<ClusterMembershipOptions>(options =>
            {
                options.ProbeTimeout = settings.ProbeTimeout;
                // Two silos must agree that a third is dead, of those that told of themselves in the last three of these periods. When
                // most silos of a small cluster die at once, the last one waits for that long before it goes on alone.
                options.IAmAliveTablePublishTimeout = 2 * settings.ProbeTimeout;
                // A silo that does not answer would be asked again through another one. Where that one died too its silence says nothing, and
                // the two of them were taken for dead after 27 probes' time instead of 6.
                options.EnableIndirectProbes = false;
            });
            silo.UseAzureStorageClustering(options => options.TableServiceClient = store.Tables!);
            silo.UseAzureTableReminderService(options => options.TableServiceClient = store.Tables!);
            if ((settings.Resolve() ?? OwnAddress()) is { } address)
            {
                silo.ConfigureEndpoints(address, siloPort, gatewayPort, settings.ListenOnAll);
            }
            else
            {
                silo.ConfigureEndpoints(siloPort, gatewayPort);
            }
        }
        if (ClusterCertificate.Load(settings.Tls) is { } certificate)
        {
            silo.UseTls(options => Apply(options, certificate));
        }
        return silo;
    }

    /// <summary>Makes a client of the cluster: through the gateways that the members' table has, or through those that are named.</summary>
    /// <param name="client">The client.</param>
    /// <param name="settings">The cluster, checked.</param>
    /// <param name="store">The cluster's store.</param>
    /// <param name="gateways">Gateways; none where the table is to be asked.</param>
    /// <param name="patience">How long a connection is tried, gateway after gateway, before it is given up.</param>
    public static IClientBuilder UseCluster(
        this IClientBuilder client, ClusterSettings settings, Store store, IReadOnlyCollection<IPEndPoint> gateways, TimeSpan patience)
    {
        client.Configure<ClusterOptions>(options => Name(options, settings));
        // Silos come and go: a gateway that is gone is to be forgotten sooner than after Orleans' minute.
        client.Configure<GatewayOptions>(options => options.GatewayListRefreshPeriod = TimeSpan.FromSeconds(5));
        if (gateways.Count > 0)
        {
            client.UseStaticClustering([.. gateways]);
        }
        else
        {
            client.UseAzureStorageClustering(options => options.TableServiceClient = store.Tables!);
        }
        if (ClusterCertificate.Load(settings.Tls) is { } certificate)
        {
            client.UseTls(options => Apply(options, certificate));
        }
        var deadline = DateTime.UtcNow + patience;
        return client.UseConnectionRetryFilter(async (_, cancellationToken) =>
        {
            await Task.Delay(TimeSpan.FromSeconds(0.5), cancellationToken);
            return DateTime.UtcNow < deadline;
        });
    }

    private static void Name(ClusterOptions options, ClusterSettings settings) =>
        (options.ClusterId, options.ServiceId) = (settings.Id, settings.ServiceId);

    private static void Apply(TlsOptions options, ClusterCertificate certificate)
    {
        options.LocalCertificate = certificate.Own;
        options.RemoteCertificateMode = RemoteCertificateMode.RequireCertificate;
        options.RemoteCertificateValidation = (other, chain, _) => certificate.Trusts(other, chain);
        options.OnAuthenticateAsClient = (_, client) => client.TargetHost = TlsName;
    }

    // Orleans would take a link-local address for the machine's own, which no other machine can reach.
    private static IPAddress? OwnAddress() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(network => network is { OperationalStatus: OperationalStatus.Up, NetworkInterfaceType: not NetworkInterfaceType.Loopback })
        .SelectMany(network => network.GetIPProperties().UnicastAddresses)
        .Select(own => own.Address)
        .Where(address => address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes() is not [169, 254, ..])
        .MinBy(address => Convert.ToHexString(address.GetAddressBytes()), StringComparer.Ordinal);
}
