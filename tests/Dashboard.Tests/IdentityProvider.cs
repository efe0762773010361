using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using OrleansTagging.Grains.Clustering;

namespace OrleansTagging.Dashboard.Tests;

/// <summary>
/// Speaks the part of OpenID Connect that Entra ID and a page without a secret speak: who asks to sign in is signed in at once, by a code that
/// is worth a token for whoever proves to have asked for it.
/// </summary>
internal sealed class IdentityProvider : IAsyncDisposable
{
    public const string ClientId = "0b5c7d3e-0000-4000-8000-0123456789ab";

    private readonly RSA _key = RSA.Create(2048);
    private readonly ConcurrentDictionary<string, string> _challenges = new();
    private readonly WebApplication _app;

    private IdentityProvider()
    {
        Address = $"https://localhost:{LoopbackPorts.Free()}/tenant/v2.0";
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        var request = new CertificateRequest("CN=localhost", _key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(names.Build());
        var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        Certificate = certificate.ExportCertificatePem();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(server => server.Listen(
            IPAddress.Loopback, new Uri(Address).Port,
            listen => listen.UseHttps(new HttpsConnectionAdapterOptions { ServerCertificate = certificate })));
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    /// <summary>Its authority, as <c>Tagging:Entra:Authority</c> names it.</summary>
    public string Address { get; }

    /// <summary>Whom the silo must trust to ask it, PEM.</summary>
    public string Certificate { get; }

    /// <summary>The role that its tokens bear.</summary>
    public string? Role { get; set; }

    public static async Task<IdentityProvider> StartAsync()
    {
        var provider = new IdentityProvider();
        await provider._app.StartAsync();
        return provider;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _key.Dispose();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        http.Response.Headers.AccessControlAllowOrigin = "*";
        var path = http.Request.Path.Value!;
        if (path.EndsWith("/.well-known/openid-configuration", StringComparison.Ordinal))
        {
            await http.Response.WriteAsJsonAsync(new
            {
                issuer = Address,
                authorization_endpoint = $"{Address}/authorize",
                token_endpoint = $"{Address}/token",
                jwks_uri = $"{Address}/keys",
                id_token_signing_alg_values_supported = (string[])["RS256"],
            });
        }
        else if (path.EndsWith("/keys", StringComparison.Ordinal))
        {
            var key = _key.ExportParameters(false);
            await http.Response.WriteAsJsonAsync(new
            {
                keys = new[]
                {
                    new { kty = "RSA", use = "sig", kid = "1", alg = "RS256", n = Base64Url.EncodeToString(key.Modulus), e = Base64Url.EncodeToString(key.Exponent) },
                },
            });
        }
        else if (path.EndsWith("/authorize", StringComparison.Ordinal))
        {
            var asked = http.Request.Query;
            Assert.Equal((ClientId, "code", "S256"), ($"{asked["client_id"]}", $"{asked["response_type"]}", $"{asked["code_challenge_method"]}"));
            var code = Guid.NewGuid().ToString("N");
            _challenges[code] = asked["code_challenge"]!;
            http.Response.Redirect($"{asked["redirect_uri"]}?code={code}&state={asked["state"]}");
        }
        else if (path.EndsWith("/token", StringComparison.Ordinal))
        {
            var form = await http.Request.ReadFormAsync();
            // It takes its time, so that a page or a test which does not wait for the token shows it.
            await Task.Delay(500);
            var proof = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes($"{form["code_verifier"]}")));
            await http.Response.WriteAsJsonAsync(_challenges.TryRemove($"{form["code"]}", out var challenge) && challenge == proof
                ? (object)new { token_type = "Bearer", access_token = Token(), expires_in = 3600 }
                : new { error = "invalid_grant", error_description = "The code is worth nothing." });
        }
        else
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
        }
    }

    private string Token()
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var head = Part(new { alg = "RS256", typ = "JWT", kid = "1" });
        var claims = Part(new
        {
            iss = Address, aud = ClientId, nbf = now - 60, exp = now + 3600, name = "a viewer", roles = Role is null ? (string[])[] : [Role],
        });
        var signature = _key.SignData(Encoding.ASCII.GetBytes($"{head}.{claims}"), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{head}.{claims}.{Base64Url.EncodeToString(signature)}";

        static string Part<T>(T content) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(content));
    }
}
