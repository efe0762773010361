using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using OrleansTagging.EmbeddedHost;

namespace OrleansTagging.EmbeddedHost
{
    /// <summary>Opens a silo to clients in other processes of this machine, and lets those know its token.</summary>
    public static class LoopbackGatewayExtensions
    {
        /// <summary>
        /// The silo listens at <see cref="EndpointOptions.GatewayPort"/> of the loopback address. Whoever can read the token's file may
        /// call its grains: the file is written as the silo starts, for the eyes of its owner only, with a new token each time.
        /// </summary>
        public static ISiloBuilder UseLoopbackGateway(this ISiloBuilder builder, string tokenPath)
        {
            builder.Configure<LoopbackGatewayOptions>(options => options.TokenPath = tokenPath);
            builder.Services.AddSingleton<LoopbackGateway>();
            builder.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(sp => sp.GetRequiredService<LoopbackGateway>());
            return builder;
        }

        /// <summary>The client shows that it knows the token in this file, which is read anew for every connection.</summary>
        public static IClientBuilder UseLoopbackGateway(this IClientBuilder builder, string tokenPath) =>
            builder.Configure<GatewayClientOptions>(options => options.TokenPath = tokenPath);
    }
}

namespace Orleans.Hosting
{
    /// <summary>The gateways of a client, as in Orleans.</summary>
    public static class ClientGatewayExtensions
    {
        /// <summary>The client calls through these gateways, the first that answers; here, of this machine.</summary>
        public static IClientBuilder UseStaticClustering(this IClientBuilder builder, params IPEndPoint[] gateways) =>
            builder.Configure<GatewayClientOptions>(options => options.Gateways.AddRange(gateways));

        /// <summary>Asks whether to try again when the client's first connection failed; without it the client's start fails.</summary>
        public static IClientBuilder UseConnectionRetryFilter(
            this IClientBuilder builder, Func<Exception, CancellationToken, Task<bool>> connectionRetryFilter) =>
            builder.Configure<GatewayClientOptions>(options => options.TriesAgain = connectionRetryFilter);
    }
}

namespace Orleans.Runtime.Messaging
{
    /// <summary>A silo could not be reached, as in Orleans.</summary>
    [GenerateSerializer]
    public sealed class ConnectionFailedException : OrleansException
    {
        /// <summary>An exception with its message.</summary>
        public ConnectionFailedException(string message)
            : base(message)
        {
        }

        /// <summary>An exception with its message and cause.</summary>
        public ConnectionFailedException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }
}
