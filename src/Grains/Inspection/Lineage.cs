using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansTagging.Abstractions;
using OrleansTagging.Grains.Planning;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>
/// The lineage of an experiment as it lies in a store, read without waking a grain: dataset → folds → jobs → rounds → members → ensembles →
/// submission. What has not ended yet is left out.
/// </summary>
public sealed class Lineage
{
    private readonly Store _store;
    private readonly StoredGrains _grains;
    private readonly ExperimentState _state;
    private readonly Dictionary<string, LineageNode> _nodes = new(StringComparer.Ordinal);

    private Lineage(Store store, StoredGrains grains, ExperimentState state) => (_store, _grains, _state) = (store, grains, state);

    /// <summary>Name of the experiment.</summary>
    public string Experiment => Context.Experiment;

    /// <summary>All of it: each thing stands after those that it was made of.</summary>
    public IReadOnlyCollection<LineageNode> Nodes => _nodes.Values;

    private ExperimentContext Context => _state.Context!;

    private string DatasetId => $"dataset/{Context.Dataset.Name}";

    private string FoldsId => $"{Experiment}/folds";

    /// <summary>The thing of an id; <c>null</c> where there is none.</summary>
    public LineageNode? this[string id] => _nodes.GetValueOrDefault(id);

    /// <summary>Reads the lineage of an experiment.</summary>
    /// <exception cref="InputException">There is none of this name.</exception>
    public static async Task<Lineage> ReadAsync(Store store, string experiment, CancellationToken cancellationToken)
    {
        var grains = new StoredGrains(store);
        if (await grains.ExperimentAsync(experiment, cancellationToken) is not { Context: not null } state)
        {
            throw new InputException($"There is no experiment '{experiment}' in the store {store.Location}; begin it with tagging run FILE.yaml.");
        }
        var lineage = new Lineage(store, grains, state);
        await lineage.AddAsync(cancellationToken);
        return lineage;
    }

    /// <summary>
    /// Reads what a thing, or an artifact by its address, was made of: the lineage that has it and the things that made it.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="what">Name of an experiment, an id of <see cref="LineageNode"/>, or an artifact's address.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="InputException">No experiment of the store has it.</exception>
    public static async Task<(Lineage Lineage, LineageNode[] Roots)> FindAsync(Store store, string what, CancellationToken cancellationToken)
    {
        var grains = new StoredGrains(store);
        if (await grains.ExperimentAsync(what, cancellationToken) is { Context: not null })
        {
            var whole = await ReadAsync(store, what, cancellationToken);
            return (whole, whole.Ends());
        }
        foreach (var experiment in await grains.ExperimentsAsync(cancellationToken))
        {
            var lineage = await ReadAsync(store, experiment, cancellationToken);
            var roots = lineage.Nodes.Where(node => node.Id == what || node.Artifacts.ContainsValue(what)).ToArray();
            if (roots.Length > 0)
            {
                // Lists that a job reads are artifacts of the job, too; what made the artifact is whatever names it first.
                return (lineage, roots[..1]);
            }
        }
        throw new InputException($"No experiment of the store {store.Location} has '{what}'; tagging tree EXPERIMENT lists ids and addresses.");
    }

