using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace OrleansTagging.Learning.Tests;

public sealed class TrainingBatchesTests
{
    private static readonly SyntheticWaveforms _waveforms = SyntheticWaveforms.OfMixedLengths(43);

    [Theory]
    [InlineData(8, 1, 5)]
    [InlineData(8, 2, 3)]
    [InlineData(8, 4, 2)]
    [InlineData(4, 4, 3)]
    [InlineData(8, 100, 1)]
    [InlineData(64, 1, 1)]
    public void A_clip_is_in_one_step_at_most_and_the_shares_of_a_step_add_up_to_one(int batchSize, int accumulate, int steps)
    {
        var batches = Batches(batchSize, accumulate);
        Assert.Equal(steps, batches.Steps);
        var all = batches.OfEpoch(1, 0).ToArray();
        Assert.All(all, batch => Assert.Equal(Math.Min(43, batchSize), batch.Clips.Length));
        Assert.Equal(all.Sum(batch => batch.Clips.Length), all.SelectMany(batch => batch.Clips).Distinct().Count());
        Assert.Equal(steps, all.Count(batch => batch.EndsStep));
        Assert.True(all[^1].EndsStep);
        foreach (var step in BySteps(all))
        {
            var clips = step.Sum(batch => batch.Clips.Length);
            Assert.InRange(step.Count, 1, accumulate);
            Assert.All(step, batch => Assert.Equal((double)batch.Clips.Length / clips, batch.Share));
        }
    }

    [Fact]
    public void An_epoch_that_begins_in_its_middle_goes_on_with_the_same_batches()
    {
        var batches = Batches(4, 2);
        var whole = BySteps(batches.OfEpoch(3, 0)).ToArray();
        for (var step = 0; step <= batches.Steps; step++)
        {
            Assert.Equal(
                whole.Skip(step).SelectMany(group => group).Select(Describe), batches.OfEpoch(3, step).Select(Describe));
        }
    }

    [Fact]
    public void Targets_are_the_clips_labels()
    {
        foreach (var batch in Batches(8, 1).OfEpoch(0, 0))
        {
            for (var row = 0; row < batch.Clips.Length; row++)
            {
                Assert.Equal(batch.Clips[row], batch.Crops[row].Clip);
                var label = batch.Clips[row] % SyntheticWaveforms.Kinds;
                var expected = Enumerable.Range(0, SyntheticWaveforms.Kinds).Select(kind => kind == label ? 1f : 0f);
                Assert.Equal(expected, batch.Targets.AsSpan(row * SyntheticWaveforms.Kinds, SyntheticWaveforms.Kinds).ToArray());
            }
        }
    }

    [Theory]
    [InlineData("lsep")]
    [InlineData("bce")]
    [InlineData("focal")]
    public void Gradients_of_two_batches_of_eight_are_those_of_one_of_sixteen(string loss)
    {
        // A linear model: it has no batch norm, whose statistics are the batch's own.
        using var scope = NewDisposeScope();
        var settings = new TrainingSettings { BatchSize = 8, AccumulationSteps = 2, Loss = loss };
        const int Features = 6;
        var random = SeededRandom.Of(5);
        var rows = new float[43][];
        foreach (ref var row in rows.AsSpan())
        {
            row = new float[Features];
            foreach (ref var value in row.AsSpan())
            {
                value = (float)random.NextGaussian();
            }
        }
        var start = Enumerable.Range(0, Features * SyntheticWaveforms.Kinds).Select(_ => (float)random.NextGaussian()).ToArray();
        foreach (var step in BySteps(Batches(8, 2).OfEpoch(0, 0)))
        {
            var (apart, together) = (Weights(), Weights());
            foreach (var batch in step)
            {
                (Loss(apart, [batch]) * batch.Share).backward();
            }
            Loss(together, step).backward();
            var expected = together.grad!.data<float>().ToArray();
            Assert.Contains(expected, value => Math.Abs(value) > 0.01);
            Assert.All(apart.grad!.data<float>().ToArray().Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 1e-5f));
        }

        Parameter Weights() => new(tensor(start, [Features, SyntheticWaveforms.Kinds]));

        Tensor Loss(Parameter weights, IReadOnlyList<TrainingBatch> step)
        {
            var clips = step.SelectMany(batch => batch.Clips).ToArray();
            var inputs = tensor(clips.SelectMany(clip => rows[clip]).ToArray(), [clips.Length, Features]);
            var targets = tensor(step.SelectMany(batch => batch.Targets).ToArray(), [clips.Length, SyntheticWaveforms.Kinds]);
            return TaggingLoss.Of(settings, inputs.matmul(weights), targets);
        }
    }

    internal static IEnumerable<List<TrainingBatch>> BySteps(IEnumerable<TrainingBatch> batches)
    {
        var step = new List<TrainingBatch>();
        foreach (var batch in batches)
        {
            step.Add(batch);
            if (batch.EndsStep)
            {
                yield return step;
                step = [];
            }
        }
    }

    private static TrainingBatches Batches(int batchSize, int accumulate) => new(
        _waveforms, _waveforms.Examples(0, 43), new TrainingSettings { BatchSize = batchSize, AccumulationSteps = accumulate, MaxAudioLength = 0.8, Augmentation = new() { ShuffleChunks = 0 } },
        SyntheticWaveforms.Kinds, seed: 9);

    private static string Describe(TrainingBatch batch) => $"{string.Join(' ', batch.Crops)} {batch.Share} {batch.EndsStep}";
}
