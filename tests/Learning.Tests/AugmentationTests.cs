using OrleansTagging.Audio.Effects;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTagging.Learning.Tests;

public sealed class AugmentationTests
{
    private const ulong Seed = 9;

    private static readonly SyntheticWaveforms _waveforms = SyntheticWaveforms.OfMixedLengths(43);

    private static readonly AugmentationSettings _everything = new()
    {
        PAug = 0.75,
        EffectsTogether = false,
        EffectKinds = ["reverb", "pitch", "tempo", "speed", "overdrive"],
        PMixup = 0.5,
        ShuffleChunks = 0.3,
        CutOut = 0.3,
        Reverse = 0.3,
        SwitchOffAugmentationsOn = 1000,
    };

    [Fact]
    public void Every_clip_of_an_epoch_is_what_its_draw_makes_of_it_and_its_partner()
    {
        var crops = Crops();
        var (augmentation, chain) = (new Augmentation(_everything), new EffectChain(_waveforms.Rate));
        var draws = augmentation.Draw(crops, Array.ConvertAll(crops, crop => crop.Length), 2 * _waveforms.Rate, Seed, 2);
        var seen = 0;
        foreach (var batch in Batches(_everything).OfEpoch(2, 0))
        {
            for (var row = 0; row < batch.Clips.Length; row++, seen++)
            {
                var clip = batch.Clips[row];
                var own = _waveforms.Samples(clip);
                var draw = draws[clip];
                var expected = draw.Partner is { } partner
                    ? chain.Apply(own, _waveforms.Samples(partner).Slice(draw.Mixed.Start, draw.Mixed.Length), draw.Mix, draw.Effects)
                    : chain.Apply(own, draw.Effects);
                Assert.Equal(draw.Length, batch.Crops[row].Length);
                Assert.True(batch.Waveforms.Samples(batch.Crops[row].Clip).SequenceEqual(expected));
                var labels = new[] { clip, draw.Partner ?? clip }.Select(number => number % SyntheticWaveforms.Kinds).ToArray();
                var targets = batch.Targets.AsSpan(row * SyntheticWaveforms.Kinds, SyntheticWaveforms.Kinds).ToArray();
                Assert.Equal(Enumerable.Range(0, SyntheticWaveforms.Kinds).Select(kind => labels.Contains(kind) ? 1f : 0), targets);
            }
        }
        Assert.Equal(40, seen);
        Assert.InRange(draws.Count(draw => draw.Partner is not null), 12, 31);
        Assert.All(draws.Select((draw, clip) => (draw, clip)), pair => Assert.NotEqual(pair.clip, pair.draw.Partner));
    }

    [Fact]
    public void The_longer_clip_of_a_mix_has_the_drawn_level_and_clips_of_one_length_half_each()
    {
        var lengths = Enumerable.Range(0, 400).Select(clip => 1000 + clip % 4 * 500).ToArray();
        var crops = lengths.Select((length, clip) => ClipCrop.Sampled(clip, length, 2000, Seed, 0)).ToArray();
        var settings = new AugmentationSettings { PMixup = 1, MixupLevels = [0.55, 0.6] };
        var draws = new Augmentation(settings).Draw(crops, lengths, 2000, Seed, 0);
        foreach (var (clip, draw) in draws.Index())
        {
            Assert.Equal(crops[draw.Partner!.Value].Length, draw.Mixed.Length);
            var (own, other) = (crops[clip].Length, draw.Mixed.Length);
            Assert.InRange(own > other ? draw.Mix.Level : 1 - draw.Mix.Level, own == other ? 0.5 : 0.55, own == other ? 0.5 : 0.6);
        }
        // The partner's stretch is drawn for the mix alone.
        Assert.Contains(draws, draw => draw.Mixed.Length == 2000 && draw.Mixed.Start != crops[draw.Partner!.Value].Start);
    }

    [Fact]
    public void Chunks_are_shuffled_by_default_but_for_a_recurrent_network()
    {
        var settings = new AugmentationSettings();
        Assert.Equal(0.5, settings.Of(new NetworkSettings()).ShuffleChunks);
        Assert.Equal(0.0, settings.Of(new NetworkSettings { AggregationType = "rnn" }).ShuffleChunks);
        Assert.Equal(0.2, (settings with { ShuffleChunks = 0.2 }).Of(new NetworkSettings { AggregationType = "rnn" }).ShuffleChunks);
        Assert.True(new Augmentation(settings.Of(new NetworkSettings())).ChangesEpoch(19));
        Assert.False(new Augmentation(settings.Of(new NetworkSettings())).ChangesEpoch(20));
    }

    [Fact]
    public void A_weighted_mix_shares_one_between_its_clips()
    {
        var settings = new AugmentationSettings { MixupLabels = "weighted", PMixup = 1 };
        var batches = Batches(settings).OfEpoch(0, 0).ToArray();
        Assert.All(batches, batch => Assert.All(
            batch.Targets.Chunk(SyntheticWaveforms.Kinds), row => Assert.Equal(1, row.Sum(), 1e-5f)));
        Assert.Contains(batches, batch => batch.Targets.Any(target => target is > 0.2f and < 0.8f));
    }