    /// <summary>A thing and all that it was made of, each after those that it was made of.</summary>
    public LineageNode[] Ancestry(IEnumerable<LineageNode> roots)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var next = new Stack<string>(roots.Select(root => root.Id));
        while (next.TryPop(out var id))
        {
            if (seen.Add(id))
            {
                Array.ForEach(_nodes[id].From, next.Push);
            }
        }
        return [.. _nodes.Values.Where(node => seen.Contains(node.Id))];
    }

    /// <summary>What nothing else was made of: the submission and the report of a finished experiment.</summary>
    private LineageNode[] Ends()
    {
        var used = _nodes.Values.SelectMany(node => node.From).ToHashSet(StringComparer.Ordinal);
        return [.. _nodes.Values.Where(node => !used.Contains(node.Id))];
    }

    private async Task AddAsync(CancellationToken cancellationToken)
    {
        var (dataset, folds, file) = (Context.Dataset, Context.Folds, Context.File());
        Add(DatasetId, "dataset", [], [("version", dataset.Version), ("rate", Text(dataset.Rate))],
            [("audio", dataset.Audio), ("clips", dataset.Clips), ("facts", dataset.Facts), ("truth", dataset.Truth)]);
        Add(FoldsId, "folds", [DatasetId], [("folds", Text(file.Folds)), ("seed", file.Seed.ToString(CultureInfo.InvariantCulture))],
            [("assignments", folds.Assignments), ("test", folds.Test), ("noisy", folds.Noisy), ("holdout", folds.Holdout),
                ("judged", folds.Judged)]);
        foreach (var curriculum in await _grains.CurriculaAsync(cancellationToken))
        {
            if (curriculum.Request!.Context.Experiment == Experiment && file.Curricula.ContainsKey(curriculum.Request.Curriculum))
            {
                await AddAsync(curriculum, cancellationToken);
            }
        }
        var members = new List<string>();
        foreach (var name in file.Members.Keys)
        {
            if ((await _grains.MemberAsync(Experiment, name, cancellationToken))?.Record is { Done: true } member)
            {
                var of = new List<string>();
                foreach (var fold in member.Folds)
                {
                    of.Add(await AddAsync(fold, cancellationToken));
                }
                members.Add(Add($"{Experiment}/members/{name}", "member", [.. of],
                    [("model", member.Model), ("selection", member.Selection), ("trained on", member.TrainedOn),
                        ("cross-validated lwlrap", Text(member.CrossValidatedLwlrap)), ("test lwlrap", Text(member.TestLwlrap))],
                    [("test predictions", member.TestPredictions), ("holdout predictions", member.HoldoutPredictions)]));
            }
        }
        AddEnd(members);
    }

    private void AddEnd(List<string> members)
    {
        var ensembles = new List<string>();
        foreach (var ensemble in _state.Ensembles)
        {
            ensembles.Add(Add($"{Experiment}/ensembles/{ensemble.Name}", "ensemble",
                [.. ensemble.Members.Select(member => $"{Experiment}/members/{member}").Where(members.Contains)],
                [("method", ensemble.Method), ("weights", string.Join(' ', ensemble.Weights.Select(weight => Text(weight)))),
                    ("cross-validated lwlrap", Text(ensemble.CrossValidatedLwlrap)), ("test lwlrap", Text(ensemble.TestLwlrap))],
                [("test predictions", ensemble.TestPredictions)]));
        }
        if (_state.Submission is { } submission)
        {
            Add($"{Experiment}/submission", "submission", [.. ensembles.Take(1)], [], [("submission", submission)]);
        }
        if (_state.Report is { } report)
        {
            var rounds = _nodes.Values.Where(node => node.Kind is "round" or "rest").Select(node => node.Id);
            Add($"{Experiment}/report", "report", [.. rounds, .. members, .. ensembles], [], [("report", report), ("timings", _state.Timings)]);
        }
    }

    private async Task AddAsync(CurriculumState curriculum, CancellationToken cancellationToken)
    {
        var name = curriculum.Request!.Curriculum;
        foreach (var round in curriculum.Rounds.Where(round => round.Record.Step is "done" or "diverged"))
        {
            var of = new List<string> { FoldsId };
            foreach (var fold in round.Folds)
            {
                of.Add(await AddAsync(fold, cancellationToken));
            }
            var record = round.Record;
            Add($"{Experiment}/{name}@{Text(record.Round)}", "round", [.. of],
                [("step", record.Step), ("k", Text(record.K)), ("promoted", Text(record.Promoted)), ("scorer trained on", record.ScorerSelection),
                    ("agreement at the cut", Text(record.AgreementAtCut)),
                    ("decisions by hand", record.Decisions.Length == 0 ? null : Text(record.Decisions.Length))],
                [("selection", record.Selection)]);
        }
        if (curriculum.Rest is { Record: { Step: "done" } rest } known)
        {
            var of = new List<string> { FoldsId };
            foreach (var fold in known.Folds)
            {
                of.Add(await AddAsync(fold, cancellationToken));
            }
            of.AddRange(curriculum.Rounds.Where(round => round.Record.Step == "done").TakeLast(1)
                .Select(round => $"{Experiment}/{name}@{Text(round.Record.Round)}"));
            Add($"{Experiment}/{name}@relabelled", "rest", [.. of],
                [("how", rest.Rest), ("kept", Text(rest.Kept)), ("relabelled", Text(rest.Relabelled)), ("threshold", Text(rest.Threshold))],
                [("selection", rest.Selection)]);
        }
    }

    /// <summary>Adds a fold with its jobs; gives its id.</summary>
    private async Task<string> AddAsync(FoldRecord fold, CancellationToken cancellationToken)
    {
        var id = GrainKeys.Fold(Experiment, fold.Owner, fold.Selection, fold.Fold);
        if (_nodes.ContainsKey(id))
        {
            return id;
        }
        var selection = Selection.TryParse(fold.Selection, out var parsed) && parsed.Curriculum is not null
            ? $"{Experiment}/{fold.Selection}"
            : null;
        string[] clips = selection is not null && _nodes.ContainsKey(selection) ? [FoldsId, selection] : [FoldsId];
        var before = clips;
        foreach (var job in fold.ContinuedJobs.Append(fold.TrainingJob).OfType<string>())
        {
            await AddJobAsync(job, before, cancellationToken);
            before = [job];
        }
        var of = new List<string>(before);
        foreach (var job in new[] { fold.NoisyJob, fold.TestJob }.OfType<string>())
        {
            await AddJobAsync(job, [.. before, FoldsId], cancellationToken);
            of.Add(job);
        }
        return Add(id, "fold", [.. of],
            [("clips trained on", Text(fold.TrainClips)), ("clips validated on", Text(fold.ValidationClips)), ("lwlrap", Text(fold.Lwlrap))], []);
    }

    private async Task AddJobAsync(string job, string[] from, CancellationToken cancellationToken)
    {
        if (_nodes.ContainsKey(job) || await _grains.JobAsync(job, cancellationToken) is not { Request: { } request } state)
        {
            // Two parts of an experiment that ask for the same have one job.
            _nodes.TryAdd(job, new LineageNode { Id = job, Kind = "job", From = from });
            return;
        }
        var result = state.Result is null ? null : JsonSerializer.Deserialize(state.Result, RecipeJson.Default.JobResult);
        var document = JobDocument.Parse(
            Encoding.UTF8.GetString(await _store.Artifacts.ReadAsync(request.Document, cancellationToken)), job);
        Add(job, "job", from,
            [("what", request.What), ("code version", document.CodeVersion), ("dataset version", document.Dataset.Version),
                ("device", document.Device), ("threads", Text(document.Threads)), ("model", Json(document.Model)),
                ("seed", document.Train?.Seed.ToString(CultureInfo.InvariantCulture)),
                ("settings", document.Train is null ? null : Json(document.Train.Settings)), ("lwlrap", Text(result?.Lwlrap))],
            [("document", request.Document), ("clips trained on", document.Train?.TrainClips),
                ("clips validated on", document.Train?.ValidationClips), ("weights", result?.Weights), ("predictions", result?.Predictions),
                ("honest predictions", result?.HonestPredictions), ("learning curve", result?.Curve), ("checkpoint", result?.Checkpoint)]);
    }

    private string Add(
        string id, string kind, string[] from, (string Name, string? Value)[] facts, (string Name, string? Address)[] artifacts)
    {
        var node = new LineageNode { Id = id, Kind = kind, From = from };
        foreach (var (name, value) in facts.Where(fact => fact.Value is { Length: > 0 }))
        {
            node.Facts[name] = value!;
        }
        foreach (var (name, address) in artifacts.Where(artifact => artifact.Address is { Length: > 0 }))
        {
            node.Artifacts[name] = address!;
        }
        _nodes[id] = node;
        return id;
    }

    private static string Json<T>(T settings) => JsonSerializer.Serialize(settings, Recipe.RecipeJson.Default.Options);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string? Text(double? number) => number?.ToString("R", CultureInfo.InvariantCulture);
}
