using Microsoft.Extensions.Options;
using OrleansTagging.Abstractions;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>How far a prediction is.</summary>
/// <param name="Done">Models that are through.</param>
/// <param name="Models">Models in all.</param>
/// <param name="Share">Share of the whole work that is done, over [0, 1].</param>
public readonly record struct PredictionProgress(int Done, int Models, double Share);

/// <summary>
/// Predicts loose clips with the models of a finished experiment. Each model is a prediction job of a Trainer, on a store of its own that
/// holds the clips and the weights, so that neither the experiment's store nor a host of it has anything to do with it.
/// </summary>
public sealed class LoosePrediction
{
    private readonly FinishedExperiment _experiment;
    private readonly Store _from;
    private readonly Store _work;
    private readonly TaggingOptions _options;
    private readonly DeviceRecord[] _devices;

    /// <summary>Makes it.</summary>
    /// <param name="experiment">The experiment.</param>
    /// <param name="from">Its store.</param>
    /// <param name="work">An empty store, a folder; whoever made it clears it away.</param>
    /// <param name="options">Where the Trainer is, and what this machine has.</param>
    public LoosePrediction(FinishedExperiment experiment, Store from, Store work, TaggingOptions options)
    {
        options.Store = work.Root;
        (_experiment, _from, _work, _options, _devices) = (experiment, from, work, options, options.Devices());
    }

    /// <summary>The mean over each member's folds, and then of the members as they are blended.</summary>
    /// <param name="clips">The clips.</param>
    /// <param name="members">The members with their weights, which come to 1.</param>
    /// <param name="byRank">Whether the classes' ranks within a clip are blended in place of the probabilities.</param>
    /// <param name="progress">Told now and then.</param>
    /// <param name="cancellationToken">Ends the Trainers.</param>
    /// <returns>Scores [clips, classes], row-major.</returns>
    /// <exception cref="InputException">The store no longer has the weights, or a model cannot take the clips.</exception>
    public async Task<double[]> PredictAsync(
        LooseClips clips, IReadOnlyList<(string Member, double Weight)> members, bool byRank, IProgress<PredictionProgress> progress,
        CancellationToken cancellationToken)
    {
        var dataset = _experiment.Dataset with
        {
            Version = clips.Version,
            Audio = await _work.Artifacts.MoveFileAsync(clips.Audio, "npy", cancellationToken),
            Clips = await _work.Artifacts.MoveFileAsync(clips.Clips, "csv", cancellationToken),
            Facts = await _work.Artifacts.MoveFileAsync(clips.Facts, "json", cancellationToken),
        };
        var list = await ClipList.PutLabelsAsync(_work.Artifacts, clips.Names.Select(name => new ListedClip(name, "test", "", -1)));
        var jobs = new List<(string Member, JobDocument Document)>();
        foreach (var (member, _) in members)
        {
            foreach (var address in await _experiment.WeightsOfAsync(member, cancellationToken))
            {
                var path = await _from.Artifacts.GetLocalPathAsync(address, cancellationToken);
                var weights = await _work.Artifacts.PutFileAsync(path, ArtifactAddress.Extension(address), cancellationToken);
                var model = _experiment.File.Members[member].Trained;
                jobs.Add((member, JobDocuments.Prediction(model, dataset, weights, list) with { Device = AcceleratorFor(model) }));
            }
        }
        var shares = new double[jobs.Count];
        using var trainer = new TrainerProcess(Options.Create(_options));
        using var slots = new SemaphoreSlim(Math.Max(1, Slots(jobs)));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var predicted = await Task.WhenAll(jobs.Select((job, at) => RunAsync(job.Document, at)));
        var classes = _experiment.Classes.Count;
        var ofMembers = members.Select(member =>
        {
            var mean = Blend.Mean([.. predicted.Where((_, at) => jobs[at].Member == member.Member)]);
            return byRank ? ClassRanks.Of(mean, classes) : mean;
        }).ToArray();
        return Blend.Weighted(ofMembers, [.. members.Select(member => member.Weight)]);

        async Task<float[]> RunAsync(JobDocument document, int at)
        {
            await slots.WaitAsync(stop.Token);
            try
            {
                var device = Array.Find(_devices, device => device.Accelerator == document.Device)?.Name ?? document.Device;
                var outcome = await trainer.RunAsync(document, device, message => Tell(at, message), stop.Token);
                stop.Token.ThrowIfCancellationRequested();
                if (outcome.Result is not { } result)
                {
                    // The others' work is of no use any more.
                    await stop.CancelAsync();
                    throw outcome.BadInput
                        ? new InputException(outcome.Error ?? "the Trainer could not use the clips.")
                        : new InvalidOperationException($"A Trainer failed: {outcome.Error}");
                }
                Tell(at, null);
                return await Predictions.ReadAsync(_work.Artifacts, result.Predictions, clips.Names.Count, _experiment.Classes.Count);
            }
            finally
            {
                slots.Release();
            }
        }

        void Tell(int at, TrainerMessage? message)
        {
            lock (shares)
            {
                shares[at] = message is null ? 1 : message.Steps > 0 ? 0.99 * message.Step / message.Steps : shares[at];
                progress.Report(new PredictionProgress(shares.Count(share => share == 1), shares.Length, shares.Average()));
            }
        }
    }

    // What was trained on a GPU may be predicted without one; it takes longer.
    private string AcceleratorFor(TrainedModel model) =>
        Array.Exists(_devices, device => device.Accelerator == model.Training.Device) ? model.Training.Device : "cpu";

    private int Slots(List<(string Member, JobDocument Document)> jobs) =>
        jobs.Exists(job => job.Document.Device != "cpu")
            ? _devices.Where(device => device.Accelerator != "cpu").Sum(device => device.Slots)
            : _options.CpuSlots / jobs.Max(job => job.Document.Threads);
}
