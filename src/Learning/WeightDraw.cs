using System.Runtime.InteropServices;
using OrleansTagging.Labels;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace OrleansTagging.Learning;

/// <summary>
/// Draws the first weights of a network, each tensor from a stream keyed by (seed, job, the tensor's name): the same on every device and
/// with every tensor library, whatever else was drawn.
/// </summary>
public sealed class WeightDraw
{
    private readonly ulong _seed;
    private readonly string _path;

    /// <summary>The weights of the network of one job.</summary>
    /// <param name="seed">Seed of the experiment and job, mixed into one.</param>
    public WeightDraw(ulong seed) : this(seed, "")
    {
    }

    private WeightDraw(ulong seed, string path)
    {
        _seed = seed;
        _path = path;
    }

    /// <summary>The weights of a part of the network.</summary>
    public WeightDraw In(string part) => new(_seed, $"{_path}{part}.");

    /// <summary>The weight of a convolution of size×size, <c>[outputs, inputs, size, size]</c>.</summary>
    public Parameter Convolution(string name, int inputs, int outputs, int size) => Convolution(name, inputs, outputs, size, size);

    /// <summary>The weight of a convolution, <c>[outputs, inputs, height, width]</c>.</summary>
    public Parameter Convolution(string name, int inputs, int outputs, int height, int width) =>
        Draw(name, inputs * height * width, [outputs, inputs, height, width]);

    /// <summary>The weight of a fully connected layer, <c>[outputs, inputs]</c>.</summary>
    public Parameter Linear(string name, int inputs, int outputs) => Draw(name, inputs, [outputs, inputs]);

    /// <summary>Draws the weights of a GRU anew, uniformly within 1 / √units, as PyTorch has them at first.</summary>
    public void Draw(GRU gru, int units)
    {
        using var gradients = no_grad();
        var bound = 1 / Math.Sqrt(units);
        foreach (var (name, parameter) in gru.named_parameters())
        {
            var random = SeededRandom.Of(_seed, SeededRandom.Key(_path + name));
            using var drawn = Filled(parameter.shape, () => random.NextDouble(-bound, bound));
            parameter.copy_(drawn);
        }
    }

    // He et al. 2015: normal with variance 2 / fan-in, for the slope of 0.25 that PReLU begins with.
    private Parameter Draw(string name, int fanIn, long[] shape)
    {
        var random = SeededRandom.Of(_seed, SeededRandom.Key(_path + name));
        var deviation = Math.Sqrt(2 / (1 + 0.25 * 0.25) / fanIn);
        return new Parameter(Filled(shape, () => deviation * random.NextGaussian()));
    }

    private static Tensor Filled(long[] shape, Func<double> next)
    {
        var weight = empty(shape, ScalarType.Float32);
        foreach (ref var value in MemoryMarshal.Cast<byte, float>(weight.bytes))
        {
            value = (float)next();
        }
        return weight;
    }
}
