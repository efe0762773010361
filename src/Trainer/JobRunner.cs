using System.Globalization;
using System.Text;
using OrleansTagging.Audio;
using OrleansTagging.Labels;
using OrleansTagging.Learning;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTagging.Trainer;

/// <summary>Runs one job: fetches what it reads, trains or predicts, and stores what it leaves behind.</summary>
internal sealed class JobRunner(Store store, CheckpointPace pace, MessageWriter messages)
{
    private readonly IArtifactStore _artifacts = store.Artifacts;

    /// <summary>Runs the job.</summary>
    /// <exception cref="InputException">The job names something unknown, or what it reads is missing or does not fit together.</exception>
    public async Task<JobResult> RunAsync(JobDocument job, CancellationToken stop)
    {
        if (job.CodeVersion != CodeVersion.Learning)
        {
            throw new InputException($"The job is for version {job.CodeVersion} of Learning; this Trainer has version {CodeVersion.Learning}.");
        }
        messages.Progress(new TrainerMessage { Kind = "progress", Epochs = job.Train?.Settings.Epochs ?? 0 });
        using var dataset = await OpenDatasetAsync(job.Dataset, stop);
        var device = Prepare(job);
        return job.Train is not null
            ? await TrainAsync(job, job.Train, dataset, device, stop)
            : await PredictAsync(job, job.Predict!, dataset, device, stop);
    }

    private async Task<JobResult> TrainAsync(JobDocument job, TrainingTask task, PackedDataset dataset, Device device, CancellationToken stop)
    {
        var train = await ReadClipsAsync(task.TrainClips, dataset, stop);
        var validation = await ReadClipsAsync(task.ValidationClips, dataset, stop);
        var order = new TrainingOrder
        {
            Model = job.Model,
            Settings = task.Settings,
            Seed = task.Seed,
            Job = job.Id,
            Classes = dataset.Classes.Count,
            Continues = task.Continues is null ? null : await _artifacts.ReadAsync(Checked(task.Continues), stop),
        };
        var outcome = await ResumeAsync(order, new PackedWaveforms(dataset), train, validation, device, Report, stop);
        using var network = outcome.Network;
        return new JobResult
        {
            Weights = await _artifacts.WriteAsync(file => Save(network, file), "dat", stop),
            Predictions = await StorePredictionsAsync(outcome.Predictions, dataset.Classes.Count, stop),
            HonestPredictions = outcome.Best is { } best
                ? await StorePredictionsAsync(best.HonestPredictions, dataset.Classes.Count, stop)
                : null,
            Curve = await _artifacts.PutAsync(Curve(outcome.Curve), "csv", stop),
            Checkpoint = await _artifacts.PutAsync(outcome.Checkpoint, "zip", stop),
            BestEpoch = outcome.Best?.Epoch,
            Lwlrap = outcome.Lwlrap,
            HonestLwlrap = outcome.Best?.HonestLwlrap(),
            Loss = outcome.Curve[^1].Loss,
        };

        void Report(TrainingProgress progress) => messages.Progress(new TrainerMessage
        {
            Kind = "progress",
            Epoch = progress.Epoch,
            Epochs = task.Settings.Epochs,
            Step = progress.Step,
            Steps = progress.Steps,
            Loss = progress.Loss,
            Lwlrap = progress.Lwlrap,
        });
    }

    // From the newest checkpoint that an earlier process left of this job, otherwise from the beginning.
    private async Task<TrainingOutcome> ResumeAsync(
        TrainingOrder order, IWaveforms waveforms, List<LabelledExample> train, List<LabelledExample> validation, Device device,
        Action<TrainingProgress> report, CancellationToken stop)
    {
        var checkpoints = new JobCheckpoints(store.Checkpoints, order.Job, pace);
        try
        {
            await foreach (var checkpoint in checkpoints.ReadAsync())
            {
                try
                {
                    return TrainingLoop.Run(
                        order with { Resumes = checkpoint }, waveforms, train, validation, device, report, checkpoints, stop);
                }
                catch (InvalidDataException fault) when (!checkpoints.Saved)
                {
                    JobCheckpoints.Say($"The checkpoint is not used: {fault.Message}");
                }
            }
            return TrainingLoop.Run(order, waveforms, train, validation, device, report, checkpoints, stop);
        }
        finally
        {
            await checkpoints.FlushAsync();
        }
    }

