using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using OrleansTagging.Abstractions;
using OrleansTagging.Commands.Tests;
using OrleansTagging.EndToEnd.Tests;
using OrleansTagging.Grains.Clustering;
using OrleansTagging.Silo.Tests;

namespace OrleansTagging.Cluster.Tests;

public sealed class TlsTests : IDisposable
{
    private static readonly TimeSpan _soon = TimeSpan.FromSeconds(3);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_cluster_under_TLS_talks_to_whoever_has_a_certificate_of_its_authority_and_to_nobody_else()
    {
        using var authority = Authority("cluster");
        using var stranger = Authority("stranger");
        var silo = Member(authority, "silo", password: "of the silo's key");
        var client = Member(authority, "client");
        await using var cluster = (await TestCluster.CreateAsync()).Scripted()
            .With("Tagging__Cluster__Tls__Certificate", silo.Certificate!).With("Tagging__Cluster__Tls__Key", silo.Key!)
            .With("Tagging__Cluster__Tls__Password", silo.Password!).With("Tagging__Cluster__Tls__Authority", silo.Authority!);
        SiloProcess first = cluster.StartCpuRole(), second = cluster.StartGpuRole();
        await Task.WhenAll(first.ReadyAsync(), second.ReadyAsync());

        // Both silos announced themselves, so they talk to each other; and so does a client with a certificate.
        cluster.Settings.Tls = client;
        await cluster.ConnectAsync(first.Gateway, second.Gateway);
        Assert.Equal(2, (await cluster.SchedulerAsync()).Silos.Length);

        var none = new TlsSettings { Authority = client.Authority };
        var foreign = Member(stranger, "foreigner");
        foreign.Authority = client.Authority;
        foreach (var refused in new[] { none, foreign, new TlsSettings() })
        {
            cluster.Settings.Tls = refused;
            await Assert.ThrowsAnyAsync<Exception>(async () =>
            {
                using var host = await cluster.ClientAsync([first.Gateway, second.Gateway], _soon);
                var grains = host.Services.GetRequiredService<IGrainFactory>();
                await grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key).Describe().WaitAsync(_soon);
            });
        }

        // Nor is a silo let in that has none, though it knows the tables.
        var outsider = cluster.StartWithoutTls();
        cluster.Settings.Tls = client;
        await cluster.UntilAsync(
            "it was turned away", () => Task.FromResult(outsider.Log), log => log.Contains("ConnectionFailed", StringComparison.Ordinal));
        Assert.NotEqual(HttpStatusCode.OK, await outsider.StatusAsync("/health/ready"));
        Assert.Equal(2, (await cluster.SchedulerAsync()).Silos.Length);
        Assert.DoesNotContain(silo.Password!, cluster.Log, StringComparison.Ordinal);
        Assert.DoesNotContain(AzuriteProcess.Key, cluster.Log, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_certificates_of_the_authority_in_their_time_are_trusted()
    {
        using var authority = Authority("cluster");
        using var stranger = Authority("stranger");
        var own = ClusterCertificate.Load(Member(authority, "own"))!;

        using var member = Certificate(authority, "member", TimeSpan.FromDays(1));
        using var late = Certificate(authority, "late", TimeSpan.FromSeconds(-1));
        using var foreign = Certificate(stranger, "foreign", TimeSpan.FromDays(1));
        Assert.True(own.Trusts(member, sent: null));
        Assert.False(own.Trusts(late, sent: null));
        Assert.False(own.Trusts(foreign, sent: null));
        Assert.False(own.Trusts(stranger, sent: null));
    }

    private static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name} authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(2));
    }

    private static X509Certificate2 Certificate(X509Certificate2 authority, string name, TimeSpan until)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        using var issued = request.Create(
            authority, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow + until, RandomNumberGenerator.GetBytes(8));
        return issued.CopyWithPrivateKey(key);
    }

    private TlsSettings Member(X509Certificate2 authority, string name, string? password = null)
    {
        using var certificate = Certificate(authority, name, TimeSpan.FromDays(1));
        using var key = certificate.GetECDsaPrivateKey()!;
        var encryption = new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000);
        var pem = password is null ? key.ExportPkcs8PrivateKeyPem() : key.ExportEncryptedPkcs8PrivateKeyPem(password, encryption);
        return new TlsSettings
        {
            Certificate = _folder.Write($"{name}.pem", certificate.ExportCertificatePem()),
            Key = _folder.Write($"{name}.key", pem),
            Password = password,
            Authority = _folder.Write($"{name}-authority.pem", authority.ExportCertificatePem()),
        };
    }
}
