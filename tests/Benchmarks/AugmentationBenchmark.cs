using System.Diagnostics;
using OrleansTagging.Audio.Effects;
using OrleansTagging.Labels;
using OrleansTagging.Learning;
using OrleansTagging.Recipe;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTagging.Benchmarks;

/// <summary>
/// What augmentation costs: each effect on a clip of 10 s, training with everything on against off, and the effects against a child process
/// sox for each clip.
/// </summary>
internal static class AugmentationBenchmark
{
    private const double MostMilliseconds = 25;
    private const double LeastOfTraining = 0.9;
    private const double LeastOfSox = 5;
    private const ulong Seed = 1;

    // As strong as the ranges allow: the clip becomes longest, which costs most.
    private static readonly ClipEffects _strongest = new()
    {
        Reversed = true,
        ChunkSeconds = 0.5,
        CutOut = 0.25,
        Reverberance = 50,
        RoomScale = 50,
        Cents = 300,
        Tempo = 0.9,
        Speed = 0.9,
        Overdrive = 10,
        Key = Seed,
    };

    private static readonly AugmentationSettings _everything = new()
    {
        PAug = 0.75,
        EffectKinds = [.. AugmentationSettings.AllEffects],
        PMixup = 0.5,
        ShuffleChunks = 0.5,
        CutOut = 0.5,
        Reverse = 0.5,
    };

    /// <summary>Whether all that is wanted holds.</summary>
    public static bool Run(ExperimentFile experiment, int rounds)
    {
        using var step = new TrainingStep(experiment);
        return Effects(rounds) & Training(experiment, step, rounds) & Sox(rounds);
    }

    private static bool Effects(int rounds)
    {
        const int Rate = 44_100;
        var clip = Noise(10 * Rate);
        var (held, chain) = (new float[2 * clip.Length], new EffectChain(Rate));
        var (reverb, tempo, pitch) = (new Reverb(Rate), new Tempo(Rate), new Pitch(Rate));
        Console.WriteLine($"A clip of 10 s at {Rate} Hz on one core, milliseconds of processor, the least of {10 * rounds}:");
        One("reverb", () => reverb.Apply(Copy(), 50, 50));
        One("pitch by 300 cents", () => pitch.Apply(clip, held.AsSpan(0, clip.Length), Pitch.Ratio(300)));
        One("tempo 0.9", () => tempo.Apply(clip, held.AsSpan(0, Tempo.Length(clip.Length, 0.9))));
        One("speed 0.9", () => Speed.Apply(clip, held.AsSpan(0, Speed.Length(clip.Length, 0.9)), 0.9));
        One("overdrive", () => Overdrive.Apply(Copy(), 10));
        One("MixUp", () => MixUp.Apply(clip, clip, new Mix(0.5, 0), held));
        var arranged = new ClipEffects { Reversed = true, ChunkSeconds = 0.5, CutOut = 0.25 };
        One("reversal, chunks and cut-out", () => chain.Apply(clip, arranged));
        var all = One("all of them", () => chain.Apply(clip, clip, new Mix(0.5, 0), _strongest));
        return Verdict(all < MostMilliseconds, $"{all:F2} ms for all effects; less than {MostMilliseconds} ms is wanted");

        Span<float> Copy()
        {
            clip.CopyTo(held, 0);
            return held.AsSpan(0, clip.Length);
        }

        double One(string effect, Action apply)
        {
            var least = double.PositiveInfinity;
            for (var time = 0; time < 10 * rounds; time++)
            {
                var begin = StepTimes.ThreadNow;
                apply();
                least = Math.Min(least, 1000 * (StepTimes.ThreadNow - begin));
            }
            Console.WriteLine($"  {effect,-32} {least,6:F2}");
            return least;
        }
    }

