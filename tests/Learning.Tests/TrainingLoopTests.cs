using System.IO.Compression;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTagging.Learning.Tests;

public sealed class TrainingLoopTests
{
    private static readonly TrainingOrder _order = new()
    {
        Model = new ModelSettings
        {
            Features = "mel_512_256_32",
            Network = new NetworkSettings { NumConvBlocks = 4, ConvBaseDepth = 8, GrowthRate = 1.5, StartDeepSupervisionOn = 1, OutputDropout = 0.2 },
        },
        Settings = new TrainingSettings
        {
            Epochs = 6,
            BatchSize = 8,
            MaxAudioLength = 0.8,
            Scheduler = "1cycle_0.0005_0.01",
            WeightDecay = 0,
            Keep = "last",
            Augmentation = new() { ShuffleChunks = 0 },
        },
        Seed = 11,
        Job = "cpu-test",
        Classes = SyntheticWaveforms.Kinds,
    };

    private static readonly AugmentationSettings _everyChange = new()
    {
        PAug = 0.5,
        EffectKinds = [.. AugmentationSettings.AllEffects],
        PMixup = 0.5,
        MixupLabels = "weighted",
        ShuffleChunks = 0.5,
        CutOut = 0.5,
        Reverse = 0.5,
    };

    private readonly SyntheticWaveforms _waveforms = SyntheticWaveforms.OfMixedLengths(72);

    [Fact]
    public void A_training_learns_to_rank_the_classes_of_clips_it_has_not_seen()
    {
        var outcome = Train(_order);
        using var network = outcome.Network;
        // Chance gives (1 + 1/2 + 1/3 + 1/4) / 4 = 0.52.
        Assert.InRange(outcome.Lwlrap, 0.85, 1);
        Assert.Equal(6, outcome.Curve.Count);
        Assert.True(outcome.Curve[^1].Loss < 0.7 * outcome.Curve[0].Loss);
        Assert.Equal(outcome.Lwlrap, outcome.Curve[^1].Lwlrap);
        Assert.All(outcome.Predictions, probability => Assert.InRange(probability, 0, 1));
    }

    [Theory]
    [InlineData(1, "adam")]
    [InlineData(2, "adam")]
    [InlineData(2, "momentum")]
    public void The_same_job_gives_the_same_bytes_and_another_job_gives_others(int threads, string optimizer)
    {
        var own = get_num_threads();
        set_num_threads(threads);
        var order = _order with
        {
            Settings = _order.Settings with
            {
                Epochs = 2,
                Optimizer = optimizer,
                AccumulationSteps = 2,
                Keep = "best",
                Loss = "focal",
                Augmentation = _everyChange,
            },
        };
        Assert.Equal(Trained(order), Trained(order));
        Assert.NotEqual(Trained(order), Trained(order with { Job = "cpu-other" }));
        set_num_threads(own);

        byte[] Trained(TrainingOrder order)
        {
            var outcome = Train(order);
            using var network = outcome.Network;
            return [.. Bytes(network), .. outcome.Checkpoint];
        }
    }

    [Fact]
    public void The_number_of_live_tensors_does_not_grow_with_the_epochs()
    {
        var counts = new SortedDictionary<int, long>();
        var outcome = TrainingLoop.Run(
            _order, _waveforms, _waveforms.Examples(0, 48), _waveforms.Examples(48, 24), CPU, progress =>
            {
                // The first message of an epoch's last step; those that follow come from within the validation.
                if (progress.Step % 6 == 0)
                {
                    // What other tests left to the collector must not be counted.
                    GC.Collect();
                    GC.WaitForPendingFinalizers();
                    counts.TryAdd(progress.Step, Tensor.TotalCount);
                }
            },
            null,
            CancellationToken.None);
        Assert.Equal(6, counts.Count);
        Assert.Single(counts.Values.Distinct());
        outcome.Network.Dispose();
    }

