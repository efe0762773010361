using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTagging.Learning;

/// <summary>
/// PReLU (He et al., 2015) with one learned slope a layer, 0.25 at first: x where it is positive, slope · x elsewhere. Any shape.
/// </summary>
public sealed class SlopedRectifier : Module<Tensor, Tensor>
{
    [ComponentName(Name = "slope")]
    private readonly Parameter _slope;

    /// <summary>Makes the layer with the slope at 0.25.</summary>
    public SlopedRectifier() : base(nameof(SlopedRectifier))
    {
        _slope = new Parameter(full(1, 0.25f));
        RegisterComponents();
    }

    /// <summary>Rectifies.</summary>
    public override Tensor forward(Tensor x) => functional.prelu(x, _slope);
}
