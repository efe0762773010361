using Orleans.Hosting;
using OrleansTagging.Grains;
using OrleansTagging.Storage;
using Serilog;

namespace OrleansTagging.Silo;

/// <summary>Sets the silo's host up.</summary>
internal static class SiloHosting
{
    /// <summary>Logs through Serilog, as the section <c>Serilog</c> of the configuration says.</summary>
    public static void AddSerilog(this WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders();
        builder.Logging.AddSerilog(new LoggerConfiguration().ReadFrom.Configuration(builder.Configuration).CreateLogger(), dispose: true);
    }

    /// <summary>Hosts the grains on this machine.</summary>
    public static void AddGrains(this WebApplicationBuilder builder, SiloSettings settings, Store store) => builder.UseOrleans(silo =>
    {
        silo.UseLocalhostClustering(settings.SiloPort, settings.GatewayPort);
        silo.AddTagging(store, options =>
        {
            options.TrainerPath = settings.TrainerPath ?? options.TrainerPath;
            options.CpuSlots = settings.CpuSlots ?? options.CpuSlots;
            options.CudaDevices = settings.CudaDevices;
            options.CudaSlots = settings.CudaSlots;
        });
    });
}