    [Fact]
    public void An_epoch_with_augmentation_off_is_to_the_last_bit_what_it_is_without()
    {
        var (with, without) = (Batches(_everything with { SwitchOffAugmentationsOn = 2 }), Batches(new AugmentationSettings()));
        foreach (var epoch in new[] { 2, 3, 7 })
        {
            Assert.Equal(without.OfEpoch(epoch, 0).Select(Describe), with.OfEpoch(epoch, 0).Select(Describe));
        }
        Assert.NotEqual(without.OfEpoch(1, 0).Select(Describe), with.OfEpoch(1, 0).Select(Describe));
        // Never off.
        Assert.NotEqual(without.OfEpoch(500, 0).Select(Describe), Batches(_everything).OfEpoch(500, 0).Select(Describe));
    }

    [Fact]
    public void However_many_threads_prepare_and_wherever_an_epoch_begins_its_batches_are_the_same()
    {
        var crops = Crops();
        var epoch = new AugmentedEpoch(new Augmentation(_everything), _waveforms, _waveforms.Examples(0, 43), crops, 2 * _waveforms.Rate, Seed, 1);
        int[][] batches = [.. BatchPlan.ForTraining(epoch.Lengths, 4, byLength: true, Seed, 1)];
        var one = Prepared(batches, 1);
        Assert.Equal(one, Prepared(batches, 2));
        Assert.Equal(one, Prepared(batches, 7));
        Assert.Equal(one[3..], Prepared(batches[3..], 3));
        var training = Batches(_everything);
        Assert.Equal(training.OfEpoch(1, 0).Skip(2).Select(Describe), training.OfEpoch(1, 2).Select(Describe));

        string[] Prepared(int[][] some, int workers) => [.. epoch.Prepare(some, SyntheticWaveforms.Kinds, workers)
            .Select(batch => Hash(batch.Crops.Select(crop => batch.Samples(crop.Clip).ToArray())))];
    }

    [Theory]
    [InlineData("or", "lsep")]
    [InlineData("weighted", "bce")]
    public void Training_with_everything_on_gives_the_same_bytes_each_time_and_learns(string rule, string loss)
    {
        var waveforms = SyntheticWaveforms.OfMixedLengths(72);
        var order = new TrainingOrder
        {
            Model = new ModelSettings
            {
                Features = "mel_512_256_32",
                Network = new NetworkSettings { NumConvBlocks = 3, ConvBaseDepth = 8, StartDeepSupervisionOn = 0, OutputDropout = 0.1 },
            },
            Settings = new TrainingSettings
            {
                Epochs = 6,
                BatchSize = 8,
                MaxAudioLength = 0.8,
                Loss = loss,
                Scheduler = "1cycle_0.0005_0.01",
                Augmentation = _everything with { MixupLabels = rule, SwitchOffAugmentationsOn = 4 },
            },
            Seed = 11,
            Job = "cpu-test",
            Classes = SyntheticWaveforms.Kinds,
        };
        var first = Weights(order);
        Assert.Equal(first, Weights(order));
        Assert.NotEqual(first, Weights(order with { Settings = order.Settings with { Augmentation = new() } }));

        byte[] Weights(TrainingOrder trained)
        {
            var outcome = TrainingLoop.Run(
                trained, waveforms, waveforms.Examples(0, 48), waveforms.Examples(48, 24), CPU, null, null, CancellationToken.None);
            using var network = outcome.Network;
            // Chance gives 0.52.
            Assert.InRange(outcome.Lwlrap, 0.7, 1);
            using var file = new MemoryStream();
            network.save(file);
            return file.ToArray();
        }
    }

    [Fact]
    public void Unknown_effects_and_rules_are_bad_input()
    {
        Assert.Throws<InputException>(() => new Augmentation(new() { EffectKinds = ["echo"] }));
        Assert.Throws<InputException>(() => new Augmentation(new() { MixupLabels = "and" }));
    }

    [Fact]
    public void What_is_made_ahead_comes_in_order_never_too_far_ahead_and_its_fault_comes_where_it_is_due()
    {
        var (started, taken) = (0, 0);
        var ahead = new LookAhead<string>(50, 3, 5, () => item =>
        {
            Interlocked.Increment(ref started);
            Assert.True(item < Volatile.Read(ref taken) + 5);
            Thread.Sleep(item % 3);
            return item == 40 ? throw new InvalidOperationException("forty") : $"{item}";
        });
        var fault = Assert.Throws<InvalidOperationException>(() =>
        {
            foreach (var item in ahead.Items())
            {
                Assert.Equal($"{taken}", item);
                Volatile.Write(ref taken, taken + 1);
            }
        });
        Assert.Equal(("forty", 40), (fault.Message, taken));
        // Whoever stops listening stops the threads.
        Assert.Equal("0", new LookAhead<string>(1_000_000, 2, 4, () => item => $"{item}").Items().First());
    }

    private static ClipCrop[] Crops() => [.. Enumerable.Range(0, 43).Select(clip => ClipCrop.Whole(clip, _waveforms.Length(clip)))];

    private static TrainingBatches Batches(AugmentationSettings augmentation) => new(
        _waveforms, _waveforms.Examples(0, 43), new TrainingSettings { BatchSize = 8, MaxAudioLength = 2, Augmentation = augmentation },
        SyntheticWaveforms.Kinds, Seed);

    private static string Describe(TrainingBatch batch) => Hash(
        batch.Crops.Select(crop => batch.Waveforms.Samples(crop.Clip).Slice(crop.Start, crop.Length).ToArray()).Append(batch.Targets))
        + string.Join(' ', batch.Clips);

    private static string Hash(IEnumerable<float[]> parts)
    {
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        foreach (var part in parts)
        {
            hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(part.AsSpan()));
        }
        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
