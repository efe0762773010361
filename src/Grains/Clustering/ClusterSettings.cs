using System.Net;

namespace OrleansTagging.Grains.Clustering;

/// <summary>
/// Which cluster a silo or a client belongs to: the section <c>Tagging:Cluster</c> of a configuration (<c>Tagging__Cluster__Enabled=true</c>
/// in the environment).
/// </summary>
public sealed class ClusterSettings
{
    /// <summary>Name of the cluster: silos find those of their own name only.</summary>
    public string Id { get; set; } = "tagging";

    /// <summary>Name of the installation, which outlives its clusters: reminders are kept under it.</summary>
    public string ServiceId { get; set; } = "tagging";

    /// <summary>
    /// Whether the silo is a member of the cluster whose members and reminders are in the tables of the store's account. Otherwise it stands
    /// alone on its machine.
    /// </summary>
    public bool Enabled { get; set; }

    /// <summary>Address or host name at which the other silos and the clients reach this one; by default this machine's own.</summary>
    public string? Address { get; set; }

    /// <summary>
    /// Whether the silo listens on all addresses of its machine, for where <see cref="Address"/> is that of something before it which passes
    /// connections on; by default it listens on <see cref="Address"/> alone.
    /// </summary>
    public bool ListenOnAll { get; set; }

    /// <summary>Time for a silo to answer a probe; one that misses three is taken for dead.</summary>
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Certificates of the traffic between silos and with clients.</summary>
    public TlsSettings Tls { get; set; } = new();

    /// <summary>The address that <see cref="Address"/> means; <c>null</c> where it is not given.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">It is a name that cannot be resolved.</exception>
    public IPAddress? Resolve() =>
        string.IsNullOrEmpty(Address) ? null
        : IPAddress.TryParse(Address, out var literal) ? literal
        : Dns.GetHostAddresses(Address).OrderBy(address => address.AddressFamily).First();

    /// <summary>What is wrong, a line each that names the setting.</summary>
    /// <param name="section">Path of these settings in the configuration.</param>
    public IEnumerable<string> Faults(string section)
    {
        if (string.IsNullOrWhiteSpace(Id))
        {
            yield return $"{section}:{nameof(Id)} is empty; give the cluster a name.";
        }
        if (string.IsNullOrWhiteSpace(ServiceId))
        {
            yield return $"{section}:{nameof(ServiceId)} is empty; give the installation a name.";
        }
        if (ProbeTimeout <= TimeSpan.Zero)
        {
            yield return $"{section}:{nameof(ProbeTimeout)} is {ProbeTimeout}; give a time above zero.";
        }
        if (AddressFault() is { } unknown)
        {
            yield return $"{section}:{nameof(Address)} is '{Address}', which {unknown}; give an address or a name of this machine.";
        }
        foreach (var fault in ClusterCertificate.Faults(Tls, $"{section}:{nameof(Tls)}"))
        {
            yield return fault;
        }
    }

    private string? AddressFault()
    {
        try
        {
            return Resolve() is { } address && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
                ? "others cannot reach"
                : null;
        }
        catch (Exception fault) when (fault is System.Net.Sockets.SocketException or ArgumentException or InvalidOperationException)
        {
            return "does not resolve";
        }
    }
}

/// <summary>
/// Mutual TLS: both sides show a certificate and hold the other's against <see cref="Authority"/>. Whoever has a certificate of that
/// authority is a member, so the authority is to be the cluster's own.
/// </summary>
public sealed class TlsSettings
{
    /// <summary>
    /// The certificate of this process: PEM, or PKCS #12 (<c>.pfx</c>, <c>.p12</c>) with its key. Without one there is no TLS.
    /// </summary>
    public string? Certificate { get; set; }

    /// <summary>Its private key, PEM; where it is in the certificate's file it need not be named.</summary>
    public string? Key { get; set; }

    /// <summary>Password of the key.</summary>
    public string? Password { get; set; }

    /// <summary>The certificates of the authority, PEM: roots, and what lies between them and the members' certificates.</summary>
    public string? Authority { get; set; }

    /// <summary>Whether traffic is to be under TLS.</summary>
    public bool IsOn => !string.IsNullOrEmpty(Certificate) || !string.IsNullOrEmpty(Authority);
}
