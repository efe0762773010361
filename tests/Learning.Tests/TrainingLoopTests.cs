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
            Network = new NetworkSettings { Blocks = 4, BaseDepth = 8, Hidden = 32, Dropout = 0.2 },
        },
        Settings = new TrainingSettings { Epochs = 6, BatchSize = 8, MaxSeconds = 0.8, Schedule = "1cycle_0.0005_0.01" },
        Seed = 11,
        Job = "cpu-test",
        Classes = SyntheticWaveforms.Kinds,
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
    [InlineData(1)]
    [InlineData(2)]
    public void The_same_job_gives_the_same_bytes_and_another_job_gives_others(int threads)
    {
        var own = get_num_threads();
        set_num_threads(threads);
        var order = _order with { Settings = _order.Settings with { Epochs = 2 } };
        Assert.Equal(Bytes(order), Bytes(order));
        Assert.NotEqual(Bytes(order), Bytes(order with { Job = "cpu-other" }));
        set_num_threads(own);

        byte[] Bytes(TrainingOrder order)
        {
            var outcome = Train(order);
            using var network = outcome.Network;
            using var file = new MemoryStream();
            network.save(file);
            return file.ToArray();
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
            stop.Token));
        Assert.Equal(1, steps);
    }

    [Fact]
    public void Unknown_names_and_too_few_clips_are_bad_input()
    {
        Assert.Throws<InputException>(() => Train(_order with { Settings = _order.Settings with { Loss = "bce" } }));
        Assert.Throws<InputException>(() => Train(_order with { Settings = _order.Settings with { Optimizer = "sgd" } }));
        Assert.Throws<InputException>(() => TrainingLoop.Run(
            _order, _waveforms, [], _waveforms.Examples(48, 24), CPU, null, CancellationToken.None));
    }

    private TrainingOutcome Train(TrainingOrder order) => TrainingLoop.Run(
        order, _waveforms, _waveforms.Examples(0, 48), _waveforms.Examples(48, 24), CPU, null, CancellationToken.None);
}