    // Mixing makes clips longer and so each step dearer, which has nothing to do with the time that the effects take. So there is a third
    // training: on the changed clips, all prepared before it begins. Every round has the same batches; of each the fastest time counts.
    private static bool Training(ExperimentFile experiment, TrainingStep step, int rounds)
    {
        var settings = experiment.Training;
        set_num_threads(settings.Threads);
        // As many clips as an epoch of the demo has: the wait for its first batch is to weigh no more than there.
        LabelledExample[] examples = [.. Enumerable.Repeat(step.Examples, 8).SelectMany(example => example)];
        var plain = new TrainingBatches(step, examples, settings with { Augmentation = new() }, step.Classes, Seed);
        var changed = new TrainingBatches(step, examples, settings with { Augmentation = _everything }, step.Classes, Seed);
        Console.WriteLine($"Training of {experiment.Models.First().Key}: {step.Describe()}, {settings.Threads} thread(s) of "
            + $"{Environment.ProcessorCount} core(s), {AugmentedEpoch.Workers(settings.Threads)} thread(s) prepare; "
            + $"{rounds} epochs of {examples.Length} clips each in turn:");
        var batches = BatchPlan.Steps(examples.Length, settings.BatchSize);
        EpochTimes Times() => new(batches, examples.Length);
        var (off, on, ready) = (Times(), Times(), Times());
        using var network = step.Network();
        using var optimizer = optim.Adam(network.parameters(), amsgrad: true);
        var prepared = changed.OfEpoch(0, 0).Select(HeldBatch.Of).ToArray();
        // Warms up.
        Epoch(prepared[..(batches / 4)], Times());
        for (var round = 0; round < rounds; round++)
        {
            Epoch(plain.OfEpoch(0, 0), off);
            Epoch(prepared, ready);
            Epoch(changed.OfEpoch(0, 0), on);
        }
        Row("off", off);
        Row("on, prepared before", ready);
        Row("on", on);
        var (overall, cost) = (on.ClipsASecond / off.ClipsASecond, on.ClipsASecond / ready.ClipsASecond);
        Console.WriteLine(
            $"  on / off: {overall:F3} of the clips a second ({off.Training / on.Training:F3} by the processor of the thread that trains); "
            + $"clips are {on.Audio / off.Audio:F2} times as long, by mixing and a slower tempo and speed");
        Console.WriteLine(
            $"  on / on, prepared before: {cost:F3} of the clips a second ({ready.Training / on.Training:F3} by that processor); "
            + $"of the time of an epoch {on.Waiting / on.Seconds:P1} is spent waiting for a batch");
        Console.WriteLine(
            $"  the second core: {1000 * on.Others / examples.Length:F2} ms of processor a clip prepare the batches, while training takes "
            + $"{1000 * on.Training / examples.Length:F2} ms a clip: {on.Others / on.Seconds:P0} of that core is busy");
        return Verdict(
            cost >= LeastOfTraining,
            $"{1 - cost:P1} of the clips a second lost to the effects, {1 - overall:P1} together with the longer clips; "
            + "less than 10 % to the effects is wanted");

        void Epoch(IEnumerable<TrainingBatch> batches, EpochTimes times)
        {
            network.train();
            var (own, all) = (StepTimes.ThreadNow, StepTimes.ProcessorNow);
            using var source = batches.GetEnumerator();
            while (true)
            {
                var (begin, used) = (Stopwatch.GetTimestamp(), StepTimes.ThreadNow);
                if (!source.MoveNext())
                {
                    break;
                }
                var batch = source.Current;
                var waited = Stopwatch.GetElapsedTime(begin).TotalSeconds;
                var audio = batch.Crops.Sum(crop => (double)crop.Length) / step.Rate;
                using (NewDisposeScope())
                {
                    var input = ClipBatch.Of(batch.Waveforms, batch.Crops, step.Spectrogram, CPU);
                    var scores = network.call(input.Features, input.Mask, new KeyedDropout(Seed, 0, batch.Clips));
                    var loss = TaggingLoss.Of(settings, scores, tensor(batch.Targets, [batch.Crops.Length, step.Classes]));
                    optimizer.zero_grad();
                    loss.backward();
                    optimizer.step();
                    loss.item<float>();
                }
                times.Add(Stopwatch.GetElapsedTime(begin).TotalSeconds, StepTimes.ThreadNow - used, waited, audio);
            }
            times.EndEpoch(StepTimes.ProcessorNow - all - (StepTimes.ThreadNow - own));
        }

        static void Row(string what, EpochTimes times) => Console.WriteLine(
            $"  {what,-24} {times.ClipsASecond,7:F1} clips a second, {times.Audio / times.Seconds,6:F1} s of audio; an epoch: {times.Seconds,6:F2} s, "
            + $"of processor {times.Training,6:F2} s training and {times.Others,5:F2} s other threads");
    }

