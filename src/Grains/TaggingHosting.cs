using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Orleans;
using Orleans.Hosting;
using Orleans.Placement;
using Orleans.Runtime.Hosting;
using Orleans.Runtime.MembershipService.SiloMetadata;
using OrleansTagging.Grains.Live;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>What a silo needs to hold the grains of this room.</summary>
public static class TaggingHosting
{
    /// <summary>
    /// Adds the grains' storage on a store, reminders in memory unless the caller has chosen others, the placement by accelerator, the Trainer,
    /// and the announcement of the silo's devices.
    /// </summary>
    /// <param name="silo">The silo; its clustering is the caller's choice.</param>
    /// <param name="store">The store, opened.</param>
    /// <param name="configure">Changes options: the Trainer's path, the devices.</param>
    public static ISiloBuilder AddTagging(this ISiloBuilder silo, Store store, Action<TaggingOptions>? configure = null)
    {
        var options = new TaggingOptions { Store = store.IsFolder ? store.Root : store.Location, Alone = store.IsFolder };
        configure?.Invoke(options);
        silo.Services.AddSingleton(Microsoft.Extensions.Options.Options.Create(options));
        silo.Services.AddSingleton(store);
        silo.Services.TryAddSingleton(TimeProvider.System);
        silo.Services.TryAddSingleton<ITrainer, TrainerProcess>();
        silo.Services.AddSingleton<DriveFaults>();
        silo.Services.AddSingleton<GrainNews>();
        silo.Services.AddGrainStorage(ArtifactGrainStorage.Name, (_, _) => new ArtifactGrainStorage(store.State));
        if (!silo.Services.Any(service => service.ServiceType == typeof(IReminderTable)))
        {
            // What a silo alone has to remember is in its store: UnfinishedExperiments.
            silo.UseInMemoryReminderService();
        }
        // Where the table fails as a silo starts, Orleans reads the reminders anew after this time, and takes none until then.
        silo.Services.Configure<ReminderOptions>(reminders => reminders.RefreshReminderListPeriod =
            options.Redrive < reminders.RefreshReminderListPeriod ? options.Redrive : reminders.RefreshReminderListPeriod);
        silo.UseSiloMetadata(AcceleratorPlacementDirector.MetadataOf(options.Devices()));
        silo.Services.AddPlacementFilter<AcceleratorPlacementStrategy, AcceleratorPlacementDirector>(ServiceLifetime.Singleton);
        silo.Services.AddSingleton<SiloAnnouncer>();
        silo.Services.AddSingleton<IHostedService>(services => services.GetRequiredService<SiloAnnouncer>());
        return silo;
    }

    /// <summary>Tells whoever watches an experiment live what is new of the grains of this silo.</summary>
    public static ISiloBuilder AddLiveNews(this ISiloBuilder silo)
    {
        silo.Services.AddHostedService<NewsRelay>();
        return silo;
    }
}
