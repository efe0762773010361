using System.Diagnostics;
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
}

/// <summary>Where a training stands.</summary>
/// <param name="Epoch">The epoch, counted from 1.</param>
/// <param name="Step">Steps done, over all epochs.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Loss">Mean loss of the epoch so far.</param>
/// <param name="Lwlrap">lwlrap on the validation clips when they were last predicted, if ever.</param>
public sealed record TrainingProgress(int Epoch, int Step, int Steps, double Loss, double? Lwlrap);

/// <summary>One row of the learning curve.</summary>
/// <param name="Epoch">The epoch, counted from 1.</param>
/// <param name="LearningRate">The learning rate of its last step.</param>
/// <param name="Loss">Mean loss of its steps.</param>
/// <param name="Lwlrap">lwlrap on the validation clips after it; <c>null</c> where it was not measured.</param>
public sealed record CurvePoint(int Epoch, double LearningRate, double Loss, double? Lwlrap);

/// <summary>What a training gives.</summary>
/// <param name="Network">The trained network; the receiver disposes it.</param>
/// <param name="Predictions">Probabilities of the validation clips, <c>[clips, classes]</c>, in their order.</param>
/// <param name="Curve">The learning curve, a row an epoch.</param>
/// <param name="Lwlrap">lwlrap on the validation clips.</param>
public sealed record TrainingOutcome(TaggingNetwork Network, float[] Predictions, IReadOnlyList<CurvePoint> Curve, double Lwlrap);

/// <summary>The training of one network on one fold: set up, train, validate.</summary>
/// <remarks>
/// On the CPU the same order, clips and number of threads give the same bytes: every random number comes from a stream keyed by
/// (seed, job) and by what it is for (epoch, clip, layer), never from a shared one.
/// </remarks>
public static class TrainingLoop
{
    /// <summary>Times that the validation clips are predicted in a training, evenly spread; every time costs as much as a third of an epoch.</summary>
    private const int Validations = 8;

