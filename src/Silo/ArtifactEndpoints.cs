using Microsoft.AspNetCore.Http.HttpResults;
using OrleansTagging.Storage;

namespace OrleansTagging.Silo;

/// <summary>Artifacts by their address, as the records name them.</summary>
internal static class ArtifactEndpoints
{
    /// <summary>Maps <c>/artifacts/{address}</c>.</summary>
    public static void MapArtifacts(this IEndpointRouteBuilder api) =>
        api.MapGet("/artifacts/{address}", Get).WithSummary("An artifact: .npy, .csv, .json, weights");

    /// <summary>Sends an artifact.</summary>
    /// <exception cref="ArtifactMissingException">The store has no such artifact.</exception>
    public static async Task<FileStreamHttpResult> SendAsync(Store store, string address, CancellationToken cancellationToken) =>
        TypedResults.Stream(await store.Artifacts.OpenReadAsync(address, cancellationToken), ArtifactAddress.Extension(address) switch
        {
            "json" => "application/json",
            "csv" => "text/csv",
            "txt" => "text/plain",
            _ => "application/octet-stream",
        });

    private static async Task<Results<FileStreamHttpResult, ProblemHttpResult>> Get(
        string address, Store store, HttpContext http, CancellationToken cancellationToken)
    {
        if (!ArtifactAddress.IsValid(address))
        {
            return ExperimentEndpoints.Missing($"'{address}' is no address of an artifact.");
        }
        var sent = await SendAsync(store, address, cancellationToken);
        // What an address names never changes.
        http.Response.Headers.CacheControl = "private, max-age=31536000, immutable";
        return sent;
    }
}
