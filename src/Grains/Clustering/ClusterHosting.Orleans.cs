using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Azure.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Connections.Security;
using Orleans.Hosting;
using OrleansTagging.Storage;
using StackExchange.Redis;

namespace OrleansTagging.Grains.Clustering;

/// <summary>Puts silos and clients into a cluster: membership and reminders on Redis, traffic under mutual TLS.</summary>
public static class ClusterHosting
{
    /// <summary>Whether a silo listens on the ports that it is given for silos and clients.</summary>
    public static bool Listens => true;

    // Name by which a silo is asked for; both sides know each other by their authority.
    private const string TlsName = "orleans-tagging";

    /// <summary>
    /// What is wrong with the settings of the cluster's server, a line each. What they hold is not repeated: it may be secret.
    /// </summary>
    public static IEnumerable<string> Faults(ClusterSettings settings, string section)
    {
        var connection = settings.IsCluster ? Parse(settings.Redis!) : null;
        if (settings.IsCluster && connection is null)
        {
            yield return $"{section}:{nameof(settings.Redis)} is no connection of a Redis server; write host:port, with "
                + "password=… and ssl=true after commas where the server wants them.";
        }
        if (!settings.RedisEntra)
        {
            yield break;
        }
        if (connection is not { Ssl: true })
        {
            yield return $"{section}:{nameof(settings.RedisEntra)} is true, and the token would go to the server in the clear; add ssl=true to "
                + $"{section}:{nameof(settings.Redis)}.";
        }
        else if (!string.IsNullOrEmpty(connection.User) || !string.IsNullOrEmpty(connection.Password))
        {
            yield return $"{section}:{nameof(settings.Redis)} has a user or a password, and {section}:{nameof(settings.RedisEntra)} is true; leave "
                + "one of the two out.";
        }
    }

    /// <summary>Waits until the Redis server answers.</summary>
    /// <param name="settings">The cluster, checked.</param>
    /// <param name="section">Path of the settings in the configuration.</param>
    /// <param name="patience">How long to wait.</param>
    /// <returns>What is wrong, in one line; <c>null</c> when it answered.</returns>
    public static async Task<string?> ProbeAsync(ClusterSettings settings, string section, TimeSpan patience)
    {
        var options = Read(settings);
        var deadline = DateTime.UtcNow + patience;
        while (true)
        {
            try
            {
                if (settings.RedisEntra)
                {
                    await RedisSignIn.OfThisProcess.ProbeAsync(CancellationToken.None);
                }
                await using var connection = await ConnectionMultiplexer.ConnectAsync(options);
                await connection.GetDatabase().PingAsync();
                return null;
            }
            catch (Exception fault) when (fault is RedisException or TimeoutException)
            {
                if (DateTime.UtcNow > deadline)
                {
                    var reason = fault is RedisConnectionException { FailureType: var type } ? type.ToString() : fault.GetType().Name;
                    // The first server's name alone: a comma in a password makes the rest of it look like a further one.
                    return $"{section}:{nameof(settings.Redis)}: no Redis server can be used at {Name(options.EndPoints[0])} ({reason}); "
                        + "start it, or correct the setting.";
                }
                await Task.Delay(TimeSpan.FromSeconds(1));
            }
            catch (AuthenticationFailedException fault)
            {
                if (DateTime.UtcNow > deadline)
                {
                    return $"{section}:{nameof(settings.RedisEntra)}: Entra ID gives no token for Redis ({fault.Message.Split('\n')[0].Trim()}); "
                        + "give this machine an identity, and name it in AZURE_CLIENT_ID where it has several.";
                }
                await Task.Delay(TimeSpan.FromSeconds(1));
            }
        }
    }

    /// <summary>Makes the silo a member of the cluster, or lets it stand alone where no Redis server is configured.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="settings">The cluster, checked.</param>
    /// <param name="siloPort">Port for other silos.</param>
    /// <param name="gatewayPort">Port for clients.</param>
    public static ISiloBuilder UseCluster(this ISiloBuilder silo, ClusterSettings settings, int siloPort, int gatewayPort)
    {
        if (!settings.IsCluster)
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
            });
            silo.UseRedisClustering(options => options.ConfigurationOptions = Read(settings));
            silo.UseRedisReminderService(options => options.ConfigurationOptions = Read(settings));
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

    /// <summary>Lets clients in; on this host every silo does.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="store">Its store.</param>
    public static ISiloBuilder OpenGateway(this ISiloBuilder silo, Store store) => silo;

    /// <summary>Makes a client of the cluster: through the gateways that Redis knows of, or through those that are named.</summary>
    /// <param name="client">The client.</param>
    /// <param name="settings">The cluster, checked.</param>
    /// <param name="gateways">Gateways; none where Redis is to be asked.</param>
    /// <param name="patience">How long a connection is tried, gateway after gateway, before it is given up.</param>
    /// <param name="store">The cluster's store; the twin of this method has its token there.</param>
    public static IClientBuilder UseCluster(
        this IClientBuilder client, ClusterSettings settings, IReadOnlyCollection<IPEndPoint> gateways, TimeSpan patience,
        Store? store = null)
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
            client.UseRedisClustering(options => options.ConfigurationOptions = Read(settings));
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

    private static string Name(EndPoint server) => server switch
    {
        DnsEndPoint name => $"{name.Host}:{name.Port}",
        _ => server.ToString()!,
    };

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

    private static ConfigurationOptions Read(ClusterSettings settings)
    {
        var options = Parse(settings.Redis!)!;
        if (settings.RedisEntra)
        {
            options.Defaults = RedisSignIn.OfThisProcess;
        }
        return options;
    }

    private static ConfigurationOptions? Parse(string connection)
    {
        try
        {
            var options = ConfigurationOptions.Parse(connection);
            return options.EndPoints.Count > 0 ? options : null;
        }
        catch (Exception fault) when (fault is ArgumentException or FormatException)
        {
            return null;
        }
    }
}