    [Fact]
    public void A_training_that_is_cancelled_ends_at_the_next_step()
    {
        using var stop = new CancellationTokenSource();
        var steps = 0;
        Assert.Throws<OperationCanceledException>(() => TrainingLoop.Run(
            _order, _waveforms, _waveforms.Examples(0, 48), _waveforms.Examples(48, 24), CPU, _ =>
            {
                steps++;
                stop.Cancel();
            },
            null,
            stop.Token));
        Assert.Equal(1, steps);
    }

    [Fact]
    public void Unknown_names_and_too_few_clips_are_bad_input()
    {
        Assert.Throws<InputException>(() => Train(_order with { Settings = _order.Settings with { Loss = "hinge" } }));
        Assert.Throws<InputException>(() => Train(_order with { Settings = _order.Settings with { Optimizer = "lion" } }));
        Assert.Throws<InputException>(() => TrainingLoop.Run(
            _order, _waveforms, [], _waveforms.Examples(48, 24), CPU, null, null, CancellationToken.None));
    }

    [Theory]
    [InlineData("adam", 1)]
    [InlineData("adam", 4)]
    [InlineData("momentum", 2)]
    public void Every_step_is_the_mean_gradient_of_its_batches_at_the_rate_of_the_schedule(string optimizer, int accumulate)
    {
        var order = _order with
        {
            Settings = _order.Settings with
            {
                Epochs = 2,
                AccumulationSteps = accumulate,
                Optimizer = optimizer,
                Lr = 0.01,
                Scheduler = "steplr_1_0.5",
                WeightDecay = 0.001,
                Loss = "bce",
            },
        };
        var outcome = Train(order);
        using var network = outcome.Network;
        using var manual = Manual(order, null);
        Assert.Equal(Bytes(manual), Bytes(network));
        Assert.Equal([0.01, 0.005], outcome.Curve.Select(point => point.LearningRate));
    }

    [Fact]
    public void The_best_epoch_is_kept_with_its_weights_and_its_predictions_and_an_honest_figure_beside_it()
    {
        // Under a schedule by steps a shorter training is the beginning of a longer one, so that each epoch's predictions can be had.
        var settings = _order.Settings with { Epochs = 5, Lr = 0.02, Scheduler = "steplr_1_0.9", Optimizer = "momentum" };
        var epochs = Enumerable.Range(1, 5).Select(epoch =>
        {
            var last = Train(_order with { Settings = settings with { Epochs = epoch } });
            last.Network.Dispose();
            Assert.Null(last.Best);
            return last;
        }).ToArray();
        var outcome = Train(_order with { Settings = settings with { Keep = "best" } });
        using var network = outcome.Network;
        Assert.Equal(epochs.Select(epoch => epoch.Lwlrap), outcome.Curve.Select(point => point.Lwlrap!.Value));
        var best = Array.FindIndex(epochs, epoch => epoch.Lwlrap == epochs.Max(other => other.Lwlrap));
        Assert.Equal(best + 1, outcome.Best!.Epoch);
        Assert.Equal(epochs[best].Lwlrap, outcome.Lwlrap);
        Assert.Equal(epochs[best].Predictions, outcome.Predictions);
        using var spectrogram = new LogSpectrogram(FeatureDescriptor.Parse(_order.Model.Features), _waveforms.Rate, CPU);
        Assert.Equal(outcome.Predictions,
            Prediction.Of(network, spectrogram, _waveforms, [.. Enumerable.Range(48, 24)], CPU, null, CancellationToken.None));
        for (var position = 0; position < 24; position++)
        {
            var row = (position * SyntheticWaveforms.Kinds)..((position + 1) * SyntheticWaveforms.Kinds);
            var chosen = outcome.Best.Chosen[outcome.Best.Folds[position]].Epoch;
            Assert.Equal(epochs[chosen - 1].Predictions[row], outcome.Best.HonestPredictions[row]);
        }
    }

