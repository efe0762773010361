using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace OrleansTagging.Learning.Tests;

public sealed class TaggingNetworkTests
{
    private static readonly NetworkSettings _settings = new() { NumConvBlocks = 4, ConvBaseDepth = 8, GrowthRate = 1.5, StartDeepSupervisionOn = 1, OutputDropout = 0.3 };

    private static readonly Dictionary<string, ModelSettings> _models = new()
    {
        ["cnn_2d"] = new() { Features = "mel_512_256_32", Network = _settings },
        ["cnn_2d without map"] = new() { Features = "mel_512_256_32", Network = _settings with { FrequencyMap = false } },
        ["cnn_2d that keeps odd frames"] = new() { Features = "mel_512_256_31", Network = _settings with { CeilMode = true } },
        ["cnn_2d with GRU"] = new() { Features = "mel_512_256_32", Network = _settings with { AggregationType = "rnn", RnnSize = 6 } },
        ["cnn_1d"] = new() { Features = "stft_64_32", Network = _settings with { Type = "cnn_1d" } },
        ["cnn_1d with GRU"] = new()
        {
            Features = "stft_64_32",
            Network = _settings with { Type = "cnn_1d", AggregationType = "rnn", RnnSize = 6 },
        },
        ["resnet_18"] = new() { Features = "mel_512_256_32", Network = _settings with { Type = "resnet_18", ConvBaseDepth = 4 } },
        ["resnet_34"] = new() { Features = "mel_512_256_32", Network = _settings with { Type = "resnet_34", ConvBaseDepth = 4 } },
    };

    public static TheoryData<string> Models => [.. _models.Keys];

    private readonly SyntheticWaveforms _waveforms = SyntheticWaveforms.OfMixedLengths(16);

