using System.Net;
using System.Security.Cryptography;
using System.Security.Claims;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;

namespace OrleansTagging.Silo;

/// <summary>
/// Who may use the HTTP side: whoever bears a token or signs in by Entra ID. With neither configured it is open, and then it must be
/// bound to the loopback address. Whoever bears the read token may look; what changes something is for <see cref="Write"/> alone.
/// </summary>
internal static class HttpProtection
{
    /// <summary>The policy of what changes something: the full token, or Entra ID's application role of this name.</summary>
    public const string Write = "Tagging.Write";

    /// <summary>What is wrong with the addresses and their protection, a line each.</summary>
    public static IEnumerable<string> Faults(SiloSettings settings, IConfiguration configuration)
    {
        var isProtected = settings.IsHttpProtected;
        // Kestrel's own section would go before the setting.
        var addresses = AddressesOf(settings)
            .Select(address => (Name: $"{SiloSettings.Section}:{nameof(settings.HttpUrl)}", Address: address))
            .Concat(configuration.GetSection("Kestrel:Endpoints").GetChildren()
                .Select(endpoint => (Name: $"{endpoint.Path}:Url", Address: endpoint["Url"] ?? "")))
            .ToArray();
        if (addresses.Length == 0)
        {
            yield return $"{SiloSettings.Section}:{nameof(settings.HttpUrl)} is empty; write an address such as http://127.0.0.1:8080.";
        }
        foreach (var (name, address) in addresses)
        {
            if (TryParse(address) is not { } bound)
            {
                yield return $"{name} is '{address}', which is no address; write one such as http://127.0.0.1:8080.";
            }
            else if (!isProtected && !IsLoopback(bound))
            {
                yield return $"{name} is {address}, which others can reach, and nobody would be asked who they are; set "
                    + $"{SiloSettings.Section}:{nameof(settings.HttpToken)} or {SiloSettings.Section}:{nameof(settings.Entra)}, or bind "
                    + "to 127.0.0.1.";
            }
        }
        foreach (var fault in EntraSignIn.Faults(settings.Entra, $"{SiloSettings.Section}:{nameof(settings.Entra)}"))
        {
            yield return fault;
        }
    }

    /// <summary>Asks for a token or for Entra ID's, where they are configured, on every address that does not say otherwise.</summary>
    public static void AddProtection(this IServiceCollection services, SiloSettings settings)
    {
        var schemes = new List<string>();
        // The whole of authentication would also make and store keys for cookies, which nobody gets here.
        services.AddAuthenticationCore();
        services.AddWebEncoders();
        var authentication = settings.Entra.IsOn ? services.AddAuthentication() : new AuthenticationBuilder(services);
        if (!string.IsNullOrEmpty(settings.HttpToken) || !string.IsNullOrEmpty(settings.HttpReadToken))
        {
            authentication.AddScheme<TokenOptions, TokenHandler>(
                TokenHandler.Scheme, options => options.Set(settings.HttpToken, settings.HttpReadToken));
            schemes.Add(TokenHandler.Scheme);
        }
        if (settings.Entra.IsOn)
        {
            schemes.Add(EntraSignIn.Add(authentication, settings.Entra));
        }
        var policy = new AuthorizationPolicyBuilder([.. schemes]);
        services.AddAuthorization(options =>
        {
            options.FallbackPolicy = schemes.Count > 0 ? policy.RequireAuthenticatedUser().Build() : null;
            options.AddPolicy(Write, schemes.Count > 0 ? policy.RequireRole(Write).Build() : policy.RequireAssertion(_ => true).Build());
        });
    }

    /// <summary>The addresses at which HTTP is answered.</summary>
    internal static string[] AddressesOf(SiloSettings settings) =>
        settings.HttpUrl.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>An address of HTTP; <c>null</c> where it is none.</summary>
    internal static BindingAddress? TryParse(string address)
    {
        try
        {
            return BindingAddress.Parse(address) is { Scheme: "http" or "https" } parsed ? parsed : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static bool IsLoopback(BindingAddress address) => IsLoopback(address.Host);

    /// <summary>Whether a host's name can only mean this machine.</summary>
    internal static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var literal) && IPAddress.IsLoopback(literal));

    /// <summary>The tokens, of which only the hashes are kept.</summary>
    private sealed class TokenOptions : AuthenticationSchemeOptions
    {
        private byte[]? _full;
        private byte[]? _read;

        public void Set(string? full, string? read) => (_full, _read) = (HashOf(full), HashOf(read));

        public bool IsFull(byte[] hash) => _full is not null && CryptographicOperations.FixedTimeEquals(hash, _full);

        public bool IsRead(byte[] hash) => _read is not null && CryptographicOperations.FixedTimeEquals(hash, _read);

        private static byte[]? HashOf(string? token) => string.IsNullOrEmpty(token) ? null : SHA256.HashData(Encoding.UTF8.GetBytes(token));
    }

    /// <summary>Compares the token of a request with the configured ones, in the same time wherever they differ.</summary>
    private sealed class TokenHandler(IOptionsMonitor<TokenOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<TokenOptions>(options, logger, encoder)
    {
        public new const string Scheme = "Token";

        private const string Prefix = "Bearer ";

        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            var header = Request.Headers.Authorization.ToString();
            if (!header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            {
                return Task.FromResult(AuthenticateResult.NoResult());
            }
            var shown = SHA256.HashData(Encoding.UTF8.GetBytes(header[Prefix.Length..].Trim()));
            var (isFull, isRead) = (Options.IsFull(shown), Options.IsRead(shown));
            if (!isFull && !isRead)
            {
                return Task.FromResult(AuthenticateResult.Fail("The token is another."));
            }
            var name = new Claim(ClaimTypes.Name, isFull ? "bearer of the token" : "bearer of the read token");
            var bearer = new ClaimsPrincipal(new ClaimsIdentity(isFull ? [name, new Claim(ClaimTypes.Role, Write)] : [name], Scheme));
            return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(bearer, Scheme)));
        }

        protected override Task HandleChallengeAsync(AuthenticationProperties properties)
        {
            Response.Headers.WWWAuthenticate = "Bearer";
            Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        }
    }
}
