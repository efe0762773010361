using System.Globalization;
using System.Text.Json;
using OrleansTagging.Abstractions;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains.Planning;

/// <summary>
/// Finds out what a run of an experiment's file would do on a store. It reads artifacts and the states of grains, wakes none, starts
/// nothing and writes nothing.
/// </summary>
public sealed class ExperimentPlanner
{
    private const string Train = "train";
    private const string TrainOn = "train on";
    private const string PredictNoisy = "predict noisy";
    private const string PredictTest = "predict test";
    // Enough to know the pace of each kind of job; a store may have many thousands.
    private const int MostTimed = 400;

    private readonly StoredGrains _grains;
    private readonly PlannedArtifacts _artifacts;
    private readonly ExperimentFile _file;
    private readonly DatasetRecord _dataset;
    private readonly FoldsAnswer _folds;
    private readonly List<ListedClip> _clips;
    private readonly Dictionary<string, double> _seconds;
    // Seconds of each clip of a subset.
    private readonly double[] _curated;
    private readonly double[] _noisy;
    private readonly double[] _test;
    private readonly JobPace _pace = new();
    private readonly List<PlannedPart> _parts = [];
    private readonly Dictionary<string, Clips> _selections = new(StringComparer.Ordinal)
    {
        [Selection.Curated.ToString()] = new Clips(null, 0, "other_folds"),
    };

    private readonly Dictionary<string, FoldLists[]> _lists = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double[]> _listSeconds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JobResult?> _results = new(StringComparer.Ordinal);
    private readonly OrderedDictionary<string, PlannedJob> _jobs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JobDocument> _documents = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _sources = new(StringComparer.Ordinal);

    private ExperimentPlanner(
        StoredGrains grains, PlannedArtifacts artifacts, ExperimentFile file, DatasetRecord dataset, FoldsAnswer folds,
        List<ListedClip> clips, IReadOnlyList<ClipDuration> durations)
    {
        (_grains, _artifacts, _file, _dataset, _folds, _clips) = (grains, artifacts, file, dataset, folds, clips);
        _seconds = durations.ToDictionary(clip => clip.Fname, clip => clip.Seconds, StringComparer.Ordinal);
        double[] Of(string subset) => [.. durations.Where(clip => clip.Subset == subset).Select(clip => clip.Seconds)];
        (_curated, _noisy, _test) = (Of("curated"), Of("noisy"), Of("test"));
    }

    private bool ScorersPredictTest => _test.Length > 0 && _dataset.Truth is not null;

    /// <summary>Makes the plan of a file.</summary>
    /// <exception cref="InputException">The dataset was never imported, or cannot give what the file asks for.</exception>
    public static async Task<ExperimentPlan> PlanAsync(
        Store store, ExperimentFile file, string fileName, CancellationToken cancellationToken) =>
        (await MakeAsync(store, file, fileName, cancellationToken)).Plan;

    /// <summary>Says which inputs set a job apart from the nearest one that the store has.</summary>
    /// <param name="store">The store.</param>
    /// <param name="file">The file whose plan has the job; <c>null</c> for a job that the store has.</param>
    /// <param name="fileName">Name of the file.</param>
    /// <param name="job">Id of the job, or how it begins.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="InputException">No job, or more than one, is meant.</exception>
    public static async Task<JobExplanation> ExplainAsync(
        Store store, ExperimentFile? file, string fileName, string job, CancellationToken cancellationToken)
    {
        var artifacts = new PlannedArtifacts(store.Artifacts);
        var known = new Dictionary<string, JobDocument>(StringComparer.Ordinal);
        if (file is not null)
        {
            var (plan, documents, planned) = await MakeAsync(store, file, fileName, cancellationToken);
            (artifacts, known) = (planned, documents);
        }
        var stored = await new StoredGrains(store).JobsAsync(int.MaxValue, cancellationToken);
        var all = known.Select(entry => (Job: entry.Key, Document: entry.Value))
            .Concat(stored.Select(entry => (entry.Job, entry.Document))).DistinctBy(entry => entry.Job).ToArray();
        var meant = all.Where(entry => entry.Job.StartsWith(job, StringComparison.Ordinal)).ToArray();
        return meant.Length switch
        {
            1 => await JobExplanation.OfAsync(artifacts, meant[0].Job, meant[0].Document, stored),
            0 => throw new InputException(file is null
                ? $"The store {store.Location} has no job '{job}'; name the experiment file whose plan has it, too."
                : $"{fileName}: no job of its plan is '{job}'; tagging plan {fileName} lists them."),
            _ => throw new InputException($"'{job}' is the beginning of {meant.Length} jobs; give more of it."),
        };
    }

