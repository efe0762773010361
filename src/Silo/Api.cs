using System.Text.Json.Serialization;
using Microsoft.OpenApi;
using Orleans.Runtime;
using OrleansTagging.Silo.Live;
using OrleansTagging.Silo.Sound;

namespace OrleansTagging.Silo;

/// <summary>The HTTP API: the records of the grains as JSON, described by OpenAPI.</summary>
internal static class Api
{
    /// <summary>Adds what the API needs.</summary>
    public static void AddApi(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(options =>
        {
            options.SerializerOptions.Converters.Add(new JsonStringEnumConverter());
            options.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
        });
        services.AddProblemDetails();
        services.AddSingleton<LiveFeeds>();
        services.AddSingleton<ClipSounds>();
        services.AddOpenApi(options =>
        {
            options.AddDocumentTransformer((document, _, _) =>
            {
                document.Info.Title = "OrleansTagging";
                document.Info.Description = "Experiments on doubtful audio labels: rounds, members, clips, jobs, and what steers them.";
                // Whoever fetches this knows the address.
                document.Servers?.Clear();
                return Task.CompletedTask;
            });
            options.AddSchemaTransformer((schema, context, _) =>
            {
                if (context.JsonTypeInfo.Type == typeof(SiloAddress))
                {
                    (schema.Type, schema.Properties, schema.Description) = (JsonSchemaType.String, null, "Address of a silo");
                }
                return Task.CompletedTask;
            });
        });
    }

    /// <summary>Maps <c>/api</c> and its description, <c>/openapi/v1.json</c>.</summary>
    public static void MapApi(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("/api").AddEndpointFilter<ApiFaults>();
        api.MapExperiments();
        api.MapCurricula();
        api.MapDatasets();
        api.MapJobs();
        api.MapScheduler();
        api.MapArtifacts();
        api.MapEvents();
        endpoints.MapOpenApi();
    }
}
