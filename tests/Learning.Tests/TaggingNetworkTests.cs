using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace OrleansTagging.Learning.Tests;

public sealed class TaggingNetworkTests
{
    private static readonly NetworkSettings _settings = new() { Blocks = 4, BaseDepth = 8, Hidden = 16, Dropout = 0.3 };

    private readonly SyntheticWaveforms _waveforms = SyntheticWaveforms.OfMixedLengths(16);

    [Fact]
    public void A_clip_scores_the_same_alone_and_in_a_batch_of_sixteen_of_mixed_lengths()
    {
        using var scope = NewDisposeScope();
        using var spectrogram = Spectrogram();
        using var network = Trained(spectrogram);
        network.eval();
        using var gradients = no_grad();
        var crops = Crops();
        var together = Scores(network, ClipBatch.Of(_waveforms, crops, spectrogram, CPU));
        for (var clip = 0; clip < crops.Length; clip++)
        {
            var alone = Scores(network, ClipBatch.Of(_waveforms, [crops[clip]], spectrogram, CPU));
            Assert.All(alone.Index(), score => Assert.Equal(score.Item, together[clip * 4 + score.Index], 1e-4f));
        }
    }

    [Fact]
    public void A_clip_of_one_sample_is_scored_the_same_alone_and_beside_a_long_one()
    {
        var waveforms = SyntheticWaveforms.Of(1, 9000);
        using var scope = NewDisposeScope();
        using var spectrogram = Spectrogram();
        using var network = Trained(spectrogram);
        network.eval();
        using var gradients = no_grad();
        var alone = Scores(network, ClipBatch.Of(waveforms, [ClipCrop.Whole(0, 1)], spectrogram, CPU));
        var beside = Scores(network, ClipBatch.Of(waveforms, [ClipCrop.Whole(0, 1), ClipCrop.Whole(1, 9000)], spectrogram, CPU));
        Assert.All(alone.Index(), score => Assert.Equal(score.Item, beside[score.Index], 1e-4f));
    }

    [Fact]
    public void A_training_step_does_not_depend_on_how_much_padding_there_is()
    {
        using var scope = NewDisposeScope();
        using var spectrogram = Spectrogram();
        var (tight, tightGradients) = Step(spectrogram, slack: 0);
        var (loose, looseGradients) = Step(spectrogram, slack: 5000);
        foreach (var (name, gradient) in tightGradients)
        {
            AssertClose(name, gradient, looseGradients[name], 1e-4);
        }
        foreach (var (name, buffer) in tight.named_buffers())
        {
            AssertClose(name, buffer, loose.named_buffers().Single(other => other.name == name).buffer, 1e-5);
        }
    }

    [Fact]
    public void Statistics_of_a_padded_batch_are_those_of_its_valid_cells()
    {
        using var scope = NewDisposeScope();
        var norm = new MaskedBatchNorm(3);
        var x = Noise(4, 3, 7, 5);
        x.requires_grad = true;
        var mask = new FrameMask([7, 3, 1, 5], 7, CPU);
        var weights = Noise(4, 3, 7, 5);
        (norm.call(mask.Silence(x), mask) * weights).sum().backward();

        // The plain form: the valid cells gathered, normalised as one long clip.
        var plain = x.detach();
        plain.requires_grad = true;
        var rows = new List<Tensor>();
        var rowWeights = new List<Tensor>();
        for (var clip = 0; clip < 4; clip++)
        {
            rows.Add(plain.narrow(0, clip, 1).narrow(2, 0, mask.Lengths[clip]));
            rowWeights.Add(weights.narrow(0, clip, 1).narrow(2, 0, mask.Lengths[clip]));
        }
        var reference = new MaskedBatchNorm(3);
        (reference.call(cat(rows, 2), new FrameMask([16], 16, CPU)) * cat(rowWeights, 2)).sum().backward();

        AssertClose("input", x.grad!, plain.grad!, 1e-5);
        foreach (var (name, buffer) in norm.named_buffers())
        {
            AssertClose(name, buffer, reference.named_buffers().Single(other => other.name == name).buffer, 1e-6);
        }
        foreach (var (name, parameter) in norm.named_parameters())
        {
            AssertClose(name, parameter.grad!, reference.named_parameters().Single(other => other.name == name).parameter.grad!, 1e-5);
        }
    }

