using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace OrleansTagging.SystemTorch.Tests;

public sealed class TrainingTests
{
    private static readonly double[] _start = [0.5, -1.25, 2, 0.01];

    // Gradients that grow, shrink and change sign, so that the greatest second moment differs from the last.
    private static double Gradient(int i, int step) => (i + 1) * Math.Cos(1.7 * step + i) / (1 + step * 0.3);

    private static void SetGradient(Parameter parameter, int step)
    {
        using var gradient = tensor([.. Enumerable.Range(0, 4).Select(i => Gradient(i, step))], dtype: parameter.dtype);
        parameter.grad = gradient;
    }

    [Theory]
    [InlineData(false, 0, false, true)]
    [InlineData(true, 0, false, true)]
    [InlineData(true, 0.05, false, true)]
    [InlineData(true, 0.05, true, true)]
    [InlineData(true, 0.05, false, false)]
    public void Adam_moves_as_the_paper_says(bool amsgrad, double decay, bool maximize, bool single)
    {
        const double Rate = 0.02, Beta1 = 0.9, Beta2 = 0.99, Eps = 1e-8;
        using var parameter = new Parameter(tensor(_start, dtype: single ? float32 : float64));
        using var adam = optim.Adam([parameter], Rate, Beta1, Beta2, Eps, decay, amsgrad, maximize);
        double[] p = [.. _start], m = new double[4], v = new double[4], top = new double[4];
        for (var step = 1; step <= 12; step++)
        {
            SetGradient(parameter, step);
            adam.step();
            for (var i = 0; i < 4; i++)
            {
                var g = (maximize ? -1 : 1) * Gradient(i, step) + decay * p[i];
                m[i] = Beta1 * m[i] + (1 - Beta1) * g;
                v[i] = Beta2 * v[i] + (1 - Beta2) * g * g;
                top[i] = Math.Max(top[i], v[i]);
                var below = Math.Sqrt(amsgrad ? top[i] : v[i]) / Math.Sqrt(1 - Math.Pow(Beta2, step)) + Eps;
                p[i] -= Rate / (1 - Math.Pow(Beta1, step)) * m[i] / below;
            }
        }

        using var found = parameter.detach().to(float64, disposeAfter: true);
        for (var i = 0; i < 4; i++) Assert.Equal(p[i], found.data<double>()[i], single ? 2e-6 : 1e-12);
    }

    [Theory]
    [InlineData(0, false, 0, true)]
    [InlineData(0.9, false, 0.01, true)]
    [InlineData(0.9, true, 0.01, true)]
    [InlineData(0.9, true, 0.01, false)]
    public void Descent_moves_as_its_definition_says(double momentum, bool nesterov, double decay, bool single)
    {
        using var parameter = new Parameter(tensor(_start, dtype: single ? float32 : float64));
        using var descent = optim.SGD([parameter], 0.05, momentum, weight_decay: decay, nesterov: nesterov);
        double[] p = [.. _start], buffer = new double[4];
        for (var step = 1; step <= 8; step++)
        {
            SetGradient(parameter, step);
            descent.step();
            for (var i = 0; i < 4; i++)
            {
                var g = Gradient(i, step) + decay * p[i];
                buffer[i] = momentum * buffer[i] + g;
                p[i] -= 0.05 * (momentum == 0 ? g : nesterov ? g + momentum * buffer[i] : buffer[i]);
            }
        }

        using var found = parameter.detach().to(float64, disposeAfter: true);
        for (var i = 0; i < 4; i++) Assert.Equal(p[i], found.data<double>()[i], single ? 2e-6 : 1e-12);
    }

    [Fact]
    public void A_parameter_without_a_gradient_is_left_alone()
    {
        using var with = new Parameter(ones(2));
        using var without = new Parameter(ones(2));
        using var adam = optim.Adam([with, without], 0.1);
        with.sum().backward();
        adam.step();
        Assert.Equal([1f, 1f], without.data<float>().ToArray());
        Assert.Equal(0.9f, with.data<float>()[0], 1e-6);
    }

    [Fact]
    public void A_learning_rate_can_be_set_between_steps()
    {
        using var parameter = new Parameter(ones(1));
        using var adam = optim.Adam([parameter], 0.1);
        foreach (var group in adam.ParamGroups) group.LearningRate = 0.025;
        parameter.sum().backward();
        adam.step();
        Assert.Equal(0.975f, parameter.item<float>(), 1e-6);
    }

    [Fact]
    public void An_optimiser_goes_on_from_its_saved_state()
    {
        using var scope = NewDisposeScope();
        var whole = Run(null);
        using var state = new MemoryStream();
        Assert.Equal(whole, Run(state));

        static float[] Run(Stream? interrupted)
        {
            var parameter = new Parameter(tensor([1f, -2f, 3f]));
            var adam = optim.Adam([parameter], 0.05, amsgrad: true);
            for (var step = 0; step < 6; step++)
            {
                if (step == 3 && interrupted is not null)
                {
                    adam.save_state_dict(new BinaryWriter(interrupted));
                    adam.Dispose();
                    adam = optim.Adam([parameter], 0.5, amsgrad: true);
                    interrupted.Position = 0;
                    using var reader = new BinaryReader(interrupted, System.Text.Encoding.UTF8, leaveOpen: true);
                    adam.load_state_dict(reader);
                }

                adam.zero_grad();
                (parameter.pow(2) * tensor([1f, 2f, 0.5f])).sum().backward();
                adam.step();
            }

            adam.Dispose();
            return parameter.data<float>().ToArray();
        }
    }

    [Fact]
    public void A_state_of_another_optimiser_is_refused()
    {
        using var parameter = new Parameter(ones(1));
        using var adam = optim.Adam([parameter]);
        using var descent = optim.SGD([parameter], 0.1);
        using var stream = new MemoryStream();
        adam.save_state_dict(new BinaryWriter(stream));
        stream.Position = 0;
        Assert.Throws<InvalidDataException>(() => descent.load_state_dict(new BinaryReader(stream)));
    }

    [Fact]
    public void Gradients_are_scaled_to_a_norm_and_clipped_to_a_value()
    {
        using var scope = NewDisposeScope();
        var a = new Parameter(zeros(1));
        var b = new Parameter(zeros(1));
        a.grad = tensor([3f]);
        b.grad = tensor([4f]);
        Assert.Equal(5.0, nn.utils.clip_grad_norm_([a, b], 1), 6);
        Assert.Equal(0.6f, a.grad!.item<float>(), 1e-5);
        Assert.Equal(0.8f, b.grad!.item<float>(), 1e-5);
        nn.utils.clip_grad_value_([a, b], 0.7);
        Assert.Equal(0.7f, b.grad!.item<float>(), 1e-6);
    }

    [Fact]
    public void A_small_network_learns()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        using var network = Networks.Small();
        using var adam = optim.Adam(network.parameters(), 0.01, amsgrad: true);
        var images = randn(16, 2, 12, 12);
        var target = images.mean([2, 3]).matmul(randn(2, 3));
        var losses = new List<float>();
        for (var step = 0; step < 40; step++)
        {
            using var inner = NewDisposeScope();
            adam.zero_grad();
            var loss = nn.functional.mse_loss(network.call(images), target);
            loss.backward();
            adam.step();
            losses.Add(loss.item<float>());
        }

        Assert.True(losses[^1] < 0.25 * losses[0], $"the loss went from {losses[0]} to {losses[^1]}");
    }
}
