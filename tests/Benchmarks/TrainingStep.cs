using System.Diagnostics;
using OrleansTagging.Audio;
using OrleansTagging.Labels;
using OrleansTagging.Learning;
using OrleansTagging.Recipe;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTagging.Benchmarks;

/// <summary>The training step of an experiment's first model, on noise of the lengths that the synthetic dataset has.</summary>
internal sealed class TrainingStep : IWaveforms, IDisposable
{
    /// <summary>Steps that are not timed: kernels are chosen and memory is claimed in them. As many as batches.</summary>
    public const int Warmup = 8;

    /// <summary>Steps that are timed, a round; every batch as often as any other.</summary>
    public const int Steps = 24;

    private const int Clips = 128;
    private const ulong Seed = 1;

    private readonly float[][] _clips;
    private readonly TrainingSettings _settings;

    public TrainingStep(ExperimentFile experiment)
    {
        (Model, _settings) = (experiment.Models.First().Value, experiment.Training);
        _clips = new float[Clips][];
        for (var clip = 0; clip < Clips; clip++)
        {
            var random = SeededRandom.Of(Seed, (ulong)clip);
            // 0.3 to 8 s, short ones more often: about 2 s on average.
            _clips[clip] = new float[(int)(Rate * 0.3 * Math.Pow(8 / 0.3, random.NextDouble()))];
            foreach (ref var sample in _clips[clip].AsSpan())
            {
                sample = (float)(0.1 * random.NextGaussian());
            }
        }
        Examples = [.. Enumerable.Range(0, Clips).Select(clip => new LabelledExample(clip, [clip % Classes]))];
        var crops = Examples.Select(example =>
            ClipCrop.Sampled(example.Clip, _clips[example.Clip].Length, (int)(_settings.MaxAudioLength * Rate), Seed, 0)).ToArray();
        Batches = [.. BatchPlan.ForTraining(Array.ConvertAll(crops, crop => crop.Length), _settings.BatchSize, byLength: true, Seed, 0)
            .Select(positions => Array.ConvertAll(positions, position => crops[position]))];
        Spectrogram = new LogSpectrogram(FeatureDescriptor.Parse(Model.Features), Rate, CPU);
        set_num_threads(_settings.Threads);
        using var network = Network();
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        FirstLoss = Loss(network, Batches[0], dropout: false).item<float>();
    }

    public int Rate => SyntheticDataset.Rate;

    public int Classes => 16;

    public ModelSettings Model { get; }

    public LabelledExample[] Examples { get; }

    public ClipCrop[][] Batches { get; }

    public LogSpectrogram Spectrogram { get; }

    /// <summary>Loss of the first batch without dropout, by which the peer shows that it is the same network.</summary>
    public double FirstLoss { get; }

    public int Length(int clip) => _clips[clip].Length;

    public ReadOnlySpan<float> Samples(int clip) => _clips[clip];

    public string Describe() => $"{Model.Features}, {Model.Network.NumConvBlocks} blocks from {Model.Network.ConvBaseDepth} channels, "
        + $"{_settings.BatchSize} clips of up to {_settings.MaxAudioLength} s a step";

    public TaggingNetwork Network() => TaggingNetwork.Of(Model, Classes, new WeightDraw(Seed));

    /// <summary>A round of steps, each from samples to updated weights.</summary>
    public void Measure(int threads, StepTimes times)
    {
        set_num_threads(threads);
        using var network = Network();
        using var optimizer = optim.Adam(network.parameters(), amsgrad: true);
        var (seconds, processor) = (new double[Steps], new double[Steps]);
        for (var step = 0; step < Warmup + Steps; step++)
        {
            var (begin, used) = (Stopwatch.GetTimestamp(), StepTimes.ProcessorNow);
            using (NewDisposeScope())
            {
                var loss = Loss(network, Batches[step % Batches.Length], dropout: true);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
                loss.item<float>();
            }
            if (step >= Warmup)
            {
                seconds[step - Warmup] = Stopwatch.GetElapsedTime(begin).TotalSeconds;
                processor[step - Warmup] = StepTimes.ProcessorNow - used;
            }
        }
        times.Add(seconds, processor);
    }

    public void Dispose() => Spectrogram.Dispose();

    private Tensor Loss(TaggingNetwork network, ClipCrop[] crops, bool dropout)
    {
        network.train();
        var batch = ClipBatch.Of(this, crops, Spectrogram, CPU);
        var clips = Array.ConvertAll(crops, crop => crop.Clip);
        var scores = network.call(batch.Features, batch.Mask, dropout ? new KeyedDropout(Seed, 0, clips) : null);
        return LsepLoss.Of(scores, LabelledExample.Targets(Array.ConvertAll(clips, clip => Examples[clip]), Classes, CPU));
    }
}