    private static async Task<(ExperimentPlan Plan, Dictionary<string, JobDocument> Documents, PlannedArtifacts Artifacts)> MakeAsync(
        Store store, ExperimentFile file, string fileName, CancellationToken cancellationToken)
    {
        var grains = new StoredGrains(store);
        var artifacts = new PlannedArtifacts(store.Artifacts);
        if (await grains.DatasetAsync(file.Dataset, cancellationToken) is not { Record: { } dataset } stored)
        {
            throw new InputException($"{fileName}: there is no dataset '{file.Dataset}' in the store {store.Location}; "
                + $"import it first with 'dataset import DIR --name {file.Dataset}'.");
        }
        if (ExperimentGrain.Misfit(file, dataset) is { } misfit)
        {
            throw new InputException($"{fileName}: {misfit}");
        }
        var folds = stored.Folds.TryGetValue(DatasetGrain.FoldsKey(dataset, file.Folds, file.Seed, file.Holdout), out var known)
            ? known
            : await DatasetGrain.AssignAsync(artifacts, dataset, file.Folds, file.Seed, file.Holdout);
        var planner = new ExperimentPlanner(
            grains, artifacts, file, dataset, folds, await ClipList.ReadAsync(artifacts, folds.Assignments),
            await ClipList.ReadDurationsAsync(artifacts, dataset.Clips, dataset.Rate));
        return (await planner.PlanAsync(cancellationToken), planner._documents, artifacts);
    }

    private async Task<ExperimentPlan> PlanAsync(CancellationToken cancellationToken)
    {
        await LearnPaceAsync(cancellationToken);
        var curricula = await _grains.CurriculaAsync(cancellationToken);
        foreach (var (name, curriculum) in _file.Curricula)
        {
            // What was decided by hand in one curriculum is no business of another.
            var known = curricula.FindAll(state => IsThis(state, name) || state.Rounds.TrueForAll(round => round.Record.Decisions.Length == 0));
            await PlanRoundsAsync(name, curriculum, curricula.Find(state => IsThis(state, name)) is { Decisions.Length: > 0 } own ? [own] : known,
                cancellationToken);
        }
        foreach (var (name, member) in _file.Members)
        {
            await PlanPartAsync(name, member.Trained, member.Selection, noisy: false, _folds.JudgedClips > 0, cancellationToken);
        }
        return new ExperimentPlan
        {
            Experiment = _file.Name,
            Dataset = _dataset.Name,
            DatasetVersion = _dataset.Version,
            Parts = [.. _parts],
            Jobs = [.. _jobs.Values],
            Time = TimeOf(),
        };
    }

    private bool IsThis(CurriculumState state, string curriculum) =>
        state.Request is { } request && request.Context.Experiment == _file.Name && request.Curriculum == curriculum;

    /// <summary>The rounds of a curriculum, as far as their clips are known; the others by count.</summary>
    private async Task PlanRoundsAsync(
        string name, CurriculumSettings settings, List<CurriculumState> known, CancellationToken cancellationToken)
    {
        var good = Selection.Curated.ToString();
        var determined = new List<string>();
        for (var round = 1; round <= settings.RoundCount; round++)
        {
            var promotes = new Selection(name, round).ToString();
            await PlanPartAsync(promotes, settings.Trained, good, noisy: true, ScorersPredictTest, cancellationToken);
            determined.Add(CurriculumGrain.Determined(settings, _folds, _dataset.Version, round));
            var ended = known.SelectMany(state => state.Rounds)
                .FirstOrDefault(ended => ended.Determined == determined[^1] && ended.Record.Step is "done" or "diverged")?.Record;
            if (ended is { Step: "diverged" })
            {
                // The rounds ended by themselves; whoever names this one or a later one gets the last good one.
                for (; round <= settings.RoundCount; round++)
                {
                    _selections[new Selection(name, round).ToString()] = _selections[good];
                }
                break;
            }
            _selections[promotes] = new Clips(ended?.Selection, settings.Promotes(round, _noisy.Length), settings.Share);
            good = promotes;
        }
        if (settings.Rest != "drop")
        {
            var rest = new Selection(name, 0, Relabelled: true).ToString();
            await PlanPartAsync(rest, settings.Trained, good, noisy: true, ScorersPredictTest, cancellationToken);
            var fingerprint = CurriculumGrain.DeterminedRest(settings, determined);
            var ended = known.Select(state => state.Rest)
                .FirstOrDefault(rest => rest?.Determined == fingerprint && rest.Record.Step == "done");
            _selections[rest] = new Clips(ended?.Record.Selection, _noisy.Length, settings.Share);
        }
    }

