using Microsoft.AspNetCore.Http.HttpResults;
using Orleans;
using OrleansTagging.Abstractions;
using OrleansTagging.Audio;
using OrleansTagging.Grains.Reading;
using OrleansTagging.Silo.Sound;
using OrleansTagging.Storage;

namespace OrleansTagging.Silo;

/// <summary>Datasets, and the sound of their clips.</summary>
internal static class DatasetEndpoints
{
    /// <summary>Maps <c>/datasets</c> and the sound of an experiment's clips.</summary>
    public static void MapDatasets(this IEndpointRouteBuilder api)
    {
        api.MapGet("/datasets", List).WithSummary("All imported datasets");
        api.MapGet("/datasets/{dataset}", Get).WithSummary("An imported dataset");
        var clip = api.MapGroup("/experiments/{name}/clips/{fname}");
        clip.MapGet("/audio", Audio).WithSummary("The sound of a clip, as WAV of 16 bits at the dataset's rate")
            .Produces(StatusCodes.Status200OK, contentType: "audio/wav");
        clip.MapGet("/spectrogram", Picture).WithSummary("The log-mel spectrogram of a clip, as PNG: time to the right, low bands below")
            .Produces(StatusCodes.Status200OK, contentType: "image/png");
    }

    private static async Task<Ok<DatasetRecord[]>> List(IGrainFactory grains, Store store, CancellationToken cancellationToken)
    {
        var names = await StoredExperiment.DatasetsAsync(store, cancellationToken);
        var records = await Task.WhenAll(names.Select(name => grains.GetGrain<IDatasetGrain>(name).Describe()));
        return TypedResults.Ok(records.OfType<DatasetRecord>().ToArray());
    }

    private static async Task<Results<Ok<DatasetRecord>, ProblemHttpResult>> Get(string dataset, IGrainFactory grains) =>
        await grains.GetGrain<IDatasetGrain>(dataset).Describe() is { } record
            ? TypedResults.Ok(record)
            : ExperimentEndpoints.Missing($"There is no dataset '{dataset}'.");

    private static Task<Results<FileContentHttpResult, ProblemHttpResult>> Audio(
        string name, string fname, ClipSounds sounds, CancellationToken cancellationToken) =>
        Of(name, fname, sounds, (samples, rate) => TypedResults.Bytes(
            WaveFile.Pcm16(samples, rate), "audio/wav", enableRangeProcessing: true), cancellationToken);

    private static Task<Results<FileContentHttpResult, ProblemHttpResult>> Picture(
        string name, string fname, ClipSounds sounds, CancellationToken cancellationToken) =>
        Of(name, fname, sounds, (samples, rate) =>
        {
            var picture = Spectrogram.Of(samples, rate);
            return TypedResults.Bytes(PalettePng.Encode(picture.Levels, picture.Frames, picture.Bands), "image/png");
        }, cancellationToken);

    private static async Task<Results<FileContentHttpResult, ProblemHttpResult>> Of(
        string name, string fname, ClipSounds sounds, ClipSounds.Reader<FileContentHttpResult> read, CancellationToken cancellationToken) =>
        await sounds.ReadAsync(name, fname, read, cancellationToken) is { } sent
            ? sent
            : ExperimentEndpoints.Missing($"The experiment '{name}' has no clip '{fname}'.");
}
