using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;
using OrleansTagging.EmbeddedHost;

namespace Microsoft.Extensions.Hosting
{
    /// <summary>Adds a silo to a host, as in Orleans.</summary>
    public static class OrleansSiloGenericHostExtensions
    {
        /// <summary>Adds a silo.</summary>
        public static IHostApplicationBuilder UseOrleans(
            this IHostApplicationBuilder hostAppBuilder, Action<ISiloBuilder> configureDelegate)
        {
            ArgumentNullException.ThrowIfNull(hostAppBuilder);
            SiloServices.Add(hostAppBuilder.Services, hostAppBuilder.Configuration, configureDelegate);
            return hostAppBuilder;
        }

        /// <summary>Adds a silo.</summary>
        public static IHostApplicationBuilder UseOrleans(this IHostApplicationBuilder hostAppBuilder) =>
            hostAppBuilder.UseOrleans(_ => { });

        /// <summary>Adds a silo.</summary>
        public static HostApplicationBuilder UseOrleans(this HostApplicationBuilder hostAppBuilder, Action<ISiloBuilder> configureDelegate)
        {
            ((IHostApplicationBuilder)hostAppBuilder).UseOrleans(configureDelegate);
            return hostAppBuilder;
        }

        /// <summary>Adds a silo.</summary>
        public static HostApplicationBuilder UseOrleans(this HostApplicationBuilder hostAppBuilder) => hostAppBuilder.UseOrleans(_ => { });

        /// <summary>Adds a silo.</summary>
        public static IHostBuilder UseOrleans(this IHostBuilder hostBuilder, Action<HostBuilderContext, ISiloBuilder> configureDelegate) =>
            hostBuilder.ConfigureServices((context, services) =>
                SiloServices.Add(services, context.Configuration, silo => configureDelegate(context, silo)));

        /// <summary>Adds a silo.</summary>
        public static IHostBuilder UseOrleans(this IHostBuilder hostBuilder, Action<ISiloBuilder> configureDelegate) =>
            hostBuilder.UseOrleans((_, silo) => configureDelegate(silo));

        /// <summary>Adds a silo.</summary>
        public static IServiceCollection AddOrleans(this IServiceCollection services, Action<ISiloBuilder> configureDelegate)
        {
            SiloServices.Add(services, new ConfigurationBuilder().Build(), configureDelegate);
            return services;
        }
    }

    /// <summary>Adds a client of silos to a host, as in Orleans.</summary>
    public static class OrleansClientGenericHostExtensions
    {
        /// <summary>Adds a client.</summary>
        public static IHostApplicationBuilder UseOrleansClient(
            this IHostApplicationBuilder hostAppBuilder, Action<IClientBuilder> configureDelegate)
        {
            ArgumentNullException.ThrowIfNull(hostAppBuilder);
            ClientServices.Add(hostAppBuilder.Services, hostAppBuilder.Configuration, configureDelegate);
            return hostAppBuilder;
        }

        /// <summary>Adds a client.</summary>
        public static HostApplicationBuilder UseOrleansClient(
            this HostApplicationBuilder hostAppBuilder, Action<IClientBuilder> configureDelegate)
        {
            ((IHostApplicationBuilder)hostAppBuilder).UseOrleansClient(configureDelegate);
            return hostAppBuilder;
        }

        /// <summary>Adds a client.</summary>
        public static IHostBuilder UseOrleansClient(this IHostBuilder hostBuilder, Action<IClientBuilder> configureDelegate) =>
            hostBuilder.ConfigureServices((context, services) => ClientServices.Add(services, context.Configuration, configureDelegate));
    }
}

namespace OrleansTagging.EmbeddedHost
{
    internal sealed record SiloBuilder(IServiceCollection Services, IConfiguration Configuration) : ISiloBuilder;

    internal sealed record ClientBuilder(IServiceCollection Services, IConfiguration Configuration) : IClientBuilder;