    [Fact]
    public void Saved_weights_give_the_same_scores_when_they_are_loaded()
    {
        using var scope = NewDisposeScope();
        using var spectrogram = Spectrogram();
        using var network = Trained(spectrogram);
        using var file = new MemoryStream();
        network.save(file);
        using var loaded = new TaggingNetwork(_settings, 4, new WeightDraw(99));
        loaded.load(new MemoryStream(file.ToArray()));
        network.eval();
        loaded.eval();
        using var gradients = no_grad();
        var batch = ClipBatch.Of(_waveforms, Crops(), spectrogram, CPU);
        Assert.Equal(Scores(network, batch), Scores(loaded, batch));
    }

    [Fact]
    public void The_same_seed_draws_the_same_weights_and_another_draws_others()
    {
        using var one = new TaggingNetwork(_settings, 4, new WeightDraw(1));
        using var same = new TaggingNetwork(_settings, 4, new WeightDraw(1));
        using var other = new TaggingNetwork(_settings, 4, new WeightDraw(2));
        Assert.Equal(Weights(one), Weights(same));
        Assert.NotEqual(Weights(one), Weights(other));
    }

    [Theory]
    [InlineData("cnn_3d", 4, 2)]
    [InlineData("cnn_2d", 0, 1)]
    [InlineData("cnn_2d", 4, 5)]
    public void Settings_that_make_no_network_are_refused(string type, int blocks, int deepSupervisionFrom)
    {
        var settings = _settings with { Type = type, Blocks = blocks, DeepSupervisionFrom = deepSupervisionFrom };
        Assert.Throws<InputException>(() => new TaggingNetwork(settings, 4, new WeightDraw(1)));
    }

    private static LogMelSpectrogram Spectrogram() => new(FeatureDescriptor.Parse("mel_512_256_32"), 8000, CPU);

    private ClipCrop[] Crops() => [.. Enumerable.Range(0, 16).Select(clip => ClipCrop.Whole(clip, _waveforms.Length(clip)))];

    // A step of training moves running statistics and weights off their first values.
    private TaggingNetwork Trained(LogMelSpectrogram spectrogram)
    {
        var network = new TaggingNetwork(_settings, 4, new WeightDraw(7));
        using var optimizer = optim.Adam(network.parameters(), lr: 0.01, amsgrad: true);
        for (var step = 0; step < 3; step++)
        {
            Loss(network, spectrogram, 0).backward();
            optimizer.step();
            optimizer.zero_grad();
        }
        return network;
    }

    private (TaggingNetwork Network, Dictionary<string, Tensor> Gradients) Step(LogMelSpectrogram spectrogram, int slack)
    {
        var network = new TaggingNetwork(_settings, 4, new WeightDraw(7));
        Loss(network, spectrogram, slack).backward();
        return (network, network.named_parameters().ToDictionary(named => named.name, named => named.parameter.grad!));
    }

    private Tensor Loss(TaggingNetwork network, LogMelSpectrogram spectrogram, int slack)
    {
        network.train();
        var batch = ClipBatch.Of(_waveforms, Crops(), spectrogram, CPU, slack);
        var dropout = new KeyedDropout(1, 0, [.. Enumerable.Range(0, 16)]);
        return LsepLoss.Of(network.call(batch.Features, batch.Mask, dropout), LabelledExample.Targets(_waveforms.Examples(0, 16), 4, CPU));
    }

    private static float[] Scores(TaggingNetwork network, ClipBatch batch) => network.call(batch.Features, batch.Mask, null).data<float>().ToArray();

    private static float[] Weights(TaggingNetwork network) => [.. network.parameters().SelectMany(weight => weight.data<float>().ToArray())];

    private static Tensor Noise(params long[] shape)
    {
        var random = SeededRandom.Of(31, (ulong)shape.Sum());
        var values = new float[shape.Aggregate(1L, (product, size) => product * size)];
        foreach (ref var value in values.AsSpan())
        {
            value = (float)(0.5 + random.NextGaussian());
        }
        return tensor(values, shape);
    }

    private static void AssertClose(string name, Tensor left, Tensor right, double tolerance)
    {
        var (a, b) = (left.detach().contiguous().data<float>().ToArray(), right.detach().contiguous().data<float>().ToArray());
        Assert.Equal(a.Length, b.Length);
        var scale = Math.Max(1, a.Max(Math.Abs));
        var difference = a.Zip(b, (x, y) => Math.Abs(x - y)).Max();
        Assert.True(difference <= tolerance * scale, $"{name}: differs by {difference}, at a scale of {scale}.");
    }
}
