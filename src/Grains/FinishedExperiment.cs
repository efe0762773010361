using System.Text.Json;
using OrleansTagging.Abstractions;
using OrleansTagging.Grains.Planning;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>A finished experiment as it lies in a store, read without waking a grain.</summary>
public sealed class FinishedExperiment
{
    private readonly Store _store;

    private FinishedExperiment(Store store, ExperimentContext context, ExperimentFile file, JsonElement report) =>
        (_store, Context, File, Report) = (store, context, file, report);

    /// <summary>Name of the experiment.</summary>
    public string Name => Context.Experiment;

    /// <summary>Its file.</summary>
    public ExperimentFile File { get; }

    /// <summary>The classes, in the order of the columns of its predictions.</summary>
    public IReadOnlyList<string> Classes => Context.Dataset.Classes;

    /// <summary>The dataset it was run on.</summary>
    public DatasetRecord Dataset => Context.Dataset;

    /// <summary>Its <c>report.json</c>.</summary>
    public JsonElement Report { get; }

    private ExperimentContext Context { get; }

    /// <summary>Reads an experiment.</summary>
    /// <exception cref="InputException">There is none of this name, or it has not come to its end.</exception>
    public static async Task<FinishedExperiment> ReadAsync(Store store, string name, CancellationToken cancellationToken)
    {
        if (await new StoredGrains(store).ExperimentAsync(name, cancellationToken) is not { Context: { } context } state)
        {
            throw new InputException(
                $"There is no experiment '{name}' in the store {store.Location}; begin it with tagging run FILE.yaml.");
        }
        if (state.Report is not { } address)
        {
            throw new InputException($"The experiment '{name}' has not come to its end; go on with it with tagging run FILE.yaml.");
        }
        using var report = JsonDocument.Parse(await store.Artifacts.ReadAsync(address, cancellationToken));
        return new FinishedExperiment(store, context, context.File(), report.RootElement.Clone());
    }

    /// <summary>A member's part of the report.</summary>
    public JsonElement Member(string name) =>
        Report.GetProperty("members").EnumerateArray().First(member => member.GetProperty("member").GetString() == name);

    /// <summary>Addresses of the weights of a member's folds, in their order.</summary>
    /// <exception cref="InputException">The store no longer has a training of it.</exception>
    public async Task<string[]> WeightsOfAsync(string member, CancellationToken cancellationToken)
    {
        var grains = new StoredGrains(_store);
        var record = (await grains.MemberAsync(Name, member, cancellationToken))?.Record
            ?? throw new InputException($"The store {_store.Location} no longer has the member '{member}' of {Name}; run it again.");
        var weights = new List<string>();
        foreach (var fold in record.Folds)
        {
            var job = fold.TrainingJob!;
            weights.Add(await grains.JobAsync(job, cancellationToken) is { Result: { } result }
                && JsonSerializer.Deserialize(result, RecipeJson.Default.JobResult)?.Weights is { } address
                ? address
                : throw new InputException($"The store {_store.Location} no longer has the training {job} of {Name}; run it again."));
        }
        return [.. weights];
    }
}
