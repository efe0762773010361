using System.Collections.Concurrent;
using OrleansTagging.Audio.Effects;

namespace OrleansTagging.Learning;

/// <summary>A batch of changed clips: their samples lie here, clip n's are those of the batch's n-th stretch.</summary>
public sealed class AugmentedBatch : IWaveforms
{
    private readonly List<(int Start, int Length)> _clips = [];
    private float[] _samples = [];
    private int _classes;

    internal AugmentedBatch(int rate) => Rate = rate;

    /// <inheritdoc/>
    public int Rate { get; }

    /// <summary>How much each class holds of each clip, <c>[clips, classes]</c>.</summary>
    public float[] Targets { get; private set; } = [];

    /// <summary>The stretches of a batch: all of each clip.</summary>
    public ClipCrop[] Crops => [.. _clips.Select((clip, row) => ClipCrop.Whole(row, clip.Length))];

    /// <inheritdoc/>
    public int Length(int clip) => _clips[clip].Length;

    /// <inheritdoc/>
    public ReadOnlySpan<float> Samples(int clip) => _samples.AsSpan(_clips[clip].Start, _clips[clip].Length);

    /// <summary>Empties it and makes room.</summary>
    internal void Begin(int clips, long samples, int classes)
    {
        _clips.Clear();
        (_classes, Targets) = (classes, new float[clips * classes]);
        if (_samples.Length < samples)
        {
            _samples = new float[Math.Min(Array.MaxLength, samples + samples / 8)];
        }
    }

    /// <summary>Adds a clip and hands out its row of targets, all zero.</summary>
    internal Span<float> Add(ReadOnlySpan<float> samples)
    {
        var start = _clips.Count == 0 ? 0 : _clips[^1].Start + _clips[^1].Length;
        samples.CopyTo(_samples.AsSpan(start));
        _clips.Add((start, samples.Length));
        return Targets.AsSpan((_clips.Count - 1) * _classes, _classes);
    }
}

/// <summary>
/// The changed clips of an epoch, batch by batch: each clip with its effects and its partner, prepared on other threads while earlier
/// batches are trained on.
/// </summary>
/// <remarks>What a batch holds depends on (seed, epoch) alone; when and on which thread it is made changes nothing.</remarks>
public sealed class AugmentedEpoch
{
    /// <summary>Most threads that prepare; each holds a few batches in memory.</summary>
    private const int MostWorkers = 8;

    private readonly Augmentation _augmentation;
    private readonly IWaveforms _waveforms;
    private readonly IReadOnlyList<LabelledExample> _train;
    private readonly ClipCrop[] _crops;
    private readonly AugmentationDraw[] _draws;

    /// <summary>Draws the epoch's changes; nothing is computed yet.</summary>
    /// <param name="augmentation">What may be changed.</param>
    /// <param name="waveforms">The clips' samples.</param>
    /// <param name="train">The clips.</param>
    /// <param name="crops">The stretch of each clip that the epoch trains on.</param>
    /// <param name="longest">Most samples of a stretch.</param>
    /// <param name="seed">Seed of the experiment and job, mixed into one.</param>
    /// <param name="epoch">The epoch, counted from 0.</param>
    public AugmentedEpoch(
        Augmentation augmentation, IWaveforms waveforms, IReadOnlyList<LabelledExample> train, ClipCrop[] crops, int longest, ulong seed,
        int epoch)
    {
        (_augmentation, _waveforms, _train, _crops) = (augmentation, waveforms, train, crops);
        _draws = augmentation.Draw(crops, Array.ConvertAll(crops, crop => waveforms.Length(crop.Clip)), longest, seed, epoch);
        Lengths = Array.ConvertAll(_draws, draw => draw.Length);
    }

    /// <summary>Samples of each changed clip.</summary>
    public int[] Lengths { get; }

    /// <summary>Threads that prepare where a training itself takes <paramref name="threads"/>: the other cores, at least one.</summary>
    public static int Workers(int threads) => Math.Clamp(Environment.ProcessorCount - threads, 1, MostWorkers);

    /// <summary>Prepares batches, in their order; each is good until the next one is asked for.</summary>
    /// <param name="batches">The batches' positions in the epoch.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="workers">Threads that prepare, at least 1.</param>
    public IEnumerable<AugmentedBatch> Prepare(IReadOnlyList<int[]> batches, int classes, int workers)
    {
        var spent = new ConcurrentBag<AugmentedBatch>();
        var ahead = new LookAhead<AugmentedBatch>(batches.Count, workers, workers + 2, () =>
        {
            var chain = new EffectChain(_waveforms.Rate);
            return batch => Make(batches[batch], classes, chain, spent.TryTake(out var old) ? old : new AugmentedBatch(_waveforms.Rate));
        });
        foreach (var batch in ahead.Items())
        {
            yield return batch;
            spent.Add(batch);
        }
    }

    private AugmentedBatch Make(int[] positions, int classes, EffectChain chain, AugmentedBatch batch)
    {
        batch.Begin(positions.Length, positions.Sum(position => (long)Lengths[position]), classes);
        foreach (var position in positions)
        {
            var draw = _draws[position];
            var labels = _train[position].Labels;
            if (draw.Partner is { } partner)
            {
                var row = batch.Add(chain.Apply(Samples(_crops[position]), Samples(draw.Mixed), draw.Mix, draw.Effects));
                MixUp.Targets(labels, _train[partner].Labels, draw.Mix, _augmentation.Rule, row);
            }
            else
            {
                var row = batch.Add(chain.Apply(Samples(_crops[position]), draw.Effects));
                foreach (var label in labels)
                {
                    row[label] = 1;
                }
            }
        }
        return batch;
    }

    private ReadOnlySpan<float> Samples(ClipCrop crop) => _waveforms.Samples(crop.Clip).Slice(crop.Start, crop.Length);
}
