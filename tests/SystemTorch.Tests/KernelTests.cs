using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace OrleansTagging.SystemTorch.Tests;

/// <summary>The loops that take libtorch's place for floats, against libtorch's own for doubles.</summary>
public sealed class KernelTests
{
    public static TheoryData<string> Names => [.. Functions.Keys];

    // Each on an image [3, 5, 6, 7] with the channels last in memory.
    private static Dictionary<string, Func<Tensor, Tensor>> Functions { get; } = new()
    {
        ["batch norm"] = x => F.batch_norm(x, null, null, Channels(x, 0.5), Channels(x, -1), training: true),
        ["batch norm without weights"] = x => F.batch_norm(x, null, null, training: true),
        ["batch norm of rows"] = x => F.batch_norm(x.reshape(90, 7), null, null, training: true),
        ["batch norm of one channel"] = x => F.batch_norm(x.reshape(3, 1, 30, 7), null, null, training: true),
        ["max pool of whole and cut windows"] = x => F.max_pool2d(x, [2L, 2L], ceil_mode: true),
        ["max pool of whole windows alone"] = x => F.max_pool2d(x, [2L, 2L]),
        ["max pool of pairs"] = x => F.max_pool2d(x.narrow(3, 0, 6).permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2), [2L, 2L]),
        ["max pool of uneven windows"] = x => F.max_pool2d(x, [4L, 3L], ceil_mode: true),
        ["max pool of planes"] = x => F.max_pool2d(x, [6L, 7L]),
        ["rows picked in order"] = x => x.contiguous().index_select(0, tensor([0L, 2L])),
        ["rows picked twice"] = x => x.contiguous().index_select(0, tensor([2L, 0L, 2L])),
        ["rows put in"] = x => full([5, 5, 6, 7], -3, dtype: x.dtype).index_copy_(0, tensor([4L, 1L, 2L]), x.contiguous()),
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void Values_gradients_and_their_gradients_are_those_of_double_precision(string name)
    {
        using var scope = NewDisposeScope();
        var image = randn([3, 6, 7, 5], generator: new Generator(3));
        var single = Of(Functions[name], image);
        var exact = Of(Functions[name], image.to(float64));
        for (var i = 0; i < single.Length; i++)
        {
            Assert.Equal(exact[i].shape, single[i].shape);
            var off = (single[i].to(float64) - exact[i]).abs().max().item<double>();
            Assert.True(off <= 2e-5 * (1 + exact[i].abs().max().item<double>()), $"figure {i} is off by {off}");
        }
    }

    [Fact]
    public void Batch_norm_moves_the_running_figures_as_in_double_precision()
    {
        using var scope = NewDisposeScope();
        var image = (3 + 2 * randn([3, 6, 7, 5], generator: new Generator(3))).permute(0, 3, 1, 2);
        var (mean, variance) = (zeros(5), ones(5));
        var (exactMean, exactVariance) = (zeros(5, dtype: float64), ones(5, dtype: float64));
        F.batch_norm(image, mean, variance, training: true, momentum: 0.3);
        F.batch_norm(image.to(float64), exactMean, exactVariance, training: true, momentum: 0.3);
        Assert.Equal(0, (mean.to(float64) - exactMean).abs().max().item<double>(), 1e-6);
        Assert.Equal(0, (variance.to(float64) - exactVariance).abs().max().item<double>(), 1e-6);
    }

    [Fact]
    public void A_NaN_is_the_maximum_of_its_window()
    {
        using var scope = NewDisposeScope();
        var image = zeros(1, 1, 4, 4);
        image.index_put_(float.NaN, TensorIndex.Single(0), TensorIndex.Single(0), TensorIndex.Single(1), TensorIndex.Single(2));
        Assert.Equal([0, float.NaN, 0, 0], F.max_pool2d(image, [2L, 2L]).data<float>().ToArray());
    }

    [Fact]
    public void A_row_that_is_not_there_is_refused()
    {
        using var scope = NewDisposeScope();
        Assert.ThrowsAny<Exception>(() => ones(3, 2).index_select(0, tensor([3L])));
        Assert.ThrowsAny<Exception>(() => ones(3, 2).index_copy_(0, tensor([-1L]), ones(1, 2)));
    }

    // The result, its gradient, the same gradient made to be differentiated, and the gradient of that.
    private static Tensor[] Of(Func<Tensor, Tensor> function, Tensor image)
    {
        var leaf = image.detach().requires_grad_(true);
        var result = function(leaf.permute(0, 3, 1, 2));
        var factor = linspace(-1, 2, result.NumberOfElements, dtype: image.dtype).reshape(result.shape);
        var plain = autograd.grad([(result * factor).sum()], [leaf], retain_graph: true)[0];
        var twice = autograd.grad([(result.pow(2) * factor).sum()], [leaf], create_graph: true)[0];
        var second = autograd.grad([twice.pow(2).sum()], [leaf])[0];
        return [result.detach(), plain, twice.detach(), second];
    }

    private static Tensor Channels(Tensor x, double first) => linspace(first, 2, x.shape[1], dtype: x.dtype);
}
