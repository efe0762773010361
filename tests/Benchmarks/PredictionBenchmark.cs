using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using OrleansTagging.Audio;
using OrleansTagging.Labels;
using OrleansTagging.Learning;
using OrleansTagging.Recipe;
using static TorchSharp.torch;

namespace OrleansTagging.Benchmarks;

/// <summary>
/// Prediction over clips of 0.3 to 30 s by an experiment's first model: here, by clips of like length together, and in the system's PyTorch
/// as a plain script has it, by batches in the order of the files. All in turn, round after round, on the same weights and clips.
/// </summary>
internal sealed class PredictionBenchmark : IWaveforms
{
    private const double Least = 2.5;
    private const int Clips = 256;
    private const int Batch = 32;
    private const int Classes = 16;
    private const ulong Seed = 1;

    private readonly float[][] _clips;
    private readonly ModelSettings _model;
    private readonly int _threads;

    private PredictionBenchmark(ExperimentFile experiment)
    {
        (_model, _threads) = (experiment.Models.First().Value, experiment.Training.Threads);
        if (_model.Network is not { Type: "cnn_2d", AggregationType: "max", CeilMode: false, FrequencyMap: true })
        {
            throw new InputException("The peer of this benchmark is written for a cnn_2d with its frequency map and the global maximum.");
        }
        _clips = new float[Clips][];
        for (var clip = 0; clip < Clips; clip++)
        {
            var random = SeededRandom.Of(Seed, SeededRandom.Key("prediction"), (ulong)clip);
            // Short ones more often, as in FSDKaggle2019: about 6.4 s on average.
            _clips[clip] = new float[(int)(Rate * 0.3 * Math.Pow(100, random.NextDouble()))];
            foreach (ref var sample in _clips[clip].AsSpan())
            {
                sample = (float)(0.1 * random.NextGaussian());
            }
        }
    }

    public int Rate => SyntheticDataset.Rate;

    /// <summary>Whether prediction here is as many times faster as is wanted.</summary>
    public static bool Run(ExperimentFile experiment, int rounds)
    {
        var benchmark = new PredictionBenchmark(experiment);
        var folder = Directory.CreateTempSubdirectory("benchmarks-").FullName;
        try
        {
            return benchmark.Compare(folder, rounds);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public int Length(int clip) => _clips[clip].Length;

    public ReadOnlySpan<float> Samples(int clip) => _clips[clip];

    private bool Compare(string folder, int rounds)
    {
        var features = FeatureDescriptor.Parse(_model.Features);
        set_num_threads(_threads);
        using var network = TaggingNetwork.Of(_model, Classes, new WeightDraw(Seed));
        using var spectrogram = new LogSpectrogram(features, Rate, CPU);
        Write(folder, network, features);
        var peer = PyTorchPeer.Find(folder);
        var seconds = _clips.Sum(clip => (double)clip.Length) / Rate;
        Console.WriteLine(
            $"{_model.Features}, {_model.Network.NumConvBlocks} blocks from {_model.Network.ConvBaseDepth} channels: {Clips} clips of 0.3 to 30 s, "
            + $"{seconds:F0} s in all, {_threads} thread(s) of {Environment.ProcessorCount} core(s)");
        var clips = Enumerable.Range(0, Clips).ToArray();
        // Kernels are chosen and memory is claimed before the clock runs.
        var probabilities = Predict(clips);
        var (ours, plain, tuned) = (new Fastest(), new Fastest(), new Fastest());
        for (var round = 0; round < rounds; round++)
        {
            var (begin, used) = (Stopwatch.GetTimestamp(), StepTimes.ProcessorNow);
            Predict(clips);
            ours.Add(Stopwatch.GetElapsedTime(begin).TotalSeconds, StepTimes.ProcessorNow - used);
            if (peer is not null)
            {
                plain.Add(Ask(folder, tuned: false, probabilities));
                tuned.Add(Ask(folder, tuned: true, probabilities));
            }
        }
        ours.Print("here, by length");
        if (peer is null)
        {
            Console.WriteLine("python3 has no torch, so only this side is measured. On Debian: apt-get install python3-torch");
            return true;
        }
        plain.Print($"PyTorch {peer.Version} in the order of the files");
        tuned.Print("the same with the channels last");
        var ratio = plain.Processor / ours.Processor;
        Console.WriteLine($"PyTorch / here: {plain.Seconds / ours.Seconds:F2} by the clock, {ratio:F2} of processor "
            + $"({tuned.Processor / ours.Processor:F2} with the channels last); at least {Least:F1} is wanted: {(ratio >= Least ? "holds" : "DOES NOT HOLD")}");
        return ratio >= Least;

        float[] Predict(int[] numbers) => Prediction.Of(network, spectrogram, this, numbers, CPU, null, CancellationToken.None);
    }

    private void Write(string folder, TaggingNetwork network, FeatureDescriptor features)
    {
        foreach (var (name, parameter) in network.named_parameters())
        {
            WriteValues(name, parameter.detach().contiguous().data<float>().ToArray());
        }
        WriteValues("filters", MelFilterBank.Of(Rate, features.FftSize, features.Bands));
        WriteValues("samples", [.. _clips.SelectMany(clip => clip)]);
        File.WriteAllText(Path.Combine(folder, "prediction.json"), JsonSerializer.Serialize(new
        {
            depths = Enumerable.Range(0, _model.Network.NumConvBlocks).Select(_model.Network.Depth),
            startDeepSupervisionOn = _model.Network.StartDeepSupervisionOn,
            classes = Classes,
            fft = features.FftSize,
            hop = features.HopSize,
            bands = features.Bands,
            batch = Batch,
            lengths = _clips.Select(clip => clip.Length),
        }));

        void WriteValues(string name, float[] values) =>
            File.WriteAllBytes(Path.Combine(folder, $"{name}.f32"), MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
    }

    private (double Seconds, double Processor) Ask(string folder, bool tuned, float[] probabilities)
    {
        List<string> arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "prediction.py"), folder, "--threads", _threads.ToString(CultureInfo.InvariantCulture),
        ];
        if (tuned)
        {
            arguments.Add("--channels-last");
        }
        var answer = JsonDocument.Parse(
            PyTorchPeer.Run(arguments) ?? throw new InvalidOperationException("The Python peer failed.")).RootElement;
        var first = answer.GetProperty("first").EnumerateArray().Select(probability => probability.GetDouble());
        var difference = first.Zip(probabilities, (theirs, own) => Math.Abs(theirs - own)).Max();
        return difference < 1e-3
            ? (answer.GetProperty("seconds").GetDouble(), answer.GetProperty("processor").GetDouble())
            : throw new InvalidOperationException($"The peer's network is another: its first probabilities differ by {difference}.");
    }

    /// <summary>The fastest of some passes over all clips, by the clock and by the processor's time of all threads, seconds.</summary>
    private sealed class Fastest
    {
        public double Seconds { get; private set; } = double.PositiveInfinity;

        public double Processor { get; private set; } = double.PositiveInfinity;

        public void Add((double Seconds, double Processor) pass) => Add(pass.Seconds, pass.Processor);

        public void Add(double seconds, double processor) =>
            (Seconds, Processor) = (Math.Min(Seconds, seconds), Math.Min(Processor, processor));

        public void Print(string what) => Console.WriteLine(
            $"{what,-56} {Clips / Seconds,8:F1} clips a second by the clock, {Clips / Processor,8:F1} of processor");
    }
}
