using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Azure.Core;
using Azure.Identity;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace OrleansTagging.Grains.Clustering;

/// <summary>
/// Signs in to a Redis server as an identity of Entra ID: the user is the identity's object id, the password a token that lasts for about an
/// hour. A connection that is made later bears the token of that time; one that lasts is given each new token before the old one ends.
/// </summary>
/// <param name="credential">Whoever issues the tokens.</param>
/// <param name="pace">Time between two looks for a new token.</param>
internal sealed class RedisSignIn(TokenCredential credential, TimeSpan pace) : DefaultOptionsProvider
{
    private static readonly TokenRequestContext Request = new(["https://redis.azure.com/.default"]);

    private readonly ConditionalWeakTable<ConnectionMultiplexer, object?> _connections = [];
    private readonly Lock _turn = new();
    private string? _shown;
    private bool _renews;

    /// <summary>As the identity of this process: a managed identity, environment variables, a developer's login.</summary>
    // Azure.Identity keeps a token until five minutes before its end; each look in between costs nothing.
    public static RedisSignIn OfThisProcess { get; } = new(new DefaultAzureCredential(), TimeSpan.FromMinutes(1));

    /// <inheritdoc/>
    public override string User => UserOf(Token());

    /// <inheritdoc/>
    public override string Password => Token();

    /// <summary>Gets a token, so that whoever waits for a connection learns why there is none.</summary>
    /// <exception cref="AuthenticationFailedException">There is no token to be had.</exception>
    public async Task ProbeAsync(CancellationToken cancellationToken) => await credential.GetTokenAsync(Request, cancellationToken);

    /// <inheritdoc/>
    public override Task AfterConnectAsync(ConnectionMultiplexer multiplexer, Action<string> log)
    {
        lock (_turn)
        {
            _connections.AddOrUpdate(multiplexer, null);
            if (!_renews)
            {
                _renews = true;
                _ = RenewAsync();
            }
        }
        return Task.CompletedTask;
    }

    /// <summary>The object id in a token, which Redis knows as the user's name.</summary>
    /// <exception cref="AuthenticationFailedException">The token names none.</exception>
    internal static string UserOf(string token)
    {
        try
        {
            var payload = Base64Url.DecodeFromChars(token.Split('.')[1]);
            return JsonDocument.Parse(Encoding.UTF8.GetString(payload)).RootElement.GetProperty("oid").GetString()!;
        }
        catch (Exception fault) when (fault is IndexOutOfRangeException or FormatException or JsonException or KeyNotFoundException)
        {
            throw new AuthenticationFailedException("The token for Redis names no identity.");
        }
    }

    private string Token()
    {
        var token = credential.GetToken(Request, CancellationToken.None).Token;
        lock (_turn)
        {
            _shown ??= token;
        }
        return token;
    }

    private async Task RenewAsync()
    {
        using var look = new PeriodicTimer(pace);
        while (await look.WaitForNextTickAsync().ConfigureAwait(false))
        {
            try
            {
                var token = (await credential.GetTokenAsync(Request, CancellationToken.None).ConfigureAwait(false)).Token;
                if (token != _shown)
                {
                    await ShowAsync(token).ConfigureAwait(false);
                    _shown = token;
                }
            }
            catch (Exception fault) when (fault is AuthenticationFailedException or RedisException or TimeoutException or ObjectDisposedException)
            {
                // The next look tries again; a connection that the server ends in the meantime is made anew, with the token of that time.
            }
        }
    }

    private async Task ShowAsync(string token)
    {
        foreach (var (multiplexer, _) in _connections)
        {
            foreach (var server in multiplexer.IsConnected ? multiplexer.GetServers() : [])
            {
                if (server.IsConnected)
                {
                    await server.ExecuteAsync("AUTH", UserOf(token), token).ConfigureAwait(false);
                }
            }
        }
    }
}
