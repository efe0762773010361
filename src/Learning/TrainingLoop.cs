using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTagging.Learning;

/// <summary>What one training needs, beside the clips.</summary>
public sealed record TrainingOrder
{
    /// <summary>The features and the network.</summary>
    public required ModelSettings Model { get; init; }

    /// <summary>How it is trained.</summary>
    public required TrainingSettings Settings { get; init; }

    /// <summary>Seed of the experiment.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The job's id: with the seed it is the key of every random number.</summary>
    public required string Job { get; init; }

    /// <summary>Number of classes.</summary>
    public required int Classes { get; init; }

    /// <summary>The last checkpoint of the training that this one continues; <c>null</c> where it begins with drawn weights.</summary>
    public byte[]? Continues { get; init; }

    /// <summary>A checkpoint of this very training to go on from; <c>null</c> where there is none.</summary>
    public byte[]? Resumes { get; init; }
}

/// <summary>Where a training stands.</summary>
/// <param name="Epoch">The epoch, counted from 1.</param>
/// <param name="Step">Steps of the optimiser done, over all epochs.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Loss">Mean loss of the epoch so far.</param>
/// <param name="Lwlrap">lwlrap on the validation clips when they were last predicted, if ever.</param>
public sealed record TrainingProgress(int Epoch, int Step, int Steps, double Loss, double? Lwlrap);

/// <summary>One row of the learning curve.</summary>
/// <param name="Epoch">The epoch, counted from 1; a training that continues another one counts on.</param>
/// <param name="LearningRate">The learning rate of its last step.</param>
/// <param name="Loss">Mean loss of its steps.</param>
/// <param name="Lwlrap">lwlrap on the validation clips after it; <c>null</c> where it was not measured.</param>
public sealed record CurvePoint(int Epoch, double LearningRate, double Loss, double? Lwlrap);

/// <summary>What a training gives.</summary>
/// <param name="Network">The trained network, of the last epoch or of the best one; the receiver disposes it.</param>
/// <param name="Predictions">Its probabilities of the validation clips, <c>[clips, classes]</c>, in their order.</param>
/// <param name="Curve">The learning curve, a row an epoch.</param>
/// <param name="Lwlrap">lwlrap of the predictions.</param>
/// <param name="Best">How the best epoch was chosen; <c>null</c> where the last one is kept.</param>
/// <param name="Checkpoint">The state after the last epoch, from which another training can continue.</param>
public sealed record TrainingOutcome(
    TaggingNetwork Network, float[] Predictions, IReadOnlyList<CurvePoint> Curve, double Lwlrap, BestEpoch? Best, byte[] Checkpoint);

/// <summary>Where a training leaves its state on the way, for whoever has to go on in its place.</summary>
public interface ICheckpoints
{
    /// <summary>Whether the state is to be saved after the step that was just done; asked once a step.</summary>
    bool Due();

    /// <summary>Saves the state.</summary>
    void Save(TrainingState state);
}

/// <summary>The training of one network on one fold: set up, train, validate.</summary>
/// <remarks>
/// On the CPU the same order, clips and number of threads give the same bytes, whether or not the training was interrupted and went on from
/// a checkpoint: every random number comes from a stream keyed by (seed, job) and by what it is for (epoch, clip, layer), never from a
/// shared one.
/// </remarks>
public static class TrainingLoop
{
    /// <summary>
    /// Times that the validation clips are predicted where the last epoch is kept, evenly spread; every time costs as much as a third of an
    /// epoch.
    /// </summary>
    private const int Validations = 8;