    /// <summary>A model's folds on a selection.</summary>
    private async Task PlanPartAsync(
        string name, TrainedModel model, string selection, bool noisy, bool judged, CancellationToken cancellationToken)
    {
        var clips = _selections[selection];
        var jobs = new List<(PlannedJob Job, bool Shared)>();
        for (var fold = 0; fold < _file.Folds; fold++)
        {
            var lists = clips.IsKnown ? (await ListsAsync(clips))[fold] : null;
            var (train, validation) = lists is null
                ? (Mean(clips.Promoted), [])
                : (await SecondsAsync(lists.Train), await SecondsAsync(lists.Validation));
            var training = lists is null ? null : JobDocuments.Training(model, _dataset, fold, lists.Train, lists.Validation);
            var key = training?.Id ?? Fingerprint.Of(model with { Training = model.Training with { MoreEpochs = [] } }, selection, fold);
            var result = await PlanTrainingAsync(Train, model.Training.Epochs);
            foreach (var epochs in model.Training.MoreEpochs)
            {
                training = result?.Checkpoint is { } checkpoint ? JobDocuments.Continuation(training!, checkpoint, epochs) : null;
                key = training?.Id ?? string.Create(CultureInfo.InvariantCulture, $"{key} and {epochs}");
                result = await PlanTrainingAsync(TrainOn, epochs);
            }
            if (noisy && _noisy.Length > 0)
            {
                await PlanPredictionAsync(PredictNoisy, _folds.Noisy);
            }
            if (judged)
            {
                await PlanPredictionAsync(PredictTest, _folds.Judged);
            }

            async Task<JobResult?> PlanTrainingAsync(string kind, int epochs)
            {
                var found = training is null ? null : await ResultAsync(training, cancellationToken);
                var settings = model.Training with { Epochs = epochs, MoreEpochs = [] };
                Plan(key, training, kind, fold, train.Length, found is not null,
                    JobWork.Training(model.Settings, settings, _dataset.Rate, train, validation));
                return found;
            }

            async Task PlanPredictionAsync(string kind, string list)
            {
                var seconds = await SecondsAsync(list);
                var prediction = result?.Weights is { } weights ? JobDocuments.Prediction(model, _dataset, weights, list) : null;
                var done = prediction is not null && await ResultAsync(prediction, cancellationToken) is not null;
                Plan(prediction?.Id ?? $"{key} {kind}", prediction, kind, fold, seconds.Length, done,
                    JobWork.Prediction(model.Settings, _dataset.Rate, seconds));
            }

            void Plan(string at, JobDocument? document, string kind, int ofFold, int count, bool done, double work)
            {
                var shared = _jobs.TryGetValue(at, out var job);
                if (!shared)
                {
                    var like = document ?? Like(model, kind, ofFold);
                    var (seconds, source) = _pace.Estimate(like, work);
                    job = new PlannedJob
                    {
                        Job = document?.Id,
                        Part = name,
                        Kind = kind,
                        Fold = ofFold,
                        State = done ? PlannedState.Done : document is null ? PlannedState.Later : PlannedState.New,
                        Clips = count,
                        Device = like.Device,
                        Threads = like.Threads,
                        Seconds = done ? 0 : seconds,
                    };
                    _jobs.Add(at, job);
                    if (document is not null)
                    {
                        _documents[document.Id] = document;
                    }
                    if (!done)
                    {
                        _sources[source] = _sources.GetValueOrDefault(source) + 1;
                    }
                }
                jobs.Add((job!, shared));
            }
        }
        _parts.Add(new PlannedPart
        {
            Name = name,
            Model = model.Model,
            Selection = selection,
            Clips = (int)jobs.Where(job => job.Job.Kind == Train).Average(job => job.Job.Clips),
            Trainings = jobs.Count(job => job.Job.Kind is Train or TrainOn),
            TrainingsDone = jobs.Count(job => job.Job is { Kind: Train or TrainOn, State: PlannedState.Done }),
            Predictions = jobs.Count(job => job.Job.Kind is PredictNoisy or PredictTest),
            PredictionsDone = jobs.Count(job => job.Job is { Kind: PredictNoisy or PredictTest, State: PlannedState.Done }),
            Shared = jobs.Count(job => job.Shared),
            Seconds = jobs.Where(job => !job.Shared).Sum(job => job.Job.Seconds),
        });
    }

