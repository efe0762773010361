using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using static TorchSharp.torch;

namespace OrleansTagging.Learning.Tests;

public sealed class TaggingLossTests
{
    [Theory]
    [InlineData("lsep", true, 1e-9)]
    [InlineData("lsep", false, 1e-4)]
    [InlineData("bce", true, 1e-9)]
    [InlineData("bce", false, 1e-4)]
    [InlineData("focal", true, 1e-9)]
    [InlineData("focal", false, 1e-4)]
    public void Value_and_gradient_equal_the_reference(string name, bool wide, double tolerance)
    {
        using var scope = NewDisposeScope();
        var figures = GoldenFiles.Json("metrics_and_losses.json");
        var expected = figures.GetProperty("losses").GetProperty(name);
        var type = wide ? ScalarType.Float64 : ScalarType.Float32;
        var scores = Matrix(GoldenFiles.Rows(figures.GetProperty("scores"))).to(type).detach();
        scores.requires_grad = true;
        var loss = TaggingLoss.Of(Named(name), scores, Matrix(GoldenFiles.Rows(figures.GetProperty("truth"))).to(type));
        loss.backward();
        var value = expected.GetProperty("value").GetDouble();
        Assert.Equal(value, loss.to(ScalarType.Float64).item<double>(), tolerance * value);
        var gradient = GoldenFiles.Rows(expected.GetProperty("gradient")).SelectMany(row => row).ToArray();
        var actual = scores.grad!.to(ScalarType.Float64).contiguous().data<double>().ToArray();
        Assert.Equal(gradient.Length, actual.Length);
        var scale = gradient.Max(Math.Abs);
        Assert.All(gradient.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, tolerance * scale));
    }

    [Theory]
    [InlineData("lsep", 4e4)]
    [InlineData("bce", (1e4 + 1e4 + 3e4) / 4)]
    [InlineData("focal", (1e4 + 1e4 + 3e4) / 4)]
    public void Scores_far_apart_do_not_overflow(string name, double expected)
    {
        using var scope = NewDisposeScope();
        var scores = tensor(new[] { 1e4f, -1e4f, 3e4f, 1e4f }, [1, 4]);
        scores.requires_grad = true;
        var loss = TaggingLoss.Of(Named(name), scores, tensor(new[] { 0f, 1f, 0f, 1f }, [1, 4]));
        loss.backward();
        Assert.Equal((float)expected, loss.item<float>(), 1f);
        Assert.All(scores.grad!.data<float>().ToArray(), value => Assert.True(float.IsFinite(value)));
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1f)]
    public void LSEP_of_a_clip_with_no_label_or_all_labels_has_neither_loss_nor_gradient(float label)
    {
        using var scope = NewDisposeScope();
        var scores = tensor(new[] { 3f, -1f, 2f }, [1, 3]);
        scores.requires_grad = true;
        var loss = LsepLoss.Of(scores, full(1, 3, label));
        loss.backward();
        Assert.Equal(0, loss.item<float>());
        Assert.All(scores.grad!.data<float>().ToArray(), value => Assert.Equal(0, value));
    }

    [Fact]
    public void LSEP_weighs_a_pair_by_how_far_the_clip_has_the_one_class_and_lacks_the_other()
    {
        using var scope = NewDisposeScope();
        double[] scores = [0.3, -1.2, 0.8, 0.1], targets = [0.7, 0.3, 0, 1];
        var pairs = 0.0;
        for (var has = 0; has < 4; has++)
        {
            for (var lacks = 0; lacks < 4; lacks++)
            {
                pairs += targets[has] * (1 - targets[lacks]) * Math.Exp(scores[lacks] - scores[has]);
            }
        }
        Assert.Equal(Math.Log(1 + pairs), LsepLoss.Of(tensor(scores, [1, 4]), tensor(targets, [1, 4])).item<double>(), 1e-12);
    }

    [Theory]
    [InlineData("bce")]
    [InlineData("focal")]
    public void A_binary_loss_of_a_target_in_between_is_the_mean_of_those_of_having_and_of_lacking_the_class(string name)
    {
        using var scope = NewDisposeScope();
        double At(double target) => TaggingLoss.Of(Named(name), tensor([0.4], [1, 1]), tensor([target], [1, 1])).item<double>();
        Assert.Equal(0.3 * At(1) + 0.7 * At(0), At(0.3), 1e-12);
    }

    [Fact]
    public void The_focal_loss_with_exponent_zero_is_binary_cross_entropy()
    {
        using var scope = NewDisposeScope();
        var (scores, targets) = (tensor([0.4, -2, 3.5], [1, 3]), tensor([1.0, 0, 0], [1, 3]));
        Assert.Equal(BinaryCrossEntropyLoss.Of(scores, targets).item<double>(), FocalLoss.Of(scores, targets, 0).item<double>(), 1e-12);
    }

    [Fact]
    public void A_loss_without_a_name_of_its_own_is_bad_input()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<InputException>(() => TaggingLoss.Of(Named("hinge"), zeros(1, 2), zeros(1, 2)));
        Assert.Throws<InputException>(() => TaggingLoss.Check(Named("hinge")));
    }

    private static TrainingSettings Named(string loss) => new() { Loss = loss };

    private static Tensor Matrix(double[][] rows) => tensor(rows.SelectMany(row => row).ToArray(), [rows.Length, rows[0].Length]);
}
