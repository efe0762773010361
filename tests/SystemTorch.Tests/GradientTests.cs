using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace OrleansTagging.SystemTorch.Tests;

/// <summary>Gradients against central differences in double precision, and against the figures of a hand.</summary>
public sealed class GradientTests
{
    public static TheoryData<string> Names => [.. Functions.Keys];

    private static Dictionary<string, Func<Tensor, Tensor>> Functions { get; } = new()
    {
        ["exp"] = x => x.exp(),
        ["log"] = x => (x.abs() + 1).log(),
        ["log1p"] = x => x.abs().log1p(),
        ["sqrt"] = x => (x.pow(2) + 1).sqrt(),
        ["sigmoid and tanh"] = x => x.sigmoid() * x.tanh(),
        ["division"] = x => 1.5 / (x * x + 2) - x / 3,
        ["pow"] = x => x.pow(3),
        ["relu"] = x => x.relu(),
        ["leaky relu"] = x => x.leaky_relu(0.1),
        ["clamp"] = x => x.clamp(-0.5, 0.7),
        ["logsumexp"] = x => x.logsumexp(1),
        ["logaddexp"] = x => x.logaddexp(x.neg()),
        ["softmax"] = x => x.softmax(1).pow(2),
        ["log softmax"] = x => x.log_softmax(1),
        ["log sigmoid"] = F_logsigmoid,
        ["softplus"] = x => x.softplus(),
        ["amax"] = x => x.amax([1], keepdim: true) * x,
        ["max along an axis"] = x => x.max(1).values,
        ["mean and variance"] = x => x.mean([0]) * x.var(0),
        ["matrix product"] = x => x.matmul(x.transpose(0, 1)),
        ["masked fill"] = x => (x * x).masked_fill(x > 0.3, 0),
        ["where"] = x => where(x > 0, x * 2, x.pow(2)),
        ["slices and joins"] = x => cat([x[1..], x.narrow(0, 0, 1) * 3]) * stack([x.select(1, 0), x.select(1, 1)]).sum(),
        ["expansion"] = x => x.unsqueeze(2).expand(-1, -1, 3).pow(2).sum([1]),
        ["index select"] = x => x.index_select(0, tensor([2L, 0L, 2L])).pow(2),
        ["convolution"] = x => F.conv2d(x.view(1, 1, 3, 4), Kernel, padding: [1, 1]).pow(2),
        ["dilated convolution with stride"] = x =>
            F.conv2d(x.view(1, 1, 3, 4), Kernel, strides: [1, 2], padding: [2, 2], dilation: [2, 1]).pow(2),
        ["batch norm in training"] = x => F.batch_norm(x.view(3, 2, 1, 2), null, null, training: true).pow(3),
        ["batch norm in evaluation"] = x => F.batch_norm(x.view(3, 2, 2), Shift, Spread, training: false).pow(2),
        ["max pool"] = x => F.max_pool2d(x.view(1, 1, 3, 4), 2, ceil_mode: true).pow(2),
        ["average pool"] = x => F.avg_pool2d(x.view(1, 1, 3, 4), [2, 2]).pow(2),
        ["prelu"] = x => F.prelu(x, tensor([0.1, 0.2, 0.3, 0.4])).pow(2),
        ["linear"] = x => F.linear(x, tensor(new[,] { { 1.0, -2, 0.5, 3 }, { 0.3, 1, 1, -1 } }), tensor([0.1, -0.2])).pow(2),
        ["layer norm"] = x => F.layer_norm(x, [4], tensor([0.5, 1.0, 2.0, -1.0]), tensor([0.1, 0.2, 0.3, 0.4])).pow(2),
        ["log sigmoid"] = x => F.logsigmoid(x * 3),
        ["GRU"] = x => Recurrent().call(x.view(2, 3, 2)).Item1.pow(2),
        ["GRU over sequences of mixed lengths"] = x =>
            Recurrent().call(nn.utils.rnn.pack_padded_sequence(x.view(2, 3, 2), tensor([2L, 3L]), true, false)).Item2.pow(2),
        ["cross entropy of logits"] = x => F.binary_cross_entropy_with_logits(x, (x.detach() > 0).to(float64)),
        ["padding"] = x => F.pad(x, (1, 2), value: 0.5).pow(2),
        ["reflection"] = x => F.pad(x.unsqueeze(0), (1, 2), PaddingModes.Reflect).pow(2),
    };

