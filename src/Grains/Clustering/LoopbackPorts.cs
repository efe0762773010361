using System.Net;
using System.Net.Sockets;

namespace OrleansTagging.Grains.Clustering;

/// <summary>
/// Ports of the loopback address for servers that are about to start. They lie below the range from which systems take ports for outgoing
/// connections (32768 and up on Linux, 49152 and up elsewhere): one of those is free when it is looked at and may be taken a moment later.
/// </summary>
public static class LoopbackPorts
{
    private const int First = 10_000;
    private const int End = 32_768;

    private static readonly HashSet<int> _given = [];

    /// <summary>A port that nobody listens on and that this process was not given before.</summary>
    public static int Free()
    {
        lock (_given)
        {
            while (true)
            {
                var port = Random.Shared.Next(First, End);
                if (!_given.Contains(port) && IsFree(port))
                {
                    _given.Add(port);
                    return port;
                }
            }
        }
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