    // For the pace of a job whose lists are not known yet, nothing but the model and the device counts.
    private JobDocument Like(TrainedModel model, string kind, int fold) => kind is Train or TrainOn
        ? JobDocuments.Training(model, _dataset, fold, "", "")
        : JobDocuments.Prediction(model, _dataset, "", "");

    // Lengths of the clips of a training whose clips are not known yet.
    private double[] Mean(int promoted)
    {
        var share = (_file.Folds - 1.0) / _file.Folds;
        return
        [
            .. Enumerable.Repeat(_curated.DefaultIfEmpty().Average(), (int)(share * _curated.Length)),
            .. Enumerable.Repeat(_noisy.DefaultIfEmpty().Average(), (int)(share * promoted)),
        ];
    }

    private async Task<FoldLists[]> ListsAsync(Clips clips)
    {
        var key = $"{clips.Address} {clips.Share}";
        if (!_lists.TryGetValue(key, out var lists))
        {
            var promoted = clips.Address is null ? [] : await ClipList.ReadAsync(_artifacts, clips.Address);
            lists = new FoldLists[_file.Folds];
            for (var fold = 0; fold < lists.Length; fold++)
            {
                lists[fold] = await FoldLists.WriteAsync(_artifacts, _clips, promoted, fold, clips.Share);
            }
            _lists.Add(key, lists);
        }
        return lists;
    }

    private async Task<double[]> SecondsAsync(string list)
    {
        if (!_listSeconds.TryGetValue(list, out var seconds))
        {
            seconds = [.. (await ClipList.ReadAsync(_artifacts, list)).Select(clip => _seconds.GetValueOrDefault(clip.Fname))];
            _listSeconds.Add(list, seconds);
        }
        return seconds;
    }

    private async Task<JobResult?> ResultAsync(JobDocument document, CancellationToken cancellationToken)
    {
        if (!_results.TryGetValue(document.Id, out var result))
        {
            result = await _grains.JobAsync(document.Id, cancellationToken) is { Result: { } json }
                ? JsonSerializer.Deserialize(json, RecipeJson.Default.JobResult)
                : null;
            _results.Add(document.Id, result);
        }
        return result;
    }

    /// <summary>Learns the pace from jobs on this dataset that the store has.</summary>
    private async Task LearnPaceAsync(CancellationToken cancellationToken)
    {
        foreach (var (_, state, document) in await _grains.JobsAsync(MostTimed, cancellationToken))
        {
            if (state is not { Result: not null, Seconds: { } seconds } || document.Dataset.Version != _dataset.Version)
            {
                continue;
            }
            try
            {
                var work = document.Train is { } train
                    ? JobWork.Training(document.Model, train.Settings, _dataset.Rate, await SecondsAsync(train.TrainClips),
                        await SecondsAsync(train.ValidationClips))
                    : JobWork.Prediction(document.Model, _dataset.Rate, await SecondsAsync(document.Predict!.Clips));
                _pace.Add(document, work, seconds);
            }
            catch (Exception fault) when (fault is ArtifactMissingException or InputException)
            {
                // Its lists were cleared away since; others tell the pace.
                continue;
            }
        }
    }

    private PlannedTime TimeOf()
    {
        var open = _jobs.Values.Where(job => job.State != PlannedState.Done).ToArray();
        var threads = open.Where(job => job.Device == "cpu").Select(job => job.Threads).DefaultIfEmpty(0).Max();
        var atATime = threads == 0 ? 1 : Math.Max(1, Environment.ProcessorCount / threads);
        // A GPU takes one job at a time, whatever the CPU does beside it.
        var cpu = open.Where(job => job.Device == "cpu").Sum(job => job.Seconds) / atATime;
        var cuda = open.Where(job => job.Device != "cpu").Sum(job => job.Seconds);
        return new PlannedTime
        {
            DeviceSeconds = open.Sum(job => job.Seconds),
            AtATime = atATime,
            Seconds = Math.Max(cpu, cuda),
            Cuda = cuda > 0,
            Source = _sources.Count == 0
                ? "there is nothing to run"
                : _sources.OrderByDescending(source => source.Value).ThenBy(source => source.Key, StringComparer.Ordinal).First().Key,
        };
    }

    /// <summary>The noisy clips of a selection: their list where it is known, their number at any rate.</summary>
    private sealed record Clips(string? Address, int Promoted, string Share)
    {
        public bool IsKnown => Address is not null || Promoted == 0;
    }
}
