using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Placement;
using Orleans.Providers;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Runtime.Hosting;
using Orleans.Runtime.Placement;
using Orleans.Storage;
using OrleansTagging.EmbeddedHost;

namespace Orleans.Hosting
{
    /// <summary>Services, options and logging of a silo, as in Orleans.</summary>
    public static class SiloBuilderExtensions
    {
        /// <summary>Adds services.</summary>
        public static ISiloBuilder ConfigureServices(this ISiloBuilder builder, Action<IServiceCollection> configureDelegate)
        {
            ArgumentNullException.ThrowIfNull(configureDelegate);
            configureDelegate(builder.Services);
            return builder;
        }

        /// <summary>Sets options.</summary>
        public static ISiloBuilder Configure<TOptions>(this ISiloBuilder builder, Action<TOptions> configureOptions)
            where TOptions : class => builder.ConfigureServices(services => services.Configure(configureOptions));

        /// <summary>Sets options from configuration.</summary>
        public static ISiloBuilder Configure<TOptions>(this ISiloBuilder builder, IConfiguration configuration)
            where TOptions : class => builder.ConfigureServices(services => services.AddOptions<TOptions>().Bind(configuration));

        /// <summary>Sets up logging.</summary>
        public static ISiloBuilder ConfigureLogging(this ISiloBuilder builder, Action<ILoggingBuilder> configureLogging) =>
            builder.ConfigureServices(services => services.AddLogging(configureLogging));
    }

    /// <summary>The cluster of a silo, as in Orleans.</summary>
    public static class CoreHostingExtensions
    {
        /// <summary>A cluster on this machine; here, one inside this process.</summary>
        public static ISiloBuilder UseLocalhostClustering(
            this ISiloBuilder builder,
            int siloPort = EndpointOptions.DEFAULT_SILO_PORT,
            int gatewayPort = EndpointOptions.DEFAULT_GATEWAY_PORT,
            IPEndPoint? primarySiloEndpoint = null,
            string serviceId = "dev",
            string clusterId = "dev") => builder
                .Configure<EndpointOptions>(options =>
                {
                    options.AdvertisedIPAddress = IPAddress.Loopback;
                    options.SiloPort = siloPort;
                    options.GatewayPort = gatewayPort;
                })
                .Configure<ClusterOptions>(options => (options.ServiceId, options.ClusterId) = (serviceId, clusterId));
    }

    /// <summary>Options and cluster of a client, as in Orleans.</summary>
    public static class ClientBuilderExtensions
    {
        /// <summary>Adds services.</summary>
        public static IClientBuilder ConfigureServices(this IClientBuilder builder, Action<IServiceCollection> configureDelegate)
        {
            ArgumentNullException.ThrowIfNull(configureDelegate);
            configureDelegate(builder.Services);
            return builder;
        }

        /// <summary>Sets options.</summary>
        public static IClientBuilder Configure<TOptions>(this IClientBuilder builder, Action<TOptions> configureOptions)
            where TOptions : class => builder.ConfigureServices(services => services.Configure(configureOptions));

        /// <summary>A cluster on this machine.</summary>
        public static IClientBuilder UseLocalhostClustering(
            this IClientBuilder builder,
            int gatewayPort = EndpointOptions.DEFAULT_GATEWAY_PORT,
            string serviceId = "dev",
            string clusterId = "dev") => builder
                .UseStaticClustering(new IPEndPoint(IPAddress.Loopback, gatewayPort))
                .Configure<ClusterOptions>(options => (options.ServiceId, options.ClusterId) = (serviceId, clusterId));
    }

    /// <summary>Work of a silo as it starts, as in Orleans.</summary>
    public static class SiloBuilderStartupExtensions
    {
        /// <summary>Runs a task when the silo reaches a stage.</summary>
        public static ISiloBuilder AddStartupTask(
            this ISiloBuilder builder,
            Func<IServiceProvider, CancellationToken, Task> startupTask,
            int stage = ServiceLifecycleStage.Active) =>
            builder.ConfigureServices(services => services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(
                sp => new StartupTask(stage, token => startupTask(sp, token))));

        /// <summary>Runs a task when the silo reaches a stage.</summary>
        public static ISiloBuilder AddStartupTask(
            this ISiloBuilder builder, IStartupTask startupTask, int stage = ServiceLifecycleStage.Active) =>
            builder.AddStartupTask((_, token) => startupTask.Execute(token), stage);

        /// <summary>Runs a task when the silo reaches a stage.</summary>
        public static ISiloBuilder AddStartupTask<TStartup>(this ISiloBuilder builder, int stage = ServiceLifecycleStage.Active)
            where TStartup : class, IStartupTask =>
            builder.AddStartupTask((sp, token) => ActivatorUtilities.GetServiceOrCreateInstance<TStartup>(sp).Execute(token), stage);

        private sealed class StartupTask(int stage, Func<CancellationToken, Task> run) : ILifecycleParticipant<ISiloLifecycle>
        {
            public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(nameof(StartupTask), stage, run);
        }
    }

