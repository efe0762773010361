using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTagging.Learning;

/// <summary>
/// The two-layer head: batch norm, dropout, a hidden layer, batch norm, PReLU, dropout, a score for each class.
/// <c>[clips, inputs]</c> to <c>[clips, classes]</c>.
/// </summary>
public sealed class TaggingHead : Module<Tensor, KeyedDropout?, Tensor>
{
    private readonly double _dropout;

    [ComponentName(Name = "input_norm")]
    private readonly MaskedBatchNorm _inputNorm;

    [ComponentName(Name = "hidden")]
    private readonly Parameter _hidden;

    [ComponentName(Name = "hidden_norm")]
    private readonly MaskedBatchNorm _hiddenNorm;

    [ComponentName(Name = "rectifier")]
    private readonly SlopedRectifier _rectifier = new();

    [ComponentName(Name = "scores")]
    private readonly Parameter _scores;

    [ComponentName(Name = "scores_bias")]
    private readonly Parameter _scoresBias;

    /// <summary>Makes the head; its layers' weights are drawn.</summary>
    public TaggingHead(int inputs, int hidden, int classes, double dropout, WeightDraw weights) : base(nameof(TaggingHead))
    {
        _dropout = dropout;
        _inputNorm = new MaskedBatchNorm(inputs);
        _hidden = weights.Linear("hidden", inputs, hidden);
        _hiddenNorm = new MaskedBatchNorm(hidden);
        _scores = weights.Linear("scores", hidden, classes);
        _scoresBias = new Parameter(zeros(classes));
        RegisterComponents();
    }

    /// <summary>Scores clips.</summary>
    /// <param name="x">What the blocks found, <c>[clips, inputs]</c>.</param>
    /// <param name="dropout">Which inputs are silenced; <c>null</c> outside training.</param>
    public override Tensor forward(Tensor x, KeyedDropout? dropout)
    {
        using var scope = NewDisposeScope();
        x = _inputNorm.Packed(x);
        x = dropout?.Apply(x, _dropout, 0) ?? x;
        x = _rectifier.call(_hiddenNorm.Packed(functional.linear(x, _hidden)));
        x = dropout?.Apply(x, _dropout, 1) ?? x;
        return functional.linear(x, _scores, _scoresBias).MoveToOuterDisposeScope();
    }
}