    /// <summary>Trains.</summary>
    /// <param name="order">What is trained and how.</param>
    /// <param name="waveforms">The clips' samples.</param>
    /// <param name="train">The clips to train on.</param>
    /// <param name="validation">The clips to validate on, disjoint from the former.</param>
    /// <param name="device">Where to train.</param>
    /// <param name="progress">Told of every step, and of every batch that is predicted between two epochs; may be <c>null</c>.</param>
    /// <param name="checkpoints">Given the state now and then, and when the training is ended; may be <c>null</c>.</param>
    /// <param name="cancellation">Ends the training between two steps of the optimiser.</param>
    /// <exception cref="InputException">
    /// The settings name something unknown, there is no clip to train or validate on, or the checkpoint to continue does not fit.
    /// </exception>
    /// <exception cref="InvalidDataException">The checkpoint to resume is not of this training.</exception>
    /// <exception cref="InvalidOperationException">The loss is no longer a finite number.</exception>
    public static TrainingOutcome Run(
        TrainingOrder order,
        IWaveforms waveforms,
        IReadOnlyList<LabelledExample> train,
        IReadOnlyList<LabelledExample> validation,
        Device device,
        Action<TrainingProgress>? progress,
        ICheckpoints? checkpoints,
        CancellationToken cancellation)
    {
        // Set up.
        Check(order.Settings, train, validation);
        var settings = order.Settings with { Augmentation = order.Settings.Augmentation.Of(order.Model.Network) };
        var seed = SeededRandom.Of(order.Seed, SeededRandom.Key(order.Job)).NextUInt64();
        var batches = new TrainingBatches(waveforms, train, settings, order.Classes, seed);
        var schedule = LearningRateSchedule.Of(settings, batches.Steps);
        var keepsBest = settings.Keep == "best";
        var stride = keepsBest ? 1 : Math.Max(1, settings.Epochs / Validations);
        using var spectrogram = new LogSpectrogram(FeatureDescriptor.Parse(order.Model.Features), waveforms.Rate, device);
        var network = TaggingNetwork.Of(order.Model, order.Classes, new WeightDraw(seed));
        try
        {
            network.to(device);
            using var optimizer = TrainingOptimizer.Of(settings, network.parameters());
            var validationClips = validation.Select(example => example.Clip).ToArray();
            var validationLabels = validation.Select(example => example.Labels).ToArray();
            var best = keepsBest ? new BestEpoch(validation, order.Classes, order.Seed) : null;
            var state = new TrainingState(order, network, optimizer, best);
            var predictions = Array.Empty<float>();
            if (order.Resumes is not null)
            {
                state.Resume(order.Resumes);
            }
            else if (order.Continues is not null)
            {
                state.Continue(order.Continues);
            }

            var pending = false;
            try
            {
                while (state.Epoch < settings.Epochs)
                {
                    // Train.
                    network.train();
                    var loss = 0.0;
                    foreach (var batch in batches.OfEpoch(state.Epoch, state.Step))
                    {
                        pending = true;
                        loss += batch.Share * Train(batch);
                        if (batch.EndsStep)
                        {
                            pending = false;
                            state.EndStep(loss);
                            loss = 0;
                            Tell();
                            if (checkpoints?.Due() == true)
                            {
                                checkpoints.Save(state);
                            }
                            cancellation.ThrowIfCancellationRequested();
                        }
                    }

                    // Validate.
                    double? lwlrap = null;
                    if ((state.Epoch + 1) % stride == 0 || state.Epoch + 1 == settings.Epochs)
                    {
                        predictions = Prediction.Of(
                            network, spectrogram, waveforms, validationClips, device, (_, _) => Tell(), cancellation);
                        lwlrap = Lwlrap.Of(validationLabels, predictions.AsSpan(), order.Classes).Overall;
                    }
                    state.EndEpoch(schedule.Rate((state.Epoch + 1) * batches.Steps - 1), predictions, lwlrap);
                }
            }
            catch (OperationCanceledException) when (!pending)
            {
                checkpoints?.Save(state);
                throw;
            }

            // Keep.
            var checkpoint = state.Save();
            if (best is not null)
            {
                network.load(new MemoryStream(state.BestWeights));
            }
            network.eval();
            return new TrainingOutcome(
                network, best?.Predictions ?? predictions, state.Curve, best?.Lwlrap ?? state.Lwlrap!.Value, best, checkpoint);

            double Train(TrainingBatch batch)
            {
                using var scope = NewDisposeScope();
                var input = ClipBatch.Of(batch.Waveforms, batch.Crops, spectrogram, device, network.MasksPadding);
                var targets = tensor(batch.Targets, [batch.Crops.Length, order.Classes]).to(device);
                var scores = network.call(input.Features, input.Mask, new KeyedDropout(seed, state.Epoch, batch.Clips));
                var loss = TaggingLoss.Of(settings, scores, targets);
                // Gradients add up until the optimiser steps; weighed so, they are those of one batch of all the step's clips.
                (batch.Share < 1 ? loss * batch.Share : loss).backward();
                if (batch.EndsStep)
                {
                    foreach (var group in optimizer.ParamGroups)
                    {
                        group.LearningRate = schedule.Rate(state.Epoch * batches.Steps + state.Step);
                    }
                    optimizer.step();
                    optimizer.zero_grad();
                }
                var value = loss.item<float>();
                return float.IsFinite(value)
                    ? value
                    : throw new InvalidOperationException($"The loss is {value}: lower the learning rate ({settings.Scheduler}).");
            }

            void Tell() => progress?.Invoke(new TrainingProgress(
                state.Epoch + 1, state.Epoch * batches.Steps + state.Step, settings.Epochs * batches.Steps, state.Loss, state.Lwlrap));
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private static void Check(
        TrainingSettings settings, IReadOnlyList<LabelledExample> train, IReadOnlyList<LabelledExample> validation)
    {
        TaggingLoss.Check(settings);
        if (settings.Keep is not ("last" or "best"))
        {
            throw new InputException($"'{settings.Keep}' names no epoch to keep; write last or best.");
        }
        if (settings.Epochs < 1 || settings.BatchSize < 2 || settings.AccumulationSteps < 1 || !(settings.MaxAudioLength > 0))
        {
            throw new InputException(
                "A training needs at least one epoch, two clips a batch, one batch a step and stretches longer than 0 s.");
        }
        if (train.Count < 2 || validation.Count == 0)
        {
            throw new InputException(
                $"A training needs two clips to train on and one to validate on; it has {train.Count} and {validation.Count}.");
        }
    }
}