    /// <summary>Filters of calls, as in Orleans.</summary>
    public static class GrainCallFilterSiloBuilderExtensions
    {
        /// <summary>Adds a filter of calls that arrive.</summary>
        public static ISiloBuilder AddIncomingGrainCallFilter(this ISiloBuilder builder, IIncomingGrainCallFilter filter) =>
            builder.ConfigureServices(services => services.AddSingleton(filter));

        /// <summary>Adds a filter of calls that arrive.</summary>
        public static ISiloBuilder AddIncomingGrainCallFilter(this ISiloBuilder builder, IncomingGrainCallFilterDelegate filter) =>
            builder.AddIncomingGrainCallFilter(new IncomingFilter(filter));

        /// <summary>Adds a filter of calls that arrive.</summary>
        public static ISiloBuilder AddIncomingGrainCallFilter<TImplementation>(this ISiloBuilder builder)
            where TImplementation : class, IIncomingGrainCallFilter =>
            builder.ConfigureServices(services => services.AddSingleton<IIncomingGrainCallFilter, TImplementation>());

        /// <summary>Adds a filter of calls that leave.</summary>
        public static ISiloBuilder AddOutgoingGrainCallFilter(this ISiloBuilder builder, IOutgoingGrainCallFilter filter) =>
            builder.ConfigureServices(services => services.AddSingleton(filter));

        /// <summary>Adds a filter of calls that leave.</summary>
        public static ISiloBuilder AddOutgoingGrainCallFilter(this ISiloBuilder builder, OutgoingGrainCallFilterDelegate filter) =>
            builder.AddOutgoingGrainCallFilter(new OutgoingFilter(filter));

        /// <summary>Adds a filter of calls that leave.</summary>
        public static ISiloBuilder AddOutgoingGrainCallFilter<TImplementation>(this ISiloBuilder builder)
            where TImplementation : class, IOutgoingGrainCallFilter =>
            builder.ConfigureServices(services => services.AddSingleton<IOutgoingGrainCallFilter, TImplementation>());

        private sealed class IncomingFilter(IncomingGrainCallFilterDelegate filter) : IIncomingGrainCallFilter
        {
            public Task Invoke(IIncomingGrainCallContext context) => filter(context);
        }

        private sealed class OutgoingFilter(OutgoingGrainCallFilterDelegate filter) : IOutgoingGrainCallFilter
        {
            public Task Invoke(IOutgoingGrainCallContext context) => filter(context);
        }
    }

    /// <summary>Placement of a silo's own, as in Orleans.</summary>
    public static class PlacementStrategyExtensions
    {
        /// <summary>Adds a strategy and its director.</summary>
        public static ISiloBuilder AddPlacementDirector<TStrategy, TDirector>(this ISiloBuilder builder)
            where TStrategy : PlacementStrategy, new()
            where TDirector : class, IPlacementDirector =>
            builder.ConfigureServices(services => services.AddPlacementDirector<TStrategy, TDirector>());

        /// <summary>Adds a strategy and its director.</summary>
        public static void AddPlacementDirector<TStrategy, TDirector>(this IServiceCollection services)
            where TStrategy : PlacementStrategy, new()
            where TDirector : class, IPlacementDirector => services.AddPlacementDirector<TStrategy, TDirector>(ServiceLifetime.Singleton);

        /// <summary>Adds a strategy and its director.</summary>
        public static void AddPlacementDirector<TStrategy, TDirector>(this IServiceCollection services, ServiceLifetime strategyLifetime)
            where TStrategy : PlacementStrategy, new()
            where TDirector : class, IPlacementDirector
        {
            services.Add(ServiceDescriptor.DescribeKeyed(
                typeof(PlacementStrategy), typeof(TStrategy).Name, typeof(TStrategy), strategyLifetime));
            services.AddKeyedSingleton<IPlacementDirector, TDirector>(typeof(TStrategy));
        }
    }

    /// <summary>State in memory, as in Orleans: gone when the cluster is.</summary>
    public static class MemoryGrainStorageSiloBuilderExtensions
    {
        /// <summary>Adds a storage of this name.</summary>
        public static ISiloBuilder AddMemoryGrainStorage(
            this ISiloBuilder builder, string name, Action<OptionsBuilder<MemoryGrainStorageOptions>>? configureOptions = null)
        {
            configureOptions?.Invoke(builder.Services.AddOptions<MemoryGrainStorageOptions>(name));
            builder.Services.AddGrainStorage(
                name, static (sp, storage) => new MemoryGrainStorage(storage, sp.GetRequiredService<EmbeddedCluster>()));
            return builder;
        }

        /// <summary>Adds the storage of states that name none.</summary>
        public static ISiloBuilder AddMemoryGrainStorageAsDefault(
            this ISiloBuilder builder, Action<OptionsBuilder<MemoryGrainStorageOptions>>? configureOptions = null) =>
            builder.AddMemoryGrainStorage(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME, configureOptions);
    }

