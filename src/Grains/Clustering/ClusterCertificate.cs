using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansTagging.Grains.Clustering;

/// <summary>The certificate that a process shows to the others of its cluster, and the authority by which it knows them.</summary>
public sealed class ClusterCertificate
{
    private readonly X509Certificate2Collection _authority;

    private ClusterCertificate(X509Certificate2? own, X509Certificate2Collection authority) => (Own, _authority) = (own, authority);

    /// <summary>The certificate of this process with its key; <c>null</c> for a client that shows none, which a cluster refuses.</summary>
    public X509Certificate2? Own { get; }

    /// <summary>Reads the files that the settings name; <c>null</c> where TLS is off.</summary>
    /// <exception cref="CryptographicException">A file is no certificate, or the password is wrong.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static ClusterCertificate? Load(TlsSettings settings) =>
        settings.IsOn ? new(LoadOwn(settings), LoadAuthority(settings.Authority!)) : null;

    /// <summary>What is wrong with the settings and the files they name, a line each; a silo needs both files.</summary>
    public static IEnumerable<string> Faults(TlsSettings settings, string section)
    {
        if (!settings.IsOn)
        {
            yield break;
        }
        if (string.IsNullOrEmpty(settings.Certificate))
        {
            yield return $"{section}:{nameof(TlsSettings.Certificate)} is not set, but {nameof(TlsSettings.Authority)} is; name this "
                + "process's certificate.";
        }
        else if (FaultOf(() => CheckedOwn(settings)) is { } fault)
        {
            yield return $"{section}:{nameof(TlsSettings.Certificate)}: {settings.Certificate} cannot be used: {fault}";
        }
        if (string.IsNullOrEmpty(settings.Authority))
        {
            yield return $"{section}:{nameof(TlsSettings.Authority)} is not set, but {nameof(TlsSettings.Certificate)} is; name the "
                + "certificate of the cluster's authority.";
        }
        else if (FaultOf(() => LoadAuthority(settings.Authority)) is { } fault)
        {
            yield return $"{section}:{nameof(TlsSettings.Authority)}: {settings.Authority} cannot be used: {fault}";
        }
    }

    /// <summary>Whether a certificate is one of the authority's and in its time. Names are not compared: members go by address.</summary>
    /// <param name="certificate">The other side's certificate.</param>
    /// <param name="sent">The chain as the other side sent it; it may hold certificates in between.</param>
    public bool Trusts(X509Certificate2 certificate, X509Chain? sent)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        foreach (var known in _authority)
        {
            (IsRoot(known) ? chain.ChainPolicy.CustomTrustStore : chain.ChainPolicy.ExtraStore).Add(known);
        }
        if (sent is not null)
        {
            chain.ChainPolicy.ExtraStore.AddRange(sent.ChainPolicy.ExtraStore);
        }
        return chain.Build(certificate);
    }

    private static bool IsRoot(X509Certificate2 certificate) =>
        certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);

    private static X509Certificate2? LoadOwn(TlsSettings settings)
    {
        if (string.IsNullOrEmpty(settings.Certificate))
        {
            return null;
        }
        if (Path.GetExtension(settings.Certificate).ToLowerInvariant() is ".pfx" or ".p12")
        {
            return X509CertificateLoader.LoadPkcs12FromFile(settings.Certificate, settings.Password);
        }
        var key = string.IsNullOrEmpty(settings.Key) ? settings.Certificate : settings.Key;
        using var pem = string.IsNullOrEmpty(settings.Password)
            ? X509Certificate2.CreateFromPemFile(settings.Certificate, key)
            : X509Certificate2.CreateFromEncryptedPemFile(settings.Certificate, settings.Password, key);
        // A key that came from PEM lives in memory only, which TLS on Windows does not take.
        return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), password: null);
    }

    private static X509Certificate2 CheckedOwn(TlsSettings settings)
    {
        var own = LoadOwn(settings)!;
        return own.HasPrivateKey ? own : throw new CryptographicException("it has no private key.");
    }

    private static X509Certificate2Collection LoadAuthority(string path)
    {
        var authority = new X509Certificate2Collection();
        authority.ImportFromPemFile(path);
        return authority.Any(IsRoot) ? authority : throw new CryptographicException("it holds no root certificate in PEM.");
    }

    private static string? FaultOf<T>(Func<T> load)
    {
        try
        {
            load();
            return null;
        }
        catch (Exception fault) when (fault is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return fault.Message.ReplaceLineEndings(" ");
        }
    }
}