    private async Task<JobResult> PredictAsync(
        JobDocument job, PredictionTask task, PackedDataset dataset, Device device, CancellationToken stop)
    {
        var clips = (await ReadClipsAsync(task.Clips, dataset, stop)).ConvertAll(example => example.Clip);
        var weights = await FetchAsync(task.Weights, stop);
        using var network = TaggingNetwork.Of(job.Model, dataset.Classes.Count, new WeightDraw(0));
        try
        {
            network.load(weights);
        }
        catch (Exception fault) when (fault is ArgumentException or FormatException or EndOfStreamException or KeyNotFoundException)
        {
            throw new InputException($"{task.Weights}: not the weights of this network ({fault.Message.ReplaceLineEndings(" ")}).", fault);
        }
        network.to(device);
        using var spectrogram = new LogSpectrogram(FeatureDescriptor.Parse(job.Model.Features), dataset.Rate, device);
        var predictions = Prediction.Of(network, spectrogram, new PackedWaveforms(dataset), clips, device, Report, stop);
        return new JobResult { Predictions = await StorePredictionsAsync(predictions, dataset.Classes.Count, stop) };

        void Report(int done, int batches) => messages.Progress(new TrainerMessage { Kind = "progress", Step = done, Steps = batches });
    }

    private async Task<PackedDataset> OpenDatasetAsync(DatasetReference reference, CancellationToken stop)
    {
        var dataset = PackedDataset.Open(
            await FetchAsync(reference.Audio, stop), await FetchAsync(reference.Clips, stop), await FetchAsync(reference.Facts, stop));
        if (dataset.Version != reference.Version)
        {
            dataset.Dispose();
            throw new InputException($"The job is for version {reference.Version} of the dataset, but its artifacts are version {dataset.Version}.");
        }
        return dataset;
    }

    private async Task<List<LabelledExample>> ReadClipsAsync(string address, PackedDataset dataset, CancellationToken stop)
    {
        var table = LabelTable.Read(await FetchAsync(address, stop), dataset.Classes);
        return [.. table.Clips.Select(clip => new LabelledExample(dataset.Clip(clip.FileName).Index, clip.Labels))];
    }

    private Task<string> FetchAsync(string address, CancellationToken stop) => _artifacts.GetLocalPathAsync(Checked(address), stop);

    private static string Checked(string address) =>
        ArtifactAddress.IsValid(address) ? address : throw new InputException($"'{address}' is no address of an artifact.");

    private static void Save(TaggingNetwork network, Stream file)
    {
        // The network's own writer would close the stream.
        using var writer = new BinaryWriter(file, Encoding.UTF8, leaveOpen: true);
        network.save(writer);
    }

    private Task<string> StorePredictionsAsync(float[] predictions, int classes, CancellationToken stop) =>
        _artifacts.WriteAsync(file => NpyFile.Write<float>(file, [predictions.Length / classes, classes], predictions), "npy", stop);

    private static byte[] Curve(IReadOnlyList<CurvePoint> curve)
    {
        var text = new StringBuilder("epoch,learning_rate,loss,lwlrap\n");
        foreach (var point in curve)
        {
            text.Append(CultureInfo.InvariantCulture, $"{point.Epoch},{point.LearningRate:R},{point.Loss:R},{point.Lwlrap:R}\n");
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    // The job's device and threads; the threads are a part of what determines its result.
    private static Device Prepare(JobDocument job)
    {
        set_num_threads(job.Threads);
        switch (job.Device)
        {
            case "cpu":
                return CPU;
            case "cuda":
                return cuda.is_available()
                    ? new Device("cuda")
                    : throw new InvalidOperationException("The job needs CUDA, which this machine or this build of libtorch lacks.");
            default:
                throw new InputException($"'{job.Device}' names no device; write cpu or cuda.");
        }
    }
}
