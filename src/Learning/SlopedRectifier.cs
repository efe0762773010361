using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTagging.Learning;

/// <summary>
/// PReLU (He et al., 2015) with one learned slope a layer, 0.25 at first: x where it is positive, slope · x elsewhere. Any shape.
/// </summary>
/// <remarks>
/// Written as a leaky rectifier with the slope's current value, whose gradient for x is exact and whose kernel is several times as fast as
/// the library's PReLU, plus (slope − its value) · min(x, 0), which is zero and carries the gradient for the slope.
/// </remarks>
public sealed class SlopedRectifier : Module<Tensor, Tensor>
{
    private readonly Parameter _slope;

    /// <summary>Makes the layer with the slope at 0.25.</summary>
    public SlopedRectifier() : base(nameof(SlopedRectifier))
    {
        _slope = new Parameter(full(1, 0.25f));
        register_parameter("slope", _slope);
    }

    /// <summary>Rectifies.</summary>
    public override Tensor forward(Tensor x)
    {
        var slope = _slope.item<float>();
        if (!training)
        {
            return functional.leaky_relu(x, slope);
        }
        using var below = x.detach();
        using var negative = below.clamp_max(0);
        return functional.leaky_relu(x, slope).addcmul(_slope - _slope.detach(), negative, 1);
    }
}
