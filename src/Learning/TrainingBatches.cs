using OrleansTagging.Recipe;

namespace OrleansTagging.Learning;

/// <summary>A batch that is ready to be trained on.</summary>
public sealed record TrainingBatch
{
    /// <summary>The samples that <see cref="Crops"/> point into.</summary>
    public required IWaveforms Waveforms { get; init; }

    /// <summary>The stretches.</summary>
    public required ClipCrop[] Crops { get; init; }

    /// <summary>How much each class holds of each stretch, <c>[clips, classes]</c>: 1 or 0, or in between where clips were mixed by
    /// weight.</summary>
    public required float[] Targets { get; init; }

    /// <summary>Number of each stretch's clip in the dataset, the key of its random numbers.</summary>
    public required int[] Clips { get; init; }

    /// <summary>This batch's share of the clips of its optimiser step: 1 where gradients are not accumulated.</summary>
    public required double Share { get; init; }

    /// <summary>Whether the optimiser steps after this batch.</summary>
    public required bool EndsStep { get; init; }
}

/// <summary>The batches of a training's epochs, in their order; every one depends on (seed, epoch) alone.</summary>
/// <param name="waveforms">The clips' samples.</param>
/// <param name="train">The clips.</param>
/// <param name="settings">How they are trained on.</param>
/// <param name="classes">Number of classes.</param>
/// <param name="seed">Seed of the experiment and job, mixed into one.</param>
/// <exception cref="Labels.InputException">The settings name an effect or a rule of MixUp that is unknown.</exception>
public sealed class TrainingBatches(
    IWaveforms waveforms, IReadOnlyList<LabelledExample> train, TrainingSettings settings, int classes, ulong seed)
{
    private readonly int _longest = Math.Max(1, (int)(settings.MaxAudioLength * waveforms.Rate));
    private readonly Augmentation _augmentation = new(settings.Augmentation);

    /// <summary>Optimiser steps of an epoch; the last one may have fewer batches than the others.</summary>
    public int Steps { get; } =
        (BatchPlan.Steps(train.Count, settings.BatchSize) + settings.AccumulationSteps - 1) / settings.AccumulationSteps;

    /// <summary>
    /// The batches of an epoch, one after another; each is good until the next one is asked for. Where clips are changed before they are
    /// trained on, other threads prepare the batches to come meanwhile.
    /// </summary>
    /// <param name="epoch">The epoch, counted from 0.</param>
    /// <param name="step">The optimiser step to begin with, counted from 0 in the epoch.</param>
    public IEnumerable<TrainingBatch> OfEpoch(int epoch, int step)
    {
        var crops = train
            .Select(example => ClipCrop.Sampled(example.Clip, waveforms.Length(example.Clip), _longest, seed, epoch))
            .ToArray();
        var changed = _augmentation.ChangesEpoch(epoch)
            ? new AugmentedEpoch(_augmentation, waveforms, train, crops, _longest, seed, epoch)
            : null;
        var lengths = changed?.Lengths ?? Array.ConvertAll(crops, crop => crop.Length);
        var batches = BatchPlan.ForTraining(lengths, settings.BatchSize, settings.BatchesByLength, seed, epoch)
            .Skip(step * settings.AccumulationSteps).ToArray();
        using var prepared = changed?.Prepare(batches, classes, AugmentedEpoch.Workers(settings.Threads)).GetEnumerator();
        foreach (var group in batches.Chunk(settings.AccumulationSteps))
        {
            var clips = group.Sum(batch => batch.Length);
            for (var batch = 0; batch < group.Length; batch++)
            {
                var examples = Array.ConvertAll(group[batch], position => train[position]);
                var ready = prepared?.MoveNext() == true ? prepared.Current : null;
                yield return new TrainingBatch
                {
                    Waveforms = ready ?? waveforms,
                    Crops = ready?.Crops ?? Array.ConvertAll(group[batch], position => crops[position]),
                    Targets = ready?.Targets ?? LabelledExample.Indicators(examples, classes),
                    Clips = Array.ConvertAll(examples, example => example.Clip),
                    Share = (double)examples.Length / clips,
                    EndsStep = batch + 1 == group.Length,
                };
            }
        }
    }
}