    private static Tensor Kernel => tensor(new[, , ,] { { { { 0.5, -1.0, 0.3 }, { 1.2, 0.4, -0.7 }, { 0.1, 0.9, -0.2 } } } });

    private static Tensor Shift => tensor([0.1, -0.3]);

    private static Tensor Spread => tensor([0.8, 1.7]);

    [Theory]
    [MemberData(nameof(Names))]
    public void A_gradient_is_what_differences_say(string name)
    {
        using var scope = NewDisposeScope();
        var function = Functions[name];
        double[] start = [0.31, -0.82, 0.55, 1.24, -0.17, 0.93, -1.41, 0.08, 0.66, -0.59, 1.77, -0.26];
        var weights = new Random(5);
        Tensor? factor = null;

        double Value(double[] at)
        {
            using var x = tensor(at, [3, 4]);
            return Weighted(function(x)).item<double>();
        }

        Tensor Weighted(Tensor y)
        {
            factor ??= tensor([.. Enumerable.Range(0, (int)y.NumberOfElements).Select(_ => weights.NextDouble() + 0.5)], y.shape);
            return (y * factor).sum();
        }

        var leaf = tensor(start, [3, 4], requires_grad: true);
        Weighted(function(leaf)).backward();
        var gradient = leaf.grad!.data<double>().ToArray();
        for (var i = 0; i < start.Length; i++)
        {
            const double Step = 1e-6;
            double[] up = [.. start], down = [.. start];
            up[i] += Step;
            down[i] -= Step;
            Assert.Equal((Value(up) - Value(down)) / (2 * Step), gradient[i], 1e-6 * (1 + Math.Abs(gradient[i])));
        }
    }

    [Theory]
    [InlineData(2, 3, 0, 0, false)]
    [InlineData(4, 8, 5, 7, false)]
    [InlineData(4, 8, 5, 7, true)]
    [InlineData(3, 17, 33, 40, true)]
    [InlineData(3, 17, 33, 40, false)]
    [InlineData(3, 17, 33, 40, true, 1)]
    [InlineData(3, 5, 1, 1, false, 1)]
    [InlineData(7, 9, 0, 0, false, 1)]
    public void Our_own_PReLU_equals_its_definition_in_value_and_gradient(
        int images, int channels, int height, int width, bool channelsLast, int slopes = 0)
    {
        using var scope = NewDisposeScope();
        manual_seed(images);
        var x = height == 0 ? randn(images, channels) : randn(images, channels, height, width);
        if (channelsLast) x = x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
        if (slopes == 0) slopes = channels;
        var slope = rand(slopes) - 0.3;
        var weight = randn_like(x);
        var (ours, oursX, oursSlope) = Differentiated((a, b) => F.prelu(a, b));
        long[] shape = height == 0 ? [1, slopes] : [1, slopes, 1, 1];
        var (plain, plainX, plainSlope) = Differentiated((a, b) => where(a > 0, a, b.view(shape) * a));
        Assert.True(ours.allclose(plain));
        Assert.True(oursX.allclose(plainX));
        Assert.True(oursSlope.allclose(plainSlope, 1e-3, 1e-3));
        if (height > 0) Assert.Equal(x.stride(), ours.stride());

        (Tensor Value, Tensor OfX, Tensor OfSlope) Differentiated(Func<Tensor, Tensor, Tensor> function)
        {
            var a = x.detach().requires_grad_();
            var b = slope.detach().requires_grad_();
            var y = function(a, b);
            (y * weight).sum().backward();
            return (y.detach(), a.grad!, b.grad!);
        }
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(2, 0, 3)]
    public void A_convolution_down_a_single_column_has_the_values_and_gradients_of_the_same_in_double_precision(
        long stride, long padding, long dilation)
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        var (x, w, bias) = (randn(3, 5, 19, 1), randn(6, 5, 3, 1), randn(6));
        var (single, ofX, ofW) = Differentiated(float32);
        var (wide, wideX, wideW) = Differentiated(float64);
        Assert.Equal(wide.shape, single.shape);
        Assert.Equal(1, single.stride(1));
        Assert.True(single.to(float64).allclose(wide, 1e-4, 1e-5));
        Assert.True(ofX.to(float64).allclose(wideX, 1e-4, 1e-4));
        Assert.True(ofW.to(float64).allclose(wideW, 1e-4, 1e-4));

