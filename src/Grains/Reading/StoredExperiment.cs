using OrleansTagging.Abstractions;
using OrleansTagging.Grains.Planning;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains.Reading;

/// <summary>An experiment as it lies in a store, done or not, read without waking a grain.</summary>
public sealed class StoredExperiment
{
    private readonly ExperimentContext _context;

    private StoredExperiment(ExperimentContext context) => _context = context;

    /// <summary>Its file.</summary>
    public ExperimentFile File => _context.File();

    /// <summary>The dataset as it was when it began.</summary>
    public DatasetRecord Dataset => _context.Dataset;

    /// <summary>The folds.</summary>
    public FoldsAnswer Folds => _context.Folds;

    /// <summary>Names of the experiments that a store knows, in their order.</summary>
    public static Task<string[]> NamesAsync(Store store, CancellationToken cancellationToken) =>
        new StoredGrains(store).ExperimentsAsync(cancellationToken);

    /// <summary>Names of the datasets that a store knows, in their order.</summary>
    public static Task<string[]> DatasetsAsync(Store store, CancellationToken cancellationToken) =>
        new StoredGrains(store).DatasetsAsync(cancellationToken);

    /// <summary>Reads an experiment; <c>null</c> where none was submitted under this name.</summary>
    public static async Task<StoredExperiment?> ReadAsync(Store store, string name, CancellationToken cancellationToken) =>
        await new StoredGrains(store).ExperimentAsync(name, cancellationToken) is { Context: { } context }
            ? new StoredExperiment(context)
            : null;
}