    [Theory]
    [InlineData("last", "adam", 1)]
    [InlineData("best", "momentum", 2)]
    public void A_training_that_is_stopped_at_any_step_and_resumed_gives_the_same_bytes(string keep, string optimizer, int accumulate)
    {
        var order = _order with
        {
            Settings = _order.Settings with
            {
                Epochs = 2,
                Keep = keep,
                Optimizer = optimizer,
                AccumulationSteps = accumulate,
                Momentum = 0.8,
                Augmentation = keep == "best" ? _everyChange : new AugmentationSettings { ShuffleChunks = 0 },
            },
        };
        var undisturbed = Train(order);
        using var network = undisturbed.Network;
        var kept = new KeptCheckpoints(everyStep: true);
        Train(order, kept).Network.Dispose();
        Assert.Equal(2 * ((6 + accumulate - 1) / accumulate), kept.All.Count);
        foreach (var checkpoint in kept.All)
        {
            var resumed = Train(order with { Resumes = checkpoint });
            using var other = resumed.Network;
            Assert.Equal(Bytes(network), Bytes(other));
            Assert.Equal(undisturbed.Checkpoint, resumed.Checkpoint);
            Assert.Equal(undisturbed.Predictions, resumed.Predictions);
            Assert.Equal(undisturbed.Best?.HonestPredictions, resumed.Best?.HonestPredictions);
            Assert.Equal(undisturbed.Curve, resumed.Curve);
        }
    }

    [Fact]
    public void A_training_that_is_stopped_while_it_validates_leaves_a_checkpoint_from_which_it_goes_on()
    {
        var order = _order with { Settings = _order.Settings with { Epochs = 2, Keep = "best" } };
        var undisturbed = Train(order);
        undisturbed.Network.Dispose();
        var kept = new KeptCheckpoints(everyStep: false);
        using var stop = new CancellationTokenSource();
        var told = 0;
        Assert.Throws<OperationCanceledException>(() => TrainingLoop.Run(
            order, _waveforms, _waveforms.Examples(0, 48), _waveforms.Examples(48, 24), CPU, progress =>
            {
                // The second message of the sixth step comes from the first batch that is predicted.
                if (progress.Step == 6 && ++told == 2)
                {
                    stop.Cancel();
                }
            },
            kept, stop.Token));
        Assert.Equal(new CheckpointOrigin(order.Job, CodeVersion.Learning, 0, 6), TrainingState.OriginOf(Assert.Single(kept.All)));
        var resumed = Train(order with { Resumes = kept.All[0] });
        resumed.Network.Dispose();
        Assert.Equal(undisturbed.Checkpoint, resumed.Checkpoint);
    }

    [Theory]
    [InlineData("adam")]
    [InlineData("momentum")]
    public void More_epochs_go_on_from_the_weights_and_moments_of_the_last_with_the_schedule_anew(string optimizer)
    {
        var first = _order with { Settings = _order.Settings with { Epochs = 2, Optimizer = optimizer } };
        var begun = Train(first);
        begun.Network.Dispose();
        var more = first with { Job = "cpu-more", Settings = first.Settings with { Epochs = 3 }, Continues = begun.Checkpoint };
        var outcome = Train(more);
        using var network = outcome.Network;
        using var manual = Manual(more, begun.Checkpoint);
        Assert.Equal(Bytes(manual), Bytes(network));
        Assert.Equal([1, 2, 3, 4, 5], outcome.Curve.Select(point => point.Epoch));
        Assert.Equal(begun.Curve, outcome.Curve.Take(2));
        var afresh = Train(more with { Continues = null });
        afresh.Network.Dispose();
        Assert.Equal(afresh.Curve.Select(point => point.LearningRate), outcome.Curve.Skip(2).Select(point => point.LearningRate));
        Assert.True(outcome.Curve[2].Loss < 0.8 * afresh.Curve[0].Loss);
    }

    [Fact]
    public void The_best_epoch_of_a_continued_training_may_be_one_of_the_first_part()
    {
        var first = _order with { Settings = _order.Settings with { Epochs = 4, Keep = "best" } };
        var begun = Train(first);
        // A rate at which nothing is left of what was learned.
        var more = Train(first with
        {
            Job = "cpu-more",
            Settings = first.Settings with { Epochs = 1, Lr = 10, Scheduler = "steplr_1_1" },
            Continues = begun.Checkpoint,
        });
        Assert.Equal(begun.Best!.Epoch, more.Best!.Epoch);
        Assert.Equal(Bytes(begun.Network), Bytes(more.Network));
        Assert.Equal(begun.Predictions, more.Predictions);
        begun.Network.Dispose();
        more.Network.Dispose();
    }

