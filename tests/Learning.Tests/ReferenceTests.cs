using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTagging.Learning.Tests;

/// <summary>
/// The networks and losses beside the same written in plain PyTorch (reference/networks.py), on the same weights and batches, in float64.
/// What that
/// script printed is committed (reference/answers.json), so that the comparison runs where there is no PyTorch.
/// </summary>
public sealed class ReferenceTests
{
    private const int Classes = 5;
    private const int Steps = 20;
    private const double LearningRate = 0.0001;

    /// <summary>Names a folder that is to keep the cases for the script.</summary>
    private const string Variable = "LEARNING_REFERENCE_CASES";

    private static readonly NetworkSettings _small =
        new() { NumConvBlocks = 3, ConvBaseDepth = 8, GrowthRate = 1.5, StartDeepSupervisionOn = 1 };

    private static readonly Dictionary<string, Case> _cases = new()
    {
        ["cnn_2d"] = new("mel_512_256_16", _small, "lsep"),
        // Odd at every pooling, and clips that no pooling can halve.
        ["cnn_2d_odd"] = new("mel_512_256_23", _small with { StartDeepSupervisionOn = 0, GrowthRate = 1.3 }, "lsep", Shortest: 1),
        ["cnn_2d_ceil"] = new("mel_512_256_23", _small with { CeilMode = true }, "bce", Shortest: 1),
        ["cnn_2d_rnn"] = new(
            "mel_512_256_16", _small with { FrequencyMap = false, AggregationType = "rnn", RnnSize = 7 }, "focal", Shortest: 1),
        ["cnn_1d"] = new("stft_64_32", _small with { Type = "cnn_1d", StartDeepSupervisionOn = 0 }, "bce"),
        ["cnn_1d_ceil"] = new("stft_64_32", _small with { Type = "cnn_1d", CeilMode = true }, "lsep", Shortest: 1),
        ["cnn_1d_rnn"] = new("stft_64_32", _small with { Type = "cnn_1d", AggregationType = "rnn", RnnSize = 7 }, "lsep"),
        ["resnet_18"] = new("mel_512_256_64", _small with { Type = "resnet_18", ConvBaseDepth = 4 }, "bce"),
        ["resnet_34"] = new("mel_512_256_64", _small with { Type = "resnet_34", ConvBaseDepth = 4, FrequencyMap = false }, "lsep"),
    };

    private static readonly Lazy<JsonElement> _answers =
        new(() => JsonDocument.Parse(File.ReadAllText(InReference("answers.json"))).RootElement);