    /// <summary>What every silo's host has.</summary>
    internal static class SiloServices
    {
        public static void Add(IServiceCollection services, IConfiguration configuration, Action<ISiloBuilder> configure)
        {
            ArgumentNullException.ThrowIfNull(configure);
            if (services.All(s => s.ServiceType != typeof(Silo)))
            {
                AddDefaults(services);
            }

            configure(new SiloBuilder(services, configuration));
        }

        private static void AddDefaults(IServiceCollection services)
        {
            services.AddOptions();
            services.AddLogging();
            services.AddOptions<SiloMetadata>();
            services.TryAddSingleton(TimeProvider.System);
            services.TryAddSingleton(sp => new EmbeddedCluster(sp.GetRequiredService<TimeProvider>()));
            services.AddSingleton<Silo>();
            services.AddSingleton<ILocalSiloDetails>(sp => sp.GetRequiredService<Silo>());
            services.AddSingleton(sp => sp.GetRequiredService<Silo>().Client);
            services.AddSingleton<IClusterClient>(sp => sp.GetRequiredService<ClusterClient>());
            services.AddSingleton<IGrainFactory>(sp => sp.GetRequiredService<ClusterClient>());
            services.AddSingleton<IGrainContextAccessor, GrainContextAccessor>();
            services.AddSingleton<ISiloMetadataCache, SiloMetadataCache>();
            services.AddPlacementDirector<RandomPlacement, RandomPlacementDirector>();
            services.AddPlacementDirector<PreferLocalPlacement, PreferLocalPlacementDirector>();
            services.AddPlacementDirector<ActivationCountBasedPlacement, ActivationCountPlacementDirector>();
            services.AddPlacementDirector<HashBasedPlacement, HashBasedPlacementDirector>();
            services.TryAddSingleton<PlacementStrategy, RandomPlacement>();
            services.AddHostedService<SiloHostedService>();
        }
    }

    /// <summary>What every client's host has.</summary>
    internal static class ClientServices
    {
        public static void Add(IServiceCollection services, IConfiguration configuration, Action<IClientBuilder> configure)
        {
            ArgumentNullException.ThrowIfNull(configure);
            services.AddOptions();
            services.AddLogging();
            services.TryAddSingleton(TimeProvider.System);
            services.AddSingleton(sp => new Caller(
                sp.GetService<EmbeddedCluster>() ?? sp.GetRequiredService<GatewayClient>().Cluster,
                null,
                sp.GetRequiredService<TimeProvider>(),
                sp.GetRequiredService<IOptions<ClientMessagingOptions>>().Value.ResponseTimeout,
                [.. sp.GetServices<IOutgoingGrainCallFilter>()]));
            services.AddSingleton<GatewayClient>();
            services.AddSingleton<ClusterClient>();
            services.AddSingleton<IClusterClient>(sp => sp.GetRequiredService<ClusterClient>());
            services.AddSingleton<IGrainFactory>(sp => sp.GetRequiredService<ClusterClient>());
            services.AddHostedService<ClientHostedService>();
            configure(new ClientBuilder(services, configuration));
        }
    }

    /// <summary>Starts and stops a silo with its host.</summary>
    internal sealed class SiloHostedService(Silo silo) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => silo.StartAsync(cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => silo.StopAsync(cancellationToken);
    }

    /// <summary>Finds the cluster as the client's host starts, so that a wrong set-up or an absent silo is told then.</summary>
    internal sealed class ClientHostedService(IServiceProvider services) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            var caller = services.GetRequiredService<Caller>();
            services.GetRequiredService<ClusterClient>();
            return caller.Cluster.Gateway?.StartAsync(caller, cancellationToken) ?? Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) =>
            services.GetRequiredService<Caller>().Cluster.Gateway?.StopAsync() ?? Task.CompletedTask;
    }

    internal sealed class GrainContextAccessor : IGrainContextAccessor
    {
        public IGrainContext GrainContext => Activation.Current!;
    }

    internal sealed class SiloMetadataCache(EmbeddedCluster cluster) : ISiloMetadataCache
    {
        public SiloMetadata GetSiloMetadata(SiloAddress siloAddress) => cluster.MetadataOf(siloAddress);
    }
}