        (Tensor Value, Tensor OfX, Tensor OfW) Differentiated(ScalarType type)
        {
            var a = x.to(type).detach().requires_grad_();
            var b = w.to(type).detach().requires_grad_();
            var y = F.conv2d(a, b, bias.to(type), strides: [stride, 1], padding: [padding, 0], dilation: [dilation, 1]);
            y.pow(2).sum().backward();
            return (y.detach(), a.grad!, b.grad!);
        }
    }

    [Fact]
    public void A_convolution_gives_channels_last_memory_and_the_layers_after_it_keep_it()
    {
        using var scope = NewDisposeScope();
        var y = F.conv2d(randn(2, 3, 8, 9), randn(4, 3, 3, 3));
        Assert.Equal(1, y.stride(1));
        Assert.Equal(1, F.prelu(y, full(4, 0.2)).stride(1));
        Assert.Equal(1, F.max_pool2d(y, 2).stride(1));
        Assert.Equal(1, F.batch_norm(y, null, null, training: true).stride(1));
    }

    [Fact]
    public void A_gradient_can_itself_be_differentiated()
    {
        using var scope = NewDisposeScope();
        var x = tensor([1.5f, -2f], requires_grad: true);
        var first = autograd.grad([x.pow(3).sum()], [x], create_graph: true)[0];
        first.sum().backward();
        Assert.Equal([9f, -12f], x.grad!.data<float>().ToArray());
    }

    [Fact]
    public void Nothing_is_recorded_inside_no_grad_and_inference_mode()
    {
        using var scope = NewDisposeScope();
        var x = ones([2], requires_grad: true);
        using (no_grad()) Assert.False((x * 2).requires_grad);
        using (inference_mode())
        {
            Assert.True(is_inference_mode_enabled());
            Assert.False((x * 2).requires_grad);
        }

        Assert.True(is_grad_enabled());
        Assert.True((x * 2).requires_grad);
        Assert.Null(x.grad);
        Assert.True(x.is_leaf);
    }

    [Fact]
    public void A_backward_pass_through_a_changed_value_is_refused()
    {
        using var scope = NewDisposeScope();
        var x = ones([2], requires_grad: true);
        var y = x.exp();
        y.mul_(2);
        var error = Assert.Throws<System.Runtime.InteropServices.ExternalException>(() => y.sum().backward());
        Assert.Contains("modified by an inplace operation", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Dropout_scales_what_it_keeps_and_does_nothing_in_evaluation()
    {
        using var scope = NewDisposeScope();
        var x = ones(10_000);
        var dropped = F.dropout(x, 0.25);
        Assert.Equal([0f, 4f / 3], dropped.data<float>().Distinct().Order().Select(value => value));
        Assert.Equal(0.75, (dropped > 0).to(float32).mean().item<float>(), 0.03);
        Assert.True(F.dropout(x, 0.25, training: false).Equals(x));
    }

    private static TorchSharp.Modules.GRU Recurrent()
    {
        manual_seed(7);
        return nn.GRU(2, 3, batchFirst: true, bidirectional: true, dtype: float64);
    }

    private static Tensor F_logsigmoid(Tensor x) => F.logsigmoid(x);
}