    [Fact]
    public void A_checkpoint_of_another_training_is_refused()
    {
        var order = _order with { Settings = _order.Settings with { Epochs = 1 } };
        var checkpoint = Train(order).Checkpoint;
        Assert.Throws<InvalidDataException>(() => Train(order with { Job = "cpu-other", Resumes = checkpoint }));
        Assert.Throws<InvalidDataException>(() => Train(order with { Resumes = checkpoint[..^30] }));
        Assert.Throws<InvalidDataException>(() => Train(order with { Resumes = new byte[100] }));
        var descent = order with { Settings = order.Settings with { Optimizer = "momentum" }, Continues = checkpoint };
        Assert.Throws<InputException>(() => Train(descent));
        Assert.Throws<InputException>(() => Train(order with
        {
            Model = order.Model with { Network = order.Model.Network with { ConvBaseDepth = 7 } },
            Continues = checkpoint,
        }));
    }

    private TrainingOutcome Train(TrainingOrder order, ICheckpoints? checkpoints = null) => TrainingLoop.Run(
        order, _waveforms, _waveforms.Examples(0, 48), _waveforms.Examples(48, 24), CPU, null, checkpoints, CancellationToken.None);

    // The training once more in as few words as it can be said in: no progress, no validation, no checkpoint.
    private TaggingNetwork Manual(TrainingOrder order, byte[]? continues)
    {
        var (settings, seed) = (order.Settings, SeededRandom.Of(order.Seed, SeededRandom.Key(order.Job)).NextUInt64());
        using var spectrogram = new LogSpectrogram(FeatureDescriptor.Parse(order.Model.Features), _waveforms.Rate, CPU);
        var network = TaggingNetwork.Of(order.Model, order.Classes, new WeightDraw(seed));
        using var optimizer = TrainingOptimizer.Of(settings, network.parameters());
        if (continues is not null)
        {
            using var archive = new ZipArchive(new MemoryStream(continues));
            network.load(Whole(archive, "network.dat"));
            using var reader = new BinaryReader(Whole(archive, "optimizer.dat"));
            optimizer.load_state_dict(reader);
        }
        network.train();
        var batches = new TrainingBatches(_waveforms, _waveforms.Examples(0, 48), settings, order.Classes, seed);
        var schedule = LearningRateSchedule.Of(settings, batches.Steps);
        for (var step = 0; step < settings.Epochs * batches.Steps; step++)
        {
            using var scope = NewDisposeScope();
            var epoch = step / batches.Steps;
            optimizer.zero_grad();
            foreach (var batch in TrainingBatchesTests.BySteps(batches.OfEpoch(epoch, step % batches.Steps)).First())
            {
                var input = ClipBatch.Of(_waveforms, batch.Crops, spectrogram, CPU);
                var scores = network.call(input.Features, input.Mask, new KeyedDropout(seed, epoch, batch.Clips));
                (TaggingLoss.Of(settings, scores, tensor(batch.Targets, [batch.Crops.Length, order.Classes])) * batch.Share).backward();
            }
            foreach (var group in optimizer.ParamGroups)
            {
                group.LearningRate = schedule.Rate(step);
            }
            optimizer.step();
        }
        return network;
    }

    private static MemoryStream Whole(ZipArchive archive, string name)
    {
        using var content = archive.GetEntry(name)!.Open();
        var whole = new MemoryStream();
        content.CopyTo(whole);
        whole.Position = 0;
        return whole;
    }

    private static byte[] Bytes(TaggingNetwork network)
    {
        using var file = new MemoryStream();
        network.save(file);
        return file.ToArray();
    }

    private sealed class KeptCheckpoints(bool everyStep) : ICheckpoints
    {
        public List<byte[]> All { get; } = [];

        public bool Due() => everyStep;

        public void Save(TrainingState state) => All.Add(state.Save());
    }
}
