using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace OrleansTagging.Learning;

/// <summary>A stage of a ResNet: basic blocks of the same number of channels, the first of which may halve frames and bands.</summary>
public sealed class ResNetStage : NetworkStage
{
    private readonly bool _halves;

    [ComponentName(Name = "layers")]
    private readonly ModuleList<BasicBlock> _layers = new();

    /// <summary>Makes the stage; its convolutions' weights are drawn.</summary>
    /// <param name="inputs">Channels of the input.</param>
    /// <param name="outputs">Channels of the output.</param>
    /// <param name="layers">Number of basic blocks.</param>
    /// <param name="halves">Whether it halves frames and bands.</param>
    /// <param name="weights">Where weights are drawn from.</param>
    public ResNetStage(int inputs, int outputs, int layers, bool halves, WeightDraw weights) : base(nameof(ResNetStage), outputs)
    {
        _halves = halves;
        for (var layer = 0; layer < layers; layer++)
        {
            _layers.Add(new BasicBlock(layer == 0 ? inputs : outputs, outputs, halves && layer == 0, weights.In($"layers.{layer}")));
        }
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override FrameMask Pooled(FrameMask mask) => _halves ? mask.Halved(ceilMode: true) : mask;

    /// <summary>Applies the stage.</summary>
    /// <param name="x">The packed input.</param>
    /// <param name="mask">The input's frames.</param>
    /// <param name="pooled">The output's frames.</param>
    /// <returns>The packed output.</returns>
    public override Tensor forward(Tensor x, FrameMask mask, FrameMask pooled)
    {
        using var scope = NewDisposeScope();
        for (var layer = 0; layer < _layers.Count; layer++)
        {
            x = _layers[layer].call(x, layer == 0 ? mask : pooled, pooled);
        }
        return x.MoveToOuterDisposeScope();
    }
}