    [Theory]
    [MemberData(nameof(Models))]
    public void A_clip_scores_the_same_alone_and_in_a_batch_of_sixteen_of_mixed_lengths(string model)
    {
        using var scope = NewDisposeScope();
        using var spectrogram = Spectrogram(model);
        using var network = Trained(model, spectrogram);
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

    [Theory]
    [MemberData(nameof(Models))]
    public void A_clip_of_one_sample_is_scored_the_same_alone_and_beside_a_long_one(string model)
    {
        var waveforms = SyntheticWaveforms.Of(1, 9000);
        using var scope = NewDisposeScope();
        using var spectrogram = Spectrogram(model);
        using var network = Trained(model, spectrogram);
        network.eval();
        using var gradients = no_grad();
        var alone = Scores(network, ClipBatch.Of(waveforms, [ClipCrop.Whole(0, 1)], spectrogram, CPU));
        var beside = Scores(network, ClipBatch.Of(waveforms, [ClipCrop.Whole(0, 1), ClipCrop.Whole(1, 9000)], spectrogram, CPU));
        Assert.All(alone.Index(), score => Assert.Equal(score.Item, beside[score.Index], 1e-4f));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_training_step_does_not_depend_on_how_much_padding_there_is(string model)
    {
        using var scope = NewDisposeScope();
        using var spectrogram = Spectrogram(model);
        var (tight, tightGradients) = Step(model, spectrogram, slack: 0);
        var (loose, looseGradients) = Step(model, spectrogram, slack: 5000);
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
    public void With_padding_of_zeros_a_clip_is_heard_with_silence_to_the_longest_ones_end()
    {
        const string Model = "cnn_2d";
        using var scope = NewDisposeScope();
        using var spectrogram = Spectrogram(Model);
        using var network = Trained(Model, spectrogram);
        network.eval();
        using var gradients = no_grad();
        var waveforms = SyntheticWaveforms.Of(6000, 9000);
        ClipCrop[] crops = [ClipCrop.Whole(0, 6000), ClipCrop.Whole(1, 9000)];
        var padded = ClipBatch.Of(waveforms, crops, spectrogram, CPU, masks: false);
        Assert.False(padded.Mask.HasPadding);
        // The first clip with its silence, as a clip of its own.
        var silent = new float[9000];
        waveforms.Samples(0).CopyTo(silent);
        var lone = padded.Features.narrow(0, 0, 1).transpose(1, 2).contiguous().data<float>().ToArray();
        Assert.All(spectrogram.OfClip(silent).Zip(lone), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
        var (zeros, masked) = (Scores(network, padded), Scores(network, ClipBatch.Of(waveforms, crops, spectrogram, CPU)));
        Assert.Contains(zeros[..4].Zip(masked[..4]), pair => Math.Abs(pair.First - pair.Second) > 1e-3);
        Assert.All(zeros[4..].Zip(masked[4..]), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Weights_and_biases_begin_as_pytorch_has_them(string model)
    {
        using var network = Network(model, 3);
        foreach (var (name, parameter) in network.named_parameters())
        {
            var values = parameter.data<float>().ToArray();
            var layer = name.Split('.') is [.., var last, _] ? last : name;
            if (layer != "conv_modules" && (layer.StartsWith("conv", StringComparison.Ordinal) || layer.StartsWith("linear", StringComparison.Ordinal)))
            {
                var weight = network.named_parameters().Single(other => other.name == name[..name.LastIndexOf('.')] + ".weight").parameter;
                var bound = 1 / Math.Sqrt(weight.numel() / weight.shape[0]);
                Assert.InRange(values.Max(Math.Abs), values.Length < 100 ? 0.3 * bound : 0.95 * bound, bound);
            }
            else if (layer.StartsWith("prelu", StringComparison.Ordinal))
            {
                Assert.All(values, value => Assert.Equal(0.25f, value));
            }
            else if (layer.StartsWith("bn", StringComparison.Ordinal))
            {
                Assert.All(values, value => Assert.Equal(name.EndsWith("weight", StringComparison.Ordinal) ? 1f : 0f, value));
            }
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

    [Theory]
    [MemberData(nameof(Models))]
    public void Saved_weights_give_the_same_scores_when_they_are_loaded(string model)
    {
        using var scope = NewDisposeScope();
        using var spectrogram = Spectrogram(model);
        using var network = Trained(model, spectrogram);
        using var file = new MemoryStream();
        network.save(file);
        using var loaded = Network(model, 99);
        loaded.load(new MemoryStream(file.ToArray()));
        network.eval();
        loaded.eval();
        using var gradients = no_grad();
        var batch = ClipBatch.Of(_waveforms, Crops(), spectrogram, CPU);
        Assert.Equal(Scores(network, batch), Scores(loaded, batch));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void The_same_seed_draws_the_same_weights_and_another_draws_others(string model)
    {
        using var one = Network(model, 1);
        using var same = Network(model, 1);
        using var other = Network(model, 2);
        Assert.Equal(Weights(one), Weights(same));
        Assert.NotEqual(Weights(one), Weights(other));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_network_that_was_moved_scores_by_its_moved_weights(string model)
    {
        using var scope = NewDisposeScope();
        using var spectrogram = Spectrogram(model);
        using var network = Trained(model, spectrogram);
        network.eval();
        using var gradients = no_grad();
        var batch = ClipBatch.Of(_waveforms, Crops(), spectrogram, CPU);
        var before = Scores(network, batch);
        // There and back: as to another device, every weight becomes another tensor.
        network.to(ScalarType.Float64);
        network.to(ScalarType.Float32);
        Assert.Equal(before, Scores(network, batch));
        foreach (var (_, parameter) in network.named_parameters())
        {
            parameter.zero_();
        }
        Assert.All(Scores(network, batch), score => Assert.Equal(0, score));
    }

    [Theory]
    [InlineData("cnn_3d", 4, 1)]
    [InlineData("cnn_2d", 0, 0)]
    [InlineData("cnn_2d", 4, 4)]
    [InlineData("cnn_2d", 4, -1)]
    [InlineData("cnn_2d", 6, 1)]
    [InlineData("cnn_1d", 4, 4)]
    [InlineData("resnet_18", 4, 4)]
    [InlineData("resnet_18", 4, 1, "rnn")]
    [InlineData("cnn_2d", 4, 1, "mean")]
    [InlineData("cnn_2d", 4, 1, "max", "edge")]
    public void Settings_that_make_no_network_are_refused(
        string type, int blocks, int start, string aggregation = "max", string padding = "masked")
    {
        var settings = _settings with
        {
            Type = type,
            NumConvBlocks = blocks,
            StartDeepSupervisionOn = start,
            AggregationType = aggregation,
            Padding = padding,
        };
        Assert.Throws<InputException>(() => TaggingNetwork.Of(_models["cnn_2d"] with { Network = settings }, 4, new WeightDraw(1)));
    }

    private static LogSpectrogram Spectrogram(string model) => new(FeatureDescriptor.Parse(_models[model].Features), 8000, CPU);

    private static TaggingNetwork Network(string model, ulong seed) => TaggingNetwork.Of(_models[model], 4, new WeightDraw(seed));

    private ClipCrop[] Crops() => [.. Enumerable.Range(0, 16).Select(clip => ClipCrop.Whole(clip, _waveforms.Length(clip)))];

    // A step of training moves running statistics and weights off their first values.
    private TaggingNetwork Trained(string model, LogSpectrogram spectrogram)
    {
        var network = Network(model, 7);
        using var optimizer = optim.Adam(network.parameters(), lr: 0.01, amsgrad: true);
        for (var step = 0; step < 3; step++)
        {
            Loss(network, spectrogram, 0).backward();
            optimizer.step();
            optimizer.zero_grad();
        }
        return network;
    }

    private (TaggingNetwork Network, Dictionary<string, Tensor> Gradients) Step(string model, LogSpectrogram spectrogram, int slack)
    {
        var network = Network(model, 7);
        Loss(network, spectrogram, slack).backward();
        return (network, network.named_parameters().ToDictionary(named => named.name, named => named.parameter.grad!));
    }

    private Tensor Loss(TaggingNetwork network, LogSpectrogram spectrogram, int slack)
    {
        network.train();
        var batch = ClipBatch.Of(_waveforms, Crops(), spectrogram, CPU, slack: slack);
        var dropout = new KeyedDropout(1, 0, [.. Enumerable.Range(0, 16)]);
        return LsepLoss.Of(network.call(batch.Features, batch.Mask, dropout), LabelledExample.Targets(_waveforms.Examples(0, 16), 4, CPU));
    }

    private static float[] Scores(TaggingNetwork network, ClipBatch batch) =>
        network.call(batch.Features, batch.Mask, null).data<float>().ToArray();

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