    public static TheoryData<string> Cases => [.. _cases.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_network_and_its_loss_equal_the_reference_on_the_same_weights(string name)
    {
        using var scope = NewDisposeScope();
        var (one, expected) = (_cases[name], _answers.Value.GetProperty(name));
        using var network = one.Network();
        network.to(ScalarType.Float64);
        Assert.Equal(expected.GetProperty("parameters").GetInt64(), network.parameters().Sum(parameter => parameter.numel()));
        network.train();
        var batch = one.Batch(0);
        var loss = one.Loss(network, batch);
        loss.backward();
        Assert.Equal(expected.GetProperty("loss").GetDouble(), loss.item<double>(), 1e-6);
        var wrong = new List<string>();
        foreach (var (parameter, weight) in network.named_parameters())
        {
            var norm = expected.GetProperty("gradients").GetProperty(parameter).GetDouble();
            var actual = Math.Sqrt(weight.grad!.detach().contiguous().data<double>().ToArray().Sum(value => value * value));
            if (!(Math.Abs(norm - actual) <= 1e-5 * Math.Max(0.01, norm)))
            {
                wrong.Add($"{parameter}: {actual}, not {norm}");
            }
        }
        Assert.Empty(wrong);
        network.eval();
        using var gradients = no_grad();
        var scores = network.call(batch.Features, batch.Mask, null).data<double>().ToArray();
        var reference = expected.GetProperty("scores").EnumerateArray().Select(score => score.GetDouble()).ToArray();
        Assert.Equal(reference.Length, scores.Length);
        var scale = Math.Max(1, reference.Max(Math.Abs));
        Assert.All(reference.Zip(scores), pair => Assert.Equal(pair.First, pair.Second, 1e-6 * scale));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Twenty_steps_of_training_follow_the_losses_of_the_reference(string name)
    {
        var (one, expected) = (_cases[name], _answers.Value.GetProperty(name).GetProperty("losses"));
        using var network = one.Network();
        network.to(ScalarType.Float64);
        using var optimizer = optim.Adam(network.parameters(), lr: LearningRate, amsgrad: true);
        network.train();
        for (var step = 0; step < Steps; step++)
        {
            using var scope = NewDisposeScope();
            var loss = one.Loss(network, one.Batch(step % Case.Batches));
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            Assert.Equal(expected[step].GetDouble(), loss.item<double>(), 1e-5);
        }
    }

    [Fact]
    public void The_committed_answers_are_what_the_reference_prints()
    {
        var kept = Environment.GetEnvironmentVariable(Variable);
        var folder = kept ?? Directory.CreateTempSubdirectory("learning-reference-").FullName;
        try
        {
            Write(folder);
            var printed = Run(folder);
            Assert.SkipWhen(printed is null, "No python3 with torch on this machine, which would run the reference anew.");
            var answers = JsonDocument.Parse(printed!).RootElement;
            foreach (var name in _cases.Keys)
            {
                var (now, then) = (answers.GetProperty(name), _answers.Value.GetProperty(name));
                Assert.Equal(then.GetProperty("parameters").GetInt64(), now.GetProperty("parameters").GetInt64());
                Assert.Equal(then.GetProperty("loss").GetDouble(), now.GetProperty("loss").GetDouble(), 1e-6);
                AssertClose(then.GetProperty("scores"), now.GetProperty("scores"), 1e-6);
                AssertClose(then.GetProperty("losses"), now.GetProperty("losses"), 1e-5);
            }
        }
        finally
        {
            if (kept is null)
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        static void AssertClose(JsonElement left, JsonElement right, double tolerance)
        {
            Assert.Equal(left.GetArrayLength(), right.GetArrayLength());
            Assert.All(left.EnumerateArray().Zip(right.EnumerateArray()), pair =>
                Assert.Equal(pair.First.GetDouble(), pair.Second.GetDouble(), tolerance * Math.Max(1, Math.Abs(pair.First.GetDouble()))));
        }
    }

    private static string InReference(string name) => Path.Combine(AppContext.BaseDirectory, "reference", name);

    private static void Write(string folder)
    {
        foreach (var (name, one) in _cases)
        {
            var own = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
            using var network = one.Network();
            foreach (var (parameter, weight) in network.named_parameters())
            {
                WriteValues(parameter, weight.detach().contiguous().data<float>().ToArray());
            }
            for (var batch = 0; batch < Case.Batches; batch++)
            {
                WriteValues($"features{batch}", one.Features(batch));
                WriteValues($"targets{batch}", one.Targets(batch));
            }

            void WriteValues(string file, float[] values) =>
                File.WriteAllBytes(Path.Combine(own, $"{file}.f32"), MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
        }
        var facts = _cases.ToDictionary(named => named.Key, named => new
        {
            named.Value.Settings.Type,
            named.Value.Settings.FrequencyMap,
            named.Value.Settings.AggregationType,
            named.Value.Settings.RnnSize,
            named.Value.Settings.NumConvBlocks,
            named.Value.Settings.ConvBaseDepth,
            named.Value.Settings.GrowthRate,
            named.Value.Settings.StartDeepSupervisionOn,
            named.Value.Settings.CeilMode,
            named.Value.Bands,
            named.Value.LossName,
            FocalGamma = Case.Gamma,
            Classes,
            Steps,
            LearningRate,
            Batches = Enumerable.Range(0, Case.Batches).Select(named.Value.Lengths),
        });
        File.WriteAllText(
            Path.Combine(folder, "cases.json"), JsonSerializer.Serialize(facts, new JsonSerializerOptions(JsonSerializerDefaults.Web)));
    }

    // What the script prints, by the first Python that has torch; null where none has.
    private static string? Run(string folder)
    {
        foreach (var python in new[] { "python3", "/usr/bin/python3" })
        {
            try
            {
                if (Output(python, "-c", "import torch") is not null)
                {
                    return Output(python, InReference("networks.py"), folder)
                        ?? throw new InvalidOperationException("The reference failed.");
                }
            }
            catch (Win32Exception)
            {
                // This Python is not there.
            }
        }
        return null;
    }

    private static string? Output(string program, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        TestContext.Current.SendDiagnosticMessage(errors.GetAwaiter().GetResult());
        return process.ExitCode == 0 ? output : null;
    }

    /// <summary>A network, a loss, and batches of noise of mixed lengths with random labels.</summary>
    private sealed record Case(string FeatureName, NetworkSettings Settings, string LossName, int Shortest = 30)
    {
        public const int Batches = 2;
        public const double Gamma = 1.5;

        private const int Clips = 8;

        public int Bands => FeatureDescriptor.Parse(FeatureName).Bands;

        public TaggingNetwork Network() =>
            TaggingNetwork.Of(new ModelSettings { Features = FeatureName, Network = Settings }, Classes, new WeightDraw(5));

        public int[] Lengths(int batch)
        {
            var random = SeededRandom.Of(41, (ulong)batch);
            return [.. Enumerable.Range(0, Clips).Select(clip => clip == 0 ? Shortest : 30 + random.NextInt(90))];
        }

        public float[] Features(int batch)
        {
            var lengths = Lengths(batch);
            var frames = lengths.Max();
            var values = new float[Clips * frames * Bands];
            var random = SeededRandom.Of(42, (ulong)batch);
            for (var clip = 0; clip < Clips; clip++)
            {
                // Every clip has a band of its own that stands out, so that there is something to learn.
                for (var value = 0; value < lengths[clip] * Bands; value++)
                {
                    values[clip * frames * Bands + value] = (float)(random.NextGaussian() + (value % Bands == clip ? 3 : 0) - 2);
                }
            }
            return values;
        }

        public float[] Targets(int batch)
        {
            var random = SeededRandom.Of(43, (ulong)batch);
            var values = new float[Clips * Classes];
            for (var clip = 0; clip < Clips; clip++)
            {
                values[clip * Classes + random.NextInt(Classes)] = 1;
                values[clip * Classes + random.NextInt(Classes)] = 1;
            }
            return values;
        }

        public (Tensor Features, FrameMask Mask, Tensor Targets) Batch(int batch)
        {
            var lengths = Lengths(batch);
            return (
                tensor(Features(batch), [Clips, lengths.Max(), Bands]).to(ScalarType.Float64),
                new FrameMask(lengths, lengths.Max(), CPU),
                tensor(Targets(batch), [Clips, Classes]).to(ScalarType.Float64));
        }

        public Tensor Loss(TaggingNetwork network, (Tensor Features, FrameMask Mask, Tensor Targets) batch) => TaggingLoss.Of(
            new TrainingSettings { Loss = LossName, FocalGamma = Gamma }, network.call(batch.Features, batch.Mask, null), batch.Targets);
    }
}
