using System.Net;

namespace OrleansTagging.EmbeddedHost;

/// <summary>Whether and how a silo takes calls from other processes of this machine.</summary>
internal sealed class LoopbackGatewayOptions
{
    /// <summary>The file for the token that callers must know, readable by its owner only; no port is opened where none is named.</summary>
    public string? TokenPath { get; set; }
}

/// <summary>How a client reaches a silo in another process of this machine.</summary>
internal sealed class GatewayClientOptions
{
    /// <summary>Gateways; they are tried in turn.</summary>
    public List<IPEndPoint> Gateways { get; } = [];

    /// <summary>The file with the silo's token.</summary>
    public string? TokenPath { get; set; }

    /// <summary>Whether to try again after the first connection failed.</summary>
    public Func<Exception, CancellationToken, Task<bool>>? TriesAgain { get; set; }
}
