using System.Globalization;
using Orleans;
using Orleans.Runtime;
using OrleansTagging.Abstractions;
using OrleansTagging.Labels;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>What outlives the activation of a dataset.</summary>
[GenerateSerializer, Alias("OrleansTagging.DatasetState")]
public sealed class DatasetState
{
    /// <summary>The record; <c>null</c> where none was registered.</summary>
    [Id(0)] public DatasetRecord? Record { get; set; }

    /// <summary>The folds computed so far, by version, folds and seed.</summary>
    [Id(1)] public Dictionary<string, FoldsAnswer> Folds { get; set; } = [];
}

/// <summary>A packed dataset under its name, and its folds.</summary>
[GrainType("dataset")]
public sealed class DatasetGrain(
    [PersistentState("dataset", ArtifactGrainStorage.Name)] IPersistentState<DatasetState> state,
    Store store) : Grain, IDatasetGrain
{
    /// <inheritdoc/>
    public async Task<string?> Register(DatasetRecord record)
    {
        var name = this.GetPrimaryKeyString();
        if (record.Name != name)
        {
            return $"The record of the dataset '{record.Name}' was sent to '{name}'; register it under its own name.";
        }
        foreach (var address in new[] { record.Audio, record.Clips, record.Facts, record.Truth }.OfType<string>())
        {
            if (!await store.Artifacts.ExistsAsync(address))
            {
                return $"The dataset '{name}' names the artifact {address}, which the store lacks; import it again.";
            }
        }
        if (state.State.Record is { } known && Same(known, record))
        {
            return null;
        }
        state.State.Record = record;
        await this.SaveAsync(state);
        return null;
    }

    /// <inheritdoc/>
    public Task<DatasetRecord?> Describe() => Task.FromResult(state.State.Record);

    /// <inheritdoc/>
    public async Task<FoldsAnswer> GetFolds(int folds, ulong seed)
    {
        if (state.State.Record is not { } record)
        {
            return new FoldsAnswer { Problem = $"There is no dataset '{this.GetPrimaryKeyString()}'; import it first." };
        }
        var key = FoldsKey(record, folds, seed);
        if (state.State.Folds.TryGetValue(key, out var known))
        {
            return known;
        }
        try
        {
            var answer = await Task.Run(() => AssignAsync(store.Artifacts, record, folds, seed));
            state.State.Folds[key] = answer;
            await this.SaveAsync(state);
            return answer;
        }
        catch (InputException fault)
        {
            return new FoldsAnswer { Problem = $"The dataset '{record.Name}': {fault.Message}" };
        }
    }

    /// <summary>What the folds of a dataset are kept under.</summary>
    internal static string FoldsKey(DatasetRecord record, int folds, ulong seed) =>
        string.Create(CultureInfo.InvariantCulture, $"{record.Version}/{folds}/{seed}");

    /// <summary>Deals the clips into folds.</summary>
    /// <exception cref="InputException">There are fewer curated clips than folds.</exception>
    internal static async Task<FoldsAnswer> AssignAsync(IArtifactStore artifacts, DatasetRecord record, int folds, ulong seed)
    {
        var classes = new ClassMap(record.Classes);
        var clips = await ClipList.ReadAsync(artifacts, record.Clips);
        var curated = clips.Where(clip => clip.Subset == "curated").ToArray();
        // By file name, so that ties of agreement need no second look and shards are stretches of the alphabet.
        var noisy = clips.Where(clip => clip.Subset == "noisy").OrderBy(clip => clip.Fname, StringComparer.Ordinal).ToArray();
        if (curated.Length < folds)
        {
            throw new InputException($"{folds} folds need at least as many curated clips; there are {curated.Length}.");
        }
        var assigned = Assign(curated, "curated")
            .Concat(noisy.Length >= folds ? Assign(noisy, "noisy") : noisy.Select((clip, at) => clip with { Fold = at % folds }));
        return new FoldsAnswer
        {
            Assignments = await ClipList.PutFoldsAsync(artifacts, assigned),
            Test = await ClipList.PutLabelsAsync(artifacts, clips.Where(clip => clip.Subset == "test")
                .Select(clip => clip with { Labels = "" })),
        };

        IEnumerable<ListedClip> Assign(ListedClip[] some, string subset)
        {
            var key = SeededRandom.Of(seed, SeededRandom.Key(subset)).NextUInt64();
            var assignment = StratifiedFolds.Assign([.. some.Select(clip => clip.LabelsIn(classes))], classes.Count, folds, key);
            return some.Select((clip, at) => clip with { Fold = assignment[at] });
        }
    }

    // Records compare their arrays by reference, hence the comparison of what they say.
    private static bool Same(DatasetRecord one, DatasetRecord other) =>
        System.Text.Json.JsonSerializer.Serialize(one) == System.Text.Json.JsonSerializer.Serialize(other);
}
