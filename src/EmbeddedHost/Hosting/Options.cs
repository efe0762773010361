using System.Net;

namespace Orleans.Configuration;

/// <summary>Which cluster this is, as in Orleans.</summary>
public class ClusterOptions
{
    /// <summary>The cluster where none is named.</summary>
    public const string DefaultClusterId = "default";

    /// <summary>The service where none is named.</summary>
    public const string DefaultServiceId = "default";

    /// <summary>The cluster.</summary>
    public string ClusterId { get; set; } = DefaultClusterId;

    /// <summary>The service; it stays over deployments.</summary>
    public string ServiceId { get; set; } = DefaultServiceId;
}

/// <summary>How calls travel, as in Orleans.</summary>
public abstract class MessagingOptions
{
    /// <summary>How long a caller waits where nothing else is said.</summary>
    internal static readonly TimeSpan DEFAULT_RESPONSE_TIMEOUT = TimeSpan.FromSeconds(30);

    /// <summary>How long a caller waits.</summary>
    public TimeSpan ResponseTimeout { get; set; } = DEFAULT_RESPONSE_TIMEOUT;
}

/// <summary>How calls of silos travel, as in Orleans.</summary>
public class SiloMessagingOptions : MessagingOptions;

/// <summary>How calls of clients travel, as in Orleans.</summary>
public class ClientMessagingOptions : MessagingOptions;

/// <summary>The name of a silo, as in Orleans.</summary>
public class SiloOptions
{
    /// <summary>The name; made up where none is given.</summary>
    public string? SiloName { get; set; }
}

/// <summary>
/// Where a silo listens, as in Orleans. This host opens the gateway's port alone, and only where its token has a file; otherwise the
/// figures name the silo.
/// </summary>
public class EndpointOptions
{
    /// <summary>The port of silos where none is given.</summary>
    public const int DEFAULT_SILO_PORT = 11111;

    /// <summary>The port of clients where none is given.</summary>
    public const int DEFAULT_GATEWAY_PORT = 30000;

    /// <summary>The address by which others reach the silo.</summary>
    public IPAddress? AdvertisedIPAddress { get; set; }

    /// <summary>The port of silos.</summary>
    public int SiloPort { get; set; } = DEFAULT_SILO_PORT;

    /// <summary>The port of clients.</summary>
    public int GatewayPort { get; set; } = DEFAULT_GATEWAY_PORT;
}

/// <summary>When activations that nobody calls are collected, as in Orleans.</summary>
public class GrainCollectionOptions
{
    /// <summary>How long nobody must have called.</summary>
    public TimeSpan CollectionAge { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>The same by the full name of a class.</summary>
    public Dictionary<string, TimeSpan> ClassSpecificCollectionAge { get; set; } = [];

    /// <summary>How often idle activations are looked for.</summary>
    public TimeSpan CollectionQuantum { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long an activation may take to start.</summary>
    public TimeSpan ActivationTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an activation may take to end.</summary>
    public TimeSpan DeactivationTimeout { get; set; } = TimeSpan.FromSeconds(30);

    internal TimeSpan AgeOf(Type grainClass) =>
        ClassSpecificCollectionAge.TryGetValue(grainClass.FullName!, out var age) ? age : CollectionAge;
}
