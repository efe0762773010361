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

    /// <summary>
    /// A convolution or a fully connected layer with its weight and bias drawn anew as PyTorch has them at first: uniformly within
    /// 1 / √inputs of a unit.
    /// </summary>
    public T Drawn<T>(string name, T layer) where T : nn.Module
    {
        var weight = layer.get_parameter("weight")!;
        Draw(layer, $"{name}.", 1 / Math.Sqrt(weight.numel() / weight.shape[0]));
        return layer;
    }

    /// <summary>A GRU with its weights drawn anew, uniformly within 1 / √units, as PyTorch has them at first.</summary>
    public GRU Drawn(string name, GRU gru, int units)
    {
        Draw(gru, $"{name}.", 1 / Math.Sqrt(units));
        return gru;
    }

    /// <summary>
    /// The weight of a convolution before a ReLU, <c>[outputs, inputs, size, size]</c>: normal with variance 2 / (outputs · size²), as
    /// torchvision has a ResNet's (He et al., "Delving deep into rectifiers", 2015).
    /// </summary>
    public Parameter HeNormal(string name, int inputs, int outputs, int size)
    {
        var random = SeededRandom.Of(_seed, SeededRandom.Key(_path + name));
        var deviation = Math.Sqrt(2.0 / (outputs * size * size));
        return new Parameter(Filled([outputs, inputs, size, size], () => deviation * random.NextGaussian()));
    }

    private void Draw(nn.Module layer, string path, double bound)
    {
        using var gradients = no_grad();
        foreach (var (name, parameter) in layer.named_parameters())
        {
            var random = SeededRandom.Of(_seed, SeededRandom.Key(_path + path + name));
            using var drawn = Filled(parameter.shape, () => random.NextDouble(-bound, bound));
            parameter.copy_(drawn);
        }
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
