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

    /// <summary>The folds computed so far, by version, folds, seed and hold-out.</summary>
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
    public async Task<DatasetRecord?> Describe()
    {
        if (state.State.Record is null)
        {
            // A console that reaches the container but not the cluster registers it beside this one.
            await state.ReadStateAsync();
        }
        return state.State.Record;
    }

    /// <inheritdoc/>
    public async Task<FoldsAnswer> GetFolds(int folds, ulong seed, double holdout)
    {
        if (state.State.Record is not { } record)
        {
            return new FoldsAnswer { Problem = $"There is no dataset '{this.GetPrimaryKeyString()}'; import it first." };
        }
        var key = FoldsKey(record, folds, seed, holdout);
        if (state.State.Folds.TryGetValue(key, out var known))
        {
            return known;
        }
        try
        {
            var answer = await Task.Run(() => AssignAsync(store.Artifacts, record, folds, seed, holdout));
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
    internal static string FoldsKey(DatasetRecord record, int folds, ulong seed, double holdout) =>
        string.Create(CultureInfo.InvariantCulture, $"{record.Version}/{folds}/{seed}/{holdout}");

    /// <summary>Holds clips out and deals the others into folds.</summary>
    /// <exception cref="InputException">There are fewer curated clips than folds, or too few to hold any out.</exception>
    internal static async Task<FoldsAnswer> AssignAsync(IArtifactStore artifacts, DatasetRecord record, int folds, ulong seed, double holdout)
    {
        var classes = new ClassMap(record.Classes);
        var clips = await ClipList.ReadAsync(artifacts, record.Clips);
        var curated = clips.Where(clip => clip.Subset == "curated").ToArray();
        // By file name, so that ties of agreement need no second look and shards are stretches of the alphabet.
        var noisy = clips.Where(clip => clip.Subset == "noisy").OrderBy(clip => clip.Fname, StringComparer.Ordinal).ToArray();
        var heldOut = holdout > 0 ? HoldOut(curated, classes, seed, holdout) : [];
        curated = [.. curated.Except(heldOut)];
        if (curated.Length < folds)
        {
            throw new InputException($"{folds} folds need at least as many curated clips; there are {curated.Length}"
                + (heldOut.Length > 0 ? $", and {heldOut.Length} held out." : "."));
        }
        var test = clips.Where(clip => clip.Subset == "test").Select(clip => clip with { Labels = "" }).ToArray();
        var assigned = Assign(curated, "curated")
            .Concat(noisy.Length >= folds ? Assign(noisy, "noisy") : noisy.Select((clip, at) => clip with { Fold = at % folds }));
        return new FoldsAnswer
        {
            Assignments = await ClipList.PutFoldsAsync(artifacts, assigned),
            Test = await ClipList.PutLabelsAsync(artifacts, test),
            Holdout = heldOut.Length == 0 ? null : await ClipList.PutLabelsAsync(artifacts, heldOut),
            Judged = await ClipList.PutLabelsAsync(artifacts, test.Concat(heldOut.Select(clip => clip with { Labels = "" }))),
            JudgedClips = test.Length + heldOut.Length,
            Noisy = await ClipList.PutLabelsAsync(artifacts, noisy.Select(clip => clip with { Labels = "" })),
        };

        IEnumerable<ListedClip> Assign(ListedClip[] some, string subset)
        {
            var key = SeededRandom.Of(seed, SeededRandom.Key(subset)).NextUInt64();
            var assignment = StratifiedFolds.Assign([.. some.Select(clip => clip.LabelsIn(classes))], classes.Count, folds, key);
            return some.Select((clip, at) => clip with { Fold = assignment[at] });
        }
    }

    /// <summary>
    /// The clips that are held out, stratified: dealt into parts of which some are taken whole, so many of so many as come nearest to the share.
    /// </summary>
    private static ListedClip[] HoldOut(ListedClip[] curated, ClassMap classes, ulong seed, double holdout)
    {
        const int MostParts = 40;
        var most = Math.Min(MostParts, curated.Length);
        if (most < 2)
        {
            throw new InputException($"no clips can be held out of {curated.Length} curated ones.");
        }
        double Miss(int parts) => Math.Abs((double)Taken(parts) / parts - holdout);
        int Taken(int parts) => Math.Max(1, (int)Math.Round(holdout * parts, MidpointRounding.AwayFromZero));
        // The fewest parts that serve, since the fewer there are the more evenly labels are spread over them.
        var best = Enumerable.Range(2, most - 1).Select(Miss).Min();
        var parts = Enumerable.Range(2, most - 1).First(parts => Miss(parts) <= best + 0.001);
        var key = SeededRandom.Of(seed, SeededRandom.Key("holdout")).NextUInt64();
        var assignment = StratifiedFolds.Assign([.. curated.Select(clip => clip.LabelsIn(classes))], classes.Count, parts, key);
        return [.. curated.Where((_, clip) => assignment[clip] < Taken(parts))];
    }

    // Records compare their arrays by reference, hence the comparison of what they say.
    private static bool Same(DatasetRecord one, DatasetRecord other) =>
        System.Text.Json.JsonSerializer.Serialize(one) == System.Text.Json.JsonSerializer.Serialize(other);
}
