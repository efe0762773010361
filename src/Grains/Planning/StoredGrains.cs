using System.Text;
using System.Text.Json;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains.Planning;

/// <summary>The states of grains as they lie in a store, read without waking a grain.</summary>
internal sealed class StoredGrains(Store store)
{
    private const string Trainings = "grain/training/";
    private const string Experiments = "grain/experiment/";
    private const string Datasets = "grain/dataset/";
    private const string Curricula = "grain/curriculum/";

    /// <summary>State of a dataset; <c>null</c> where there is none.</summary>
    public Task<DatasetState?> DatasetAsync(string name, CancellationToken cancellationToken) =>
        ReadAsync<DatasetState>($"{Datasets}{name}/dataset", cancellationToken);

    /// <summary>State of an experiment; <c>null</c> where there is none.</summary>
    public Task<ExperimentState?> ExperimentAsync(string name, CancellationToken cancellationToken) =>
        ReadAsync<ExperimentState>($"{Experiments}{name}/experiment", cancellationToken);

    /// <summary>State of a member; <c>null</c> where there is none.</summary>
    public Task<EnsembleMemberState?> MemberAsync(string experiment, string member, CancellationToken cancellationToken) =>
        ReadAsync<EnsembleMemberState>($"grain/member/{GrainKeys.Member(experiment, member)}/member", cancellationToken);

    /// <summary>State of a job; <c>null</c> where there is none.</summary>
    public Task<TrainingState?> JobAsync(string job, CancellationToken cancellationToken) =>
        ReadAsync<TrainingState>($"{Trainings}{job}/training", cancellationToken);

    /// <summary>Names of all experiments, in their order.</summary>
    public Task<string[]> ExperimentsAsync(CancellationToken cancellationToken) => NamesAsync(Experiments, cancellationToken);

    /// <summary>Names of all datasets, in their order.</summary>
    public Task<string[]> DatasetsAsync(CancellationToken cancellationToken) => NamesAsync(Datasets, cancellationToken);

    /// <summary>State of a shard of the noisy clips' scores; <c>null</c> where there is none.</summary>
    /// <param name="key">Key of the shard (<see cref="GrainKeys.Shard"/>).</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public Task<NoisyScoresState?> ShardAsync(string key, CancellationToken cancellationToken) =>
        ReadAsync<NoisyScoresState>($"grain/noisy-scores/{key}/scores", cancellationToken);

    /// <summary>States of all curricula, in the order of their keys.</summary>
    public async Task<List<CurriculumState>> CurriculaAsync(CancellationToken cancellationToken)
    {
        var found = new List<CurriculumState>();
        foreach (var key in await KeysAsync(Curricula, cancellationToken))
        {
            if (await ReadAsync<CurriculumState>(key, cancellationToken) is { Request: not null } state)
            {
                found.Add(state);
            }
        }
        return found;
    }

    /// <summary>The jobs that the store knows of with their documents, in the order of their ids.</summary>
    /// <param name="most">At most so many.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task<List<(string Job, TrainingState State, JobDocument Document)>> JobsAsync(
        int most, CancellationToken cancellationToken)
    {
        var found = new List<(string, TrainingState, JobDocument)>();
        foreach (var key in (await KeysAsync(Trainings, cancellationToken)).Take(most))
        {
            var job = key.Split('/')[2];
            if (await ReadAsync<TrainingState>(key, cancellationToken) is { Request: { } request } state
                && await DocumentAsync(job, request.Document, cancellationToken) is { } document)
            {
                found.Add((job, state, document));
            }
        }
        return found;
    }

    private async Task<JobDocument?> DocumentAsync(string job, string address, CancellationToken cancellationToken)
    {
        try
        {
            return JobDocument.Parse(Encoding.UTF8.GetString(await store.Artifacts.ReadAsync(address, cancellationToken)), job);
        }
        catch (Exception fault) when (fault is Labels.InputException or ArtifactMissingException)
        {
            // That of another version of this program, or one that was cleared away: it tells this plan nothing.
            return null;
        }
    }

    private async Task<string[]> NamesAsync(string prefix, CancellationToken cancellationToken) =>
        [.. (await KeysAsync(prefix, cancellationToken)).Select(key => key[prefix.Length..].Split('/')[0])
            .Distinct().Order(StringComparer.Ordinal)];

    private async Task<string[]> KeysAsync(string prefix, CancellationToken cancellationToken)
    {
        var keys = new List<string>();
        await foreach (var key in store.State.ListAsync(prefix, cancellationToken))
        {
            keys.Add(key);
        }
        return [.. keys.Order(StringComparer.Ordinal)];
    }

    private async Task<T?> ReadAsync<T>(string key, CancellationToken cancellationToken) where T : class =>
        await store.State.ReadAsync(key, cancellationToken) is { } stored ? JsonSerializer.Deserialize<T>(stored.Content) : null;
}
