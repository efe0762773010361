using TorchSharp;
using TorchSharp.Modules;
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
    private readonly MaskedBatchNorm _inputNorm;
    private readonly Parameter _hidden;
    private readonly MaskedBatchNorm _hiddenNorm;
    private readonly SlopedRectifier _rectifier = new();
    private readonly Parameter _scores;
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
        register_module("input_norm", _inputNorm);
        register_parameter("hidden", _hidden);
        register_module("hidden_norm", _hiddenNorm);
        register_module("rectifier", _rectifier);
        register_parameter("scores", _scores);
        register_parameter("scores_bias", _scoresBias);
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
