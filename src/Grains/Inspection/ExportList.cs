using System.Globalization;
using System.Text.Json;
using OrleansTagging.Abstractions;
using OrleansTagging.Grains.Planning;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>An artifact under the name that an export gives it.</summary>
public sealed record ExportedArtifact
{
    /// <summary>Path below the export's folder, parts joined by <c>/</c>.</summary>
    public required string Path { get; init; }

    /// <summary>Address in the store.</summary>
    public required string Address { get; init; }

    /// <summary>What it is.</summary>
    public required string What { get; init; }

    /// <summary>Id of the job that made it; <c>null</c> where no job did.</summary>
    public string? Job { get; init; }
}

/// <summary>All that a colleague or a paper needs of a finished experiment, as it lies in the store; read without waking a grain.</summary>
public sealed class ExportList
{
    private readonly StoredGrains _grains;
    private readonly List<ExportedArtifact> _artifacts = [];

    private ExportList(StoredGrains grains, ExperimentContext context) => (_grains, Context) = (grains, context);

    /// <summary>Text of the experiment's file.</summary>
    public string Yaml => Context.Yaml;

    /// <summary>The artifacts, no path twice.</summary>
    public IReadOnlyList<ExportedArtifact> Artifacts => _artifacts;

    /// <summary>The rounds that are done or have diverged, curriculum after curriculum.</summary>
    public List<RoundRecord> Rounds { get; } = [];

    /// <summary>The members.</summary>
    public List<MemberRecord> Members { get; } = [];

    private ExperimentContext Context { get; }

    /// <summary>Lists what an experiment left.</summary>
    /// <exception cref="InputException">There is none of this name, or it has not come to its end.</exception>
    public static async Task<ExportList> ReadAsync(Store store, string experiment, CancellationToken cancellationToken)
    {
        var grains = new StoredGrains(store);
        if (await grains.ExperimentAsync(experiment, cancellationToken) is not { Context: { } context } state)
        {
            throw new InputException($"There is no experiment '{experiment}' in the store {store.Location}; begin it with tagging run FILE.yaml.");
        }
        if (state.Report is not { } report)
        {
            throw new InputException($"The experiment '{experiment}' has not come to its end; go on with it with tagging run FILE.yaml.");
        }
        var list = new ExportList(grains, context);
        list.Add("report.json", report, "figures of all parts");
        list.Add("submission.csv", state.Submission, "predictions of the ensemble for the test clips");
        list.Add("timings.json", state.Timings, "seconds, memory and host of every job");
        list.Add("clips/folds.csv", context.Folds.Assignments, "labelled clips and their folds");
        list.Add("clips/test.csv", context.Folds.Test, "test clips, in the order of the rows of their predictions");
        list.Add("clips/noisy.csv", context.Folds.Noisy, "noisy clips, in the order of the rows of their predictions");
        list.Add("clips/holdout.csv", context.Folds.Holdout, "held-out clips, in the order of the rows of their predictions");
        await list.AddCurriculaAsync(cancellationToken);
        await list.AddMembersAsync(cancellationToken);
        foreach (var ensemble in state.Ensembles)
        {
            list.Add($"predictions/ensembles/{ensemble.Name}.test.npy", ensemble.TestPredictions, $"ensemble {ensemble.Name}, test clips");
        }
        return list;
    }

    private async Task AddCurriculaAsync(CancellationToken cancellationToken)
    {
        foreach (var curriculum in await _grains.CurriculaAsync(cancellationToken))
        {
            var name = curriculum.Request!.Curriculum;
            if (curriculum.Request.Context.Experiment != Context.Experiment || !Context.File().Curricula.ContainsKey(name))
            {
                continue;
            }
            foreach (var round in curriculum.Rounds)
            {
                Rounds.Add(round.Record);
                Add($"selections/{name}@{Text(round.Record.Round)}.csv", round.Record.Selection, "promoted clips, best first");
                await AddFoldsAsync(round.Folds, cancellationToken);
            }
            Add($"selections/{name}@relabelled.csv", curriculum.Rest?.Record.Selection, "clips as they are used where the rest is relabelled");
            await AddFoldsAsync(curriculum.Rest?.Folds ?? [], cancellationToken);
        }
    }

    private async Task AddMembersAsync(CancellationToken cancellationToken)
    {
        foreach (var name in Context.File().Members.Keys)
        {
            if ((await _grains.MemberAsync(Context.Experiment, name, cancellationToken))?.Record is { } member)
            {
                Members.Add(member);
                Add($"predictions/members/{name}.test.npy", member.TestPredictions, $"member {name}, mean over folds, test clips");
                Add($"predictions/members/{name}.holdout.npy", member.HoldoutPredictions, $"member {name}, mean over folds, held-out clips");
                await AddFoldsAsync(member.Folds, cancellationToken);
            }
        }
    }

    private async Task AddFoldsAsync(FoldRecord[] folds, CancellationToken cancellationToken)
    {
        foreach (var fold in folds)
        {
            var name = $"{fold.Owner}/{fold.Selection}/fold{Text(fold.Fold)}";
            Add($"predictions/folds/{name}.validation.csv", fold.ValidationList, "validation clips, in the order of the rows of their predictions");
            Add($"predictions/folds/{name}.validation.npy", fold.OutOfFold, "predictions of the validation clips", fold.TrainingJob);
            Add($"predictions/folds/{name}.noisy.npy", fold.NoisyPredictions, "predictions of the noisy clips", fold.NoisyJob);
            Add($"predictions/folds/{name}.test.npy", fold.TestPredictions, "predictions of the test clips, then the held-out ones", fold.TestJob);
            var trainings = fold.ContinuedJobs.Append(fold.TrainingJob).OfType<string>().ToArray();
            for (var training = 0; training < trainings.Length; training++)
            {
                if (await _grains.JobAsync(trainings[training], cancellationToken) is not { Result: { } json } state
                    || JsonSerializer.Deserialize(json, RecipeJson.Default.JobResult) is not { } result)
                {
                    throw new InputException($"The store no longer has the training {trainings[training]} of {Context.Experiment}; run it again.");
                }
                var more = training == 0 ? "" : $".{Text(training + 1)}";
                Add($"curves/{name}{more}.csv", result.Curve, "learning curve: a row an epoch", trainings[training]);
                Add($"weights/{name}{more}.dat", result.Weights, "weights, TorchSharp's state dictionary", trainings[training]);
                Add($"jobs/{trainings[training]}.json", state.Request?.Document, "all that determines the training", trainings[training]);
            }
        }
    }

    private void Add(string path, string? address, string what, string? job = null)
    {
        // A round's scorer may be the rest's as well.
        if (address is not null && !_artifacts.Exists(known => known.Path == path))
        {
            _artifacts.Add(new ExportedArtifact { Path = path, Address = address, What = what, Job = job });
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
