using System.Net;
using System.Net.Sockets;
using OrleansTagging.Grains.Clustering;

namespace OrleansTagging.Silo;

/// <summary>The ports that a silo is about to listen on.</summary>
internal static class ListeningPorts
{
    /// <summary>Those that another program has, a line each that names the setting.</summary>
    /// <param name="settings">The settings, checked.</param>
    public static IEnumerable<string> Faults(SiloSettings settings)
    {
        var address = settings.Cluster is { Enabled: true, ListenOnAll: true } ? IPAddress.Any
            : settings.Cluster.Resolve() ?? IPAddress.Loopback;
        (string Name, IPEndPoint Place)[] silo =
        [
            (nameof(settings.SiloPort), new(address, settings.SiloPort)),
            (nameof(settings.GatewayPort), new(address, settings.GatewayPort)),
        ];
        var http = HttpProtection.AddressesOf(settings).Select(HttpProtection.TryParse).OfType<BindingAddress>()
            .Where(bound => bound is { IsUnixPipe: false, IsNamedPipe: false, Port: > 0 })
            .Select(bound => (nameof(settings.HttpUrl), new IPEndPoint(AddressOf(bound.Host), bound.Port)));
        foreach (var (name, place) in silo.Concat(http))
        {
            if (IsTaken(place))
            {
                yield return $"{SiloSettings.Section}:{name}: port {place.Port} is in use by another program; end that one, or give another "
                    + "port.";
            }
        }
    }

    private static IPAddress AddressOf(string host) =>
        host == "localhost" ? IPAddress.Loopback : IPAddress.TryParse(host.Trim('[', ']'), out var address) ? address : IPAddress.Any;

    private static bool IsTaken(IPEndPoint place)
    {
        try
        {
            using var socket = new Socket(place.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(place);
            return false;
        }
        catch (SocketException fault)
        {
            // An address that is not this machine's own is for the host to report.
            return fault.SocketErrorCode == SocketError.AddressAlreadyInUse;
        }
    }
}
