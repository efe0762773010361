using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Orleans.Hosting;
using Orleans.Runtime;
using OrleansTagging.Grains;
using OrleansTagging.Grains.Clustering;
using OrleansTagging.Storage;
using Serilog;
using Serilog.Formatting.Json;

namespace OrleansTagging.Silo;

/// <summary>Sets the silo's host up.</summary>
internal static class SiloHosting
{
    private const int DaysKept = 14;

    private static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Logs through Serilog, as the section <c>Serilog</c> of the configuration says, and to a file a day, JSON a line. Every line names the
    /// silo, and the experiment, round and job that it is about.
    /// </summary>
    public static void AddSerilog(this WebApplicationBuilder builder, SiloSettings settings, Store store)
    {
        var configured = new LoggerConfiguration().ReadFrom.Configuration(builder.Configuration)
            .Enrich.WithProperty("Silo", $"{Environment.MachineName}:{settings.SiloPort}")
            .Enrich.With<LogPlace>();
        if ((settings.Logs ?? (store.IsFolder ? Path.Combine(store.Root, "logs") : "")) is { Length: > 0 } folder)
        {
            // The silos of a cluster on one machine share a store; each has files of its own.
            configured.WriteTo.File(
                new JsonFormatter(renderMessage: true), Path.Combine(folder, $"silo-{settings.SiloPort}-.jsonl"),
                rollingInterval: RollingInterval.Day, retainedFileCountLimit: DaysKept);
        }
        builder.Logging.ClearProviders();
        builder.Logging.AddSerilog(configured.CreateLogger(), dispose: true);
    }

    /// <summary>Exports spans and figures over OTLP where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> says where to.</summary>
    public static void AddTelemetry(this WebApplicationBuilder builder, SiloSettings settings)
    {
        if (string.IsNullOrEmpty(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            return;
        }
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(
                "orleans-tagging-silo", serviceInstanceId: $"{Environment.MachineName}:{settings.SiloPort}"))
            .WithTracing(traces => traces.AddSource(Telemetry.Name).AddOtlpExporter())
            .WithMetrics(metrics => metrics.AddMeter(Telemetry.Name).AddOtlpExporter());
    }

    /// <summary>Hosts the grains, alone or as a member of the cluster.</summary>
    public static void AddGrains(this WebApplicationBuilder builder, SiloSettings settings, Store store)
    {
        builder.Services.AddSingleton<TrainerProcess>();
        builder.Services.AddSingleton<ITrainer>(services => services.GetRequiredService<TrainerProcess>());
        builder.Services.AddHostedService<SiloDrain>();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = DrainPatience);
        builder.UseOrleans(silo =>
        {
            silo.UseCluster(settings.Cluster, store, settings.SiloPort, settings.GatewayPort);
            silo.AddTagging(store, settings.Apply);
            silo.AddGateway(store, settings.HttpUrl.Split(';')[0]);
            silo.AddLiveNews();
            silo.AddRuntimeDashboard();
        });
        // After the silo itself, which starts with the services above.
        builder.Services.AddHostedService<UnfinishedExperiments>();
        builder.Services.AddHostedService(services => ActivatorUtilities.CreateInstance<SiloGreeting>(services, settings));
    }

    /// <summary>Answers HTTP at the configured addresses, to those who may ask.</summary>
    public static void AddHttp(this WebApplicationBuilder builder, SiloSettings settings)
    {
        builder.WebHost.UseUrls(settings.HttpUrl);
        builder.Services.AddProtection(settings);
        builder.Services.AddApi();
    }

    /// <summary>Runs the silo until it is told to stop.</summary>
    public static async Task RunToEndAsync(this WebApplication app)
    {
        var stopping = app.Lifetime.ApplicationStopping;
        try
        {
            await app.RunAsync();
        }
        catch (Exception fault) when (stopping.IsCancellationRequested && fault is (OperationCanceledException or OrleansException))
        {
            // Told to stop while it was starting, as whoever scales silos may do; what it had begun is as good as never begun.
        }
    }
}