    private static bool Sox(int rounds)
    {
        if (SoxPeer.Version() is not { } version)
        {
            Console.WriteLine("There is no sox to compare with. On Debian: apt-get install sox");
            return true;
        }
        const int Rate = 44_100;
        var (ours, theirs, ourProcessor, theirProcessor, clips) = (0.0, 0.0, 0.0, 0.0, 0);
        var (settings, chain) = (new EffectSettings { Chance = 1, Tempo = new(0.9, 1.1) }, new EffectChain(Rate));
        chain.Apply(Noise(15 * Rate), _strongest);
        for (var round = 0; round < rounds; round++)
        {
            for (var number = 0; number < 10; number++, clips++)
            {
                var random = SeededRandom.Of(Seed, (ulong)round, (ulong)number);
                var effects = ClipEffects.Draw(settings, ref random);
                // 1 to 10 s.
                var clip = Noise((int)(Rate * (1 + 9 * random.NextDouble())));
                var (begin, used) = (Stopwatch.GetTimestamp(), StepTimes.ThreadNow);
                var length = chain.Apply(clip, effects).Length;
                ours += Stopwatch.GetElapsedTime(begin).TotalSeconds;
                ourProcessor += StepTimes.ThreadNow - used;
                (begin, used) = (Stopwatch.GetTimestamp(), StepTimes.ProcessorNow + StepTimes.ChildrenNow);
                var samples = SoxPeer.Apply(clip, Rate, effects);
                theirs += Stopwatch.GetElapsedTime(begin).TotalSeconds;
                theirProcessor += StepTimes.ProcessorNow + StepTimes.ChildrenNow - used;
                if (Math.Abs(samples.Length - length) > 0.005 * length)
                {
                    throw new InvalidOperationException($"sox made {samples.Length} samples where there are {length} here.");
                }
            }
        }
        Console.WriteLine(
            $"All effects on {clips} clips of 1 to 10 s at {Rate} Hz, one after another, here and by a child process each ({version}):");
        Console.WriteLine($"  here {clips / ours:F1} clips a second, {1000 * ourProcessor / clips:F1} ms of processor each; "
            + $"sox {clips / theirs:F1} clips a second, {1000 * theirProcessor / clips:F1} ms of processor each, its pipes included");
        var ratio = theirs / ours;
        return Verdict(
            ratio >= LeastOfSox,
            $"{ratio:F1} times the clips a second of sox ({theirProcessor / ourProcessor:F1} by processor); "
            + $"at least {LeastOfSox:F0} times is wanted");
    }

    private static bool Verdict(bool holds, string what)
    {
        Console.WriteLine($"{what}: {(holds ? "holds" : "DOES NOT HOLD")}");
        return holds;
    }

    private static float[] Noise(int samples)
    {
        var random = SeededRandom.Of(Seed, (ulong)samples);
        var noise = new float[samples];
        foreach (ref var sample in noise.AsSpan())
        {
            sample = (float)(0.1 * random.NextGaussian());
        }
        return noise;
    }

    /// <summary>Times of epochs with the same batches.</summary>
    private sealed class EpochTimes(int batches, int clips)
    {
        private readonly StepTimes _steps = new(batches);
        private readonly StepTimes _waits = new(batches);
        private int _taken;
        private double _audio;

        public double ClipsASecond => clips / Seconds;

        /// <summary>Seconds of an epoch by the clock, undisturbed.</summary>
        public double Seconds => batches * _steps.Undisturbed;

        /// <summary>Seconds of processor of the thread that trains.</summary>
        public double Training => batches * _steps.Processor;

        /// <summary>Seconds of an epoch by the clock until its batches were there.</summary>
        public double Waiting => batches * _waits.Undisturbed;

        /// <summary>Seconds of processor of all other threads in an epoch.</summary>
        public double Others { get; private set; } = double.PositiveInfinity;

        /// <summary>Length of an epoch's clips in seconds.</summary>
        public double Audio => _audio * batches / _taken;

        public void Add(double seconds, double processor, double waited, double audio)
        {
            _steps.Add([seconds], [processor]);
            _waits.Add([waited], [waited]);
            _audio += audio;
            _taken++;
        }

        public void EndEpoch(double others) => Others = Math.Min(Others, others);
    }

    /// <summary>A copy of a batch's samples, which stays when the next batch comes.</summary>
    private sealed class HeldBatch(float[][] clips, int rate) : IWaveforms
    {
        public int Rate => rate;

        public static TrainingBatch Of(TrainingBatch batch) => batch with
        {
            Waveforms = new HeldBatch([.. batch.Crops.Select(crop => batch.Waveforms.Samples(crop.Clip).ToArray())], batch.Waveforms.Rate),
        };

        public int Length(int clip) => clips[clip].Length;

        public ReadOnlySpan<float> Samples(int clip) => clips[clip];
    }
}
