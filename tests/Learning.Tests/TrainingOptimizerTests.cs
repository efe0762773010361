using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace OrleansTagging.Learning.Tests;

public sealed class TrainingOptimizerTests
{
    [Theory]
    [InlineData(true, 1e-12)]
    [InlineData(false, 1e-5)]
    public void Descent_with_momentum_decay_and_falling_rate_goes_pytorchs_way(bool wide, double tolerance)
    {
        using var scope = NewDisposeScope();
        var figures = GoldenFiles.Json("descent.json");
        var type = wide ? ScalarType.Float64 : ScalarType.Float32;
        var expected = GoldenFiles.Rows(figures.GetProperty("trajectory"));
        var matrix = tensor(GoldenFiles.Rows(figures.GetProperty("matrix")).SelectMany(row => row).ToArray(), [3, 3]).to(type);
        var target = tensor(Numbers(figures.GetProperty("target"))).to(type);
        var parameter = new Parameter(tensor(Numbers(figures.GetProperty("start"))).to(type));
        var steps = figures.GetProperty("steps").GetInt32();
        var schedule = LearningRateSchedule.Of(new TrainingSettings { Lr = 0.02, Scheduler = "steplr_2_0.5" }, steps);
        using var optimizer = TrainingOptimizer.Of(
            new TrainingSettings { Optimizer = "momentum", Momentum = 0.9, WeightDecay = 0.01 }, [parameter]);
        for (var step = 0; step < expected.Length; step++)
        {
            optimizer.zero_grad();
            (matrix.matmul(parameter) - target).pow(2).sum().backward();
            foreach (var group in optimizer.ParamGroups)
            {
                group.LearningRate = schedule.Rate(step);
            }
            optimizer.step();
            var found = parameter.detach().to(ScalarType.Float64).data<double>().ToArray();
            Assert.All(found.Zip(expected[step]), pair => Assert.Equal(pair.Second, pair.First, tolerance));
        }
    }

    [Fact]
    public void Descent_without_momentum_goes_down_the_gradient()
    {
        using var scope = NewDisposeScope();
        var parameter = new Parameter(tensor(new[] { 2f }));
        using var optimizer = TrainingOptimizer.Of(new TrainingSettings { Optimizer = "momentum", Momentum = 0, WeightDecay = 0 }, [parameter]);
        foreach (var group in optimizer.ParamGroups)
        {
            group.LearningRate = 0.25;
        }
        parameter.pow(2).sum().backward();
        optimizer.step();
        Assert.Equal(1f, parameter.item<float>(), 1e-6f);
    }

    [Fact]
    public void An_unknown_optimiser_is_bad_input() =>
        Assert.Contains(
            "'lion'", Assert.Throws<InputException>(() => TrainingOptimizer.Of(new TrainingSettings { Optimizer = "lion" }, [])).Message,
            StringComparison.Ordinal);

    private static double[] Numbers(System.Text.Json.JsonElement element) =>
        [.. element.EnumerateArray().Select(value => value.GetDouble())];
}
