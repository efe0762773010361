using static TorchSharp.torch;

namespace OrleansTagging.Learning.Tests;

public sealed class LsepLossTests
{
    [Theory]
    [InlineData(true, 1e-9)]
    [InlineData(false, 1e-4)]
    public void Value_and_gradient_equal_the_reference(bool wide, double tolerance)
    {
        using var scope = NewDisposeScope();
        var figures = GoldenFiles.Json("metrics_and_losses.json");
        var expected = figures.GetProperty("losses").GetProperty("lsep");
        var type = wide ? ScalarType.Float64 : ScalarType.Float32;
        var scores = Matrix(GoldenFiles.Rows(figures.GetProperty("scores"))).to(type).detach();
        scores.requires_grad = true;
        var loss = LsepLoss.Of(scores, Matrix(GoldenFiles.Rows(figures.GetProperty("truth"))).to(type));
        loss.backward();
        var value = expected.GetProperty("value").GetDouble();
        Assert.Equal(value, loss.to(ScalarType.Float64).item<double>(), tolerance * Math.Max(1, value));
        var gradient = GoldenFiles.Rows(expected.GetProperty("gradient")).SelectMany(row => row).ToArray();
        var actual = scores.grad!.to(ScalarType.Float64).contiguous().data<double>().ToArray();
        Assert.Equal(gradient.Length, actual.Length);
        Assert.All(gradient.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, tolerance));
    }

    [Fact]
    public void Scores_far_apart_do_not_overflow()
    {
        using var scope = NewDisposeScope();
        var scores = tensor(new[] { 1e4f, -1e4f, 3e4f, 0f }, [1, 4]);
        scores.requires_grad = true;
        var loss = LsepLoss.Of(scores, tensor(new[] { 0f, 1f, 0f, 1f }, [1, 4]));
        loss.backward();
        Assert.Equal(4e4f, loss.item<float>(), 1f);
        Assert.All(scores.grad!.data<float>().ToArray(), value => Assert.True(float.IsFinite(value)));
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1f)]
    public void A_clip_with_no_label_or_all_labels_adds_neither_loss_nor_gradient(float label)
    {
        using var scope = NewDisposeScope();
        var scores = tensor(new[] { 3f, -1f, 2f }, [1, 3]);
        scores.requires_grad = true;
        var loss = LsepLoss.Of(scores, full(1, 3, label));
        loss.backward();
        Assert.Equal(0, loss.item<float>());
        Assert.All(scores.grad!.data<float>().ToArray(), value => Assert.Equal(0, value));
    }

    private static Tensor Matrix(double[][] rows) => tensor(rows.SelectMany(row => row).ToArray(), [rows.Length, rows[0].Length]);
}