    /// <summary>Reminders of a silo, as in Orleans.</summary>
    public static class SiloBuilderReminderExtensions
    {
        /// <summary>Adds reminders, kept in the <see cref="IReminderTable"/> that the silo registers.</summary>
        public static ISiloBuilder AddReminders(this ISiloBuilder builder) =>
            builder.ConfigureServices(services => services.AddReminders());

        /// <summary>Adds reminders, kept in the <see cref="IReminderTable"/> that the silo registers.</summary>
        public static void AddReminders(this IServiceCollection services)
        {
            services.TryAddSingleton<ReminderService>();
            services.TryAddSingleton<Timers.IReminderRegistry, ReminderRegistry>();
        }
    }

    /// <summary>Reminders in memory, as in Orleans: gone when the cluster is.</summary>
    public static class SiloBuilderReminderMemoryExtensions
    {
        /// <summary>Adds reminders that are kept in memory.</summary>
        public static ISiloBuilder UseInMemoryReminderService(this ISiloBuilder builder)
        {
            builder.AddReminders();
            builder.Services.AddSingleton<IReminderTable>(sp => sp.GetRequiredService<EmbeddedCluster>().Reminders);
            return builder;
        }
    }
}

namespace Orleans.Configuration
{
    /// <summary>How state is kept in memory, as in Orleans.</summary>
    public class MemoryGrainStorageOptions
    {
        /// <summary>The number of grains that keep it in Orleans; this host needs none.</summary>
        public int NumStorageGrains { get; set; } = 10;
    }
}

namespace Orleans.Providers
{
    /// <summary>Names of providers, as in Orleans.</summary>
    public static class ProviderConstants
    {
        /// <summary>The storage of states that name none.</summary>
        public const string DEFAULT_STORAGE_PROVIDER_NAME = "Default";
    }
}

namespace Orleans.Runtime.Hosting
{
    /// <summary>Storages of a silo, as in Orleans.</summary>
    public static class StorageProviderExtensions
    {
        /// <summary>Adds a storage of this name; that named <c>Default</c> serves states that name none.</summary>
        public static IServiceCollection AddGrainStorage<T>(
            this IServiceCollection collection, string name, Func<IServiceProvider, string, T> implementationFactory)
            where T : IGrainStorage
        {
            collection.AddKeyedSingleton<IGrainStorage>(name, (sp, key) => implementationFactory(sp, (string)key!));
            if (name == ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME)
            {
                collection.TryAddSingleton(sp => sp.GetRequiredKeyedService<IGrainStorage>(name));
            }

            if (typeof(ILifecycleParticipant<ISiloLifecycle>).IsAssignableFrom(typeof(T)))
            {
                collection.AddSingleton(sp => (ILifecycleParticipant<ISiloLifecycle>)sp.GetRequiredKeyedService<IGrainStorage>(name));
            }

            return collection;
        }
    }
}

namespace Orleans.Placement
{
    /// <summary>Filters of placement, as in Orleans.</summary>
    public static class PlacementFilterExtensions
    {
        /// <summary>Adds a filter and its director.</summary>
        public static IServiceCollection AddPlacementFilter<TFilter, TDirector>(
            this IServiceCollection services, ServiceLifetime strategyLifetime)
            where TFilter : PlacementFilterStrategy, new()
            where TDirector : class, IPlacementFilterDirector
        {
            services.Add(ServiceDescriptor.DescribeKeyed(
                typeof(PlacementFilterStrategy), typeof(TFilter).Name, typeof(TFilter), strategyLifetime));
            services.AddKeyedSingleton<IPlacementFilterDirector, TDirector>(typeof(TFilter));
            return services;
        }
    }
}

namespace Orleans.Runtime.MembershipService.SiloMetadata
{
    /// <summary>What a silo says of itself, as in Orleans.</summary>
    public static class SiloMetadataHostingExtensions
    {
        /// <summary>Takes <c>Orleans:Metadata</c> of the silo's configuration.</summary>
        public static ISiloBuilder UseSiloMetadata(this ISiloBuilder builder) => builder.UseSiloMetadata(builder.Configuration);

        /// <summary>Takes <c>Orleans:Metadata</c> of a configuration.</summary>
        public static ISiloBuilder UseSiloMetadata(this ISiloBuilder builder, IConfiguration configuration) =>
            builder.UseSiloMetadata(configuration.GetSection("Orleans").GetSection("Metadata"));

        /// <summary>Takes all of a section.</summary>
        public static ISiloBuilder UseSiloMetadata(this ISiloBuilder builder, IConfigurationSection configurationSection) =>
            builder.UseSiloMetadata(configurationSection.Get<Dictionary<string, string>>() ?? []);

        /// <summary>Takes these names and values.</summary>
        public static ISiloBuilder UseSiloMetadata(this ISiloBuilder builder, Dictionary<string, string> metadata) =>
            builder.Configure<SiloMetadata>(silo => silo.AddMetadata(metadata));
    }
}
