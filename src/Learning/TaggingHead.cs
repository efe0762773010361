using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTagging.Learning;

/// <summary>
/// The two-layer head: batch norm, a linear layer of as many units as inputs, batch norm, PReLU, dropout, a score for each class.
/// <c>[clips, inputs]</c> to <c>[clips, classes]</c>.
/// </summary>
public sealed class TaggingHead : Module<Tensor, KeyedDropout?, Tensor>
{
    private readonly double _dropout;

    [ComponentName(Name = "bn1")]
    private readonly MaskedBatchNorm _bn1;

    [ComponentName(Name = "linear1")]
    private readonly Linear _linear1;

    [ComponentName(Name = "bn2")]
    private readonly MaskedBatchNorm _bn2;

    [ComponentName(Name = "prelu")]
    private readonly PReLU _prelu;

    [ComponentName(Name = "linear2")]
    private readonly Linear _linear2;

    /// <summary>Makes the head; its layers' weights are drawn.</summary>
    public TaggingHead(int inputs, int classes, double dropout, WeightDraw weights) : base(nameof(TaggingHead))
    {
        _dropout = dropout;
        _bn1 = new MaskedBatchNorm(inputs);
        _linear1 = weights.Drawn("linear1", Linear(inputs, inputs));
        _bn2 = new MaskedBatchNorm(inputs);
        _prelu = PReLU(inputs);
        _linear2 = weights.Drawn("linear2", Linear(inputs, classes));
        RegisterComponents();
    }

    /// <summary>Scores clips.</summary>
    /// <param name="x">What the blocks found, <c>[clips, inputs]</c>.</param>
    /// <param name="dropout">Which inputs of the last layer are silenced; <c>null</c> outside training.</param>
    public override Tensor forward(Tensor x, KeyedDropout? dropout)
    {
        using var scope = NewDisposeScope();
        x = _prelu.call(_bn2.Packed(_linear1.call(_bn1.Packed(x))));
        x = dropout?.Apply(x, _dropout) ?? x;
        return _linear2.call(x).MoveToOuterDisposeScope();
    }
}
