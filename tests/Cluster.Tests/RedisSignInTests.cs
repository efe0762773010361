using System.Buffers.Text;
using System.Globalization;
using Azure.Core;
using OrleansTagging.Grains.Clustering;
using StackExchange.Redis;

namespace OrleansTagging.Cluster.Tests;

public sealed class RedisSignInTests
{
    private const string Identity = "4f0b7c3e-0000-4000-8000-0123456789ab";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_connection_bears_the_token_of_its_time_and_is_given_the_next_one_before_the_old_one_ends()
    {
        using var redis = await RedisServer.StartAsync();
        await using var owner = await ConnectionMultiplexer.ConnectAsync($"{redis.Connection},allowAdmin=true");
        var server = owner.GetServers()[0];
        var (first, second) = (Token("first"), Token("second"));
        await server.ExecuteAsync("ACL", "SETUSER", Identity, "on", $">{first}", "~*", "&*", "+@all");

        var issuer = new Issuer { Token = first };
        var options = ConfigurationOptions.Parse($"127.0.0.1:{redis.Port}");
        options.Defaults = new RedisSignIn(issuer, TimeSpan.FromMilliseconds(50));
        await using var connection = await ConnectionMultiplexer.ConnectAsync(options);
        Assert.Equal(Identity, (string?)await connection.GetDatabase().ExecuteAsync("ACL", "WHOAMI"));

        // A new token is shown to the server while the connection lives.
        await server.ExecuteAsync("ACL", "SETUSER", Identity, $">{second}", $"<{first}");
        var before = await SignInsAsync(server);
        issuer.Token = second;
        while (await SignInsAsync(server) == before)
        {
            await Task.Delay(20, Cancelled);
        }
        await connection.GetDatabase().PingAsync();

        // A connection that the server ended is made anew with it.
        await server.ExecuteAsync("CLIENT", "KILL", "USER", Identity);
        while (await WhoAsync(connection) != Identity)
        {
            await Task.Delay(20, Cancelled);
        }
        Assert.Null(await Record.ExceptionAsync(() => server.ExecuteAsync("PING")));
    }

    private static async Task<string?> WhoAsync(ConnectionMultiplexer connection)
    {
        try
        {
            return (string?)await connection.GetDatabase().ExecuteAsync("ACL", "WHOAMI");
        }
        catch (RedisException)
        {
            return null;
        }
    }

    private static async Task<long> SignInsAsync(IServer server) =>
        (await server.InfoAsync("commandstats"))[0].Where(line => line.Key == "cmdstat_auth")
            .Select(line => long.Parse(line.Value.Split(',')[0]["calls=".Length..], CultureInfo.InvariantCulture)).SingleOrDefault();

    // As Entra ID's: a header, what is claimed, a signature that Redis alone looks at.
    private static string Token(string name) =>
        $"e30.{Base64Url.EncodeToString(System.Text.Encoding.UTF8.GetBytes($$"""{"oid":"{{Identity}}","jti":"{{name}}"}"""))}.c2lnbmVk";

    private sealed class Issuer : TokenCredential
    {
        public string Token { get; set; } = "";

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(Token, DateTimeOffset.UtcNow.AddHours(1));

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            ValueTask.FromResult(GetToken(requestContext, cancellationToken));
    }
}