    /// <summary>Trains.</summary>
    /// <param name="order">What is trained and how.</param>
    /// <param name="waveforms">The clips' samples.</param>
    /// <param name="train">The clips to train on.</param>
    /// <param name="validation">The clips to validate on, disjoint from the former.</param>
    /// <param name="device">Where to train.</param>
    /// <param name="progress">Told of every step, and of every batch that is predicted between two epochs; may be <c>null</c>.</param>
    /// <param name="cancellation">Ends the training between two steps.</param>
    /// <exception cref="InputException">The settings name something unknown, or there is no clip to train or validate on.</exception>
    /// <exception cref="InvalidOperationException">The loss is no longer a finite number.</exception>
    public static TrainingOutcome Run(
        TrainingOrder order,
        IWaveforms waveforms,
        IReadOnlyList<LabelledExample> train,
        IReadOnlyList<LabelledExample> validation,
        Device device,
        Action<TrainingProgress>? progress,
        CancellationToken cancellation)
    {
        // Set up.
        Check(order.Settings, train, validation);
        var settings = order.Settings;
        var seed = SeededRandom.Of(order.Seed, SeededRandom.Key(order.Job)).NextUInt64();
        var schedule = new OneCycleSchedule(
            ScheduleDescriptor.Parse(settings.Schedule), settings.Epochs * BatchPlan.Steps(train.Count, settings.BatchSize));
        using var spectrogram = new LogMelSpectrogram(FeatureDescriptor.Parse(order.Model.Features), waveforms.Rate, device);
        var network = new TaggingNetwork(order.Model.Network, order.Classes, new WeightDraw(seed));
        try
        {
            network.to(device);
            using var optimizer = optim.Adam(network.parameters(), weight_decay: settings.WeightDecay, amsgrad: true);
            var longest = Math.Max(1, (int)(settings.MaxSeconds * waveforms.Rate));
            var validationClips = validation.Select(example => example.Clip).ToArray();
            var validationLabels = validation.Select(example => example.Labels).ToArray();
            var steps = BatchPlan.Steps(train.Count, settings.BatchSize);
            var stride = Math.Max(1, settings.Epochs / Validations);
            var curve = new List<CurvePoint>();
            var predictions = Array.Empty<float>();
            double? lwlrap = null;

            for (var epoch = 0; epoch < settings.Epochs; epoch++)
            {
                // Train.
                network.train();
                var crops = train
                    .Select(example => ClipCrop.Sampled(example.Clip, waveforms.Length(example.Clip), longest, seed, epoch))
                    .ToArray();
                var batches = BatchPlan.ForTraining(Array.ConvertAll(crops, crop => crop.Length), settings.BatchSize, seed, epoch);
                var (losses, rate) = (0.0, 0.0);
                for (var step = 0; step < batches.Count; step++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    rate = schedule.Rate(epoch * steps + step);
                    losses += Step(network, optimizer, rate, Batch(batches[step]));
                    Tell(step + 1);
                }

                // Validate.
                var measured = (epoch + 1) % stride == 0 || epoch + 1 == settings.Epochs;
                if (measured)
                {
                    predictions = Prediction.Of(network, spectrogram, waveforms, validationClips, device, (_, _) => Tell(batches.Count), cancellation);
                    lwlrap = Lwlrap.Of(validationLabels, predictions.AsSpan(), order.Classes).Overall;
                }
                curve.Add(new CurvePoint(epoch + 1, rate, losses / batches.Count, measured ? lwlrap : null));

                void Tell(int done) => progress?.Invoke(
                    new TrainingProgress(epoch + 1, epoch * steps + done, settings.Epochs * steps, losses / done, lwlrap));

                TrainingBatch Batch(int[] positions) => new(
                    Array.ConvertAll(positions, position => train[position]),
                    Array.ConvertAll(positions, position => crops[position]),
                    new KeyedDropout(seed, epoch, Array.ConvertAll(positions, position => train[position].Clip)));
            }
            network.eval();
            return new TrainingOutcome(network, predictions, curve, lwlrap ?? throw new UnreachableException());
        }
        catch
        {
            network.Dispose();
            throw;
        }

        double Step(TaggingNetwork trained, optim.Optimizer optimizer, double rate, TrainingBatch batch)
        {
            using var scope = NewDisposeScope();
            foreach (var group in optimizer.ParamGroups)
            {
                group.LearningRate = rate;
            }
            var input = ClipBatch.Of(waveforms, batch.Crops, spectrogram, device);
            var targets = LabelledExample.Targets(batch.Examples, order.Classes, device);
            var scores = trained.call(input.Features, input.Mask, batch.Dropout);
            var loss = LsepLoss.Of(scores, targets);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            var value = loss.item<float>();
            return float.IsFinite(value)
                ? value
                : throw new InvalidOperationException($"The loss is {value}: lower the learning rate ({settings.Schedule}).");
        }
    }

    private static void Check(
        TrainingSettings settings, IReadOnlyList<LabelledExample> train, IReadOnlyList<LabelledExample> validation)
    {
        if (settings.Loss != "lsep")
        {
            throw new InputException($"'{settings.Loss}' names no loss; write lsep.");
        }
        if (settings.Optimizer != "adam")
        {
            throw new InputException($"'{settings.Optimizer}' names no optimiser; write adam.");
        }
        if (settings.Epochs < 1 || settings.BatchSize < 2 || !(settings.MaxSeconds > 0))
        {
            throw new InputException("A training needs at least one epoch, two clips a step and stretches longer than 0 s.");
        }
        if (train.Count < 2 || validation.Count == 0)
        {
            throw new InputException($"A training needs two clips to train on and one to validate on; it has {train.Count} and {validation.Count}.");
        }
    }

    private sealed record TrainingBatch(LabelledExample[] Examples, ClipCrop[] Crops, KeyedDropout Dropout);
}
