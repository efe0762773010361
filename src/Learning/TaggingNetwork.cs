using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTagging.Learning;

/// <summary>
/// A network that tags clips: normalised features, stages that work on their frames, each stage's output summed up over the clip from a
/// given stage on (deep supervision), by its global maximum or by a GRU, and a two-layer head. <c>[clips, frames, bands]</c> to scores
/// <c>[clips, classes]</c>.
/// </summary>
/// <remarks>
/// A clip's scores do not depend on the clips it shares a batch with, nor on how long the batch's tensor is. Activations are
/// <c>[clips, channels, frames, bands]</c> with the channels last in memory, the layout in which convolution and pooling are fastest, and
/// without their filling between convolutions (<see cref="FrameMask.Pack"/>).
/// </remarks>
public abstract class TaggingNetwork : Module<Tensor, FrameMask, KeyedDropout?, Tensor>
{
    private readonly int _firstSummed;

    // No weight and bias of its own: the convolution that follows has them, and the features then need no gradient.
    [ComponentName(Name = "feature_norm")]
    private readonly MaskedBatchNorm _featureNorm;

    [ComponentName(Name = "blocks")]
    private readonly ModuleList<NetworkStage> _stages = new();

    [ComponentName(Name = "aggregations")]
    private readonly ModuleList<RecurrentAggregation>? _aggregations;

    [ComponentName(Name = "head")]
    private readonly TaggingHead _head;

    /// <summary>Makes what all networks have; the deriving class registers the components at the end of its constructor.</summary>
    /// <param name="name">The class's name.</param>
    /// <param name="settings">The shape.</param>
    /// <param name="normalised">Channels of the features' norm: 1, or one a band.</param>
    /// <param name="bands">Bands of what enters the first stage.</param>
    /// <param name="stages">The stages.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="weights">Where weights are drawn from.</param>
    private protected TaggingNetwork(
        string name, NetworkSettings settings, int normalised, int bands, IReadOnlyList<NetworkStage> stages, int classes,
        WeightDraw weights)
        : base(name)
    {
        _featureNorm = new MaskedBatchNorm(normalised, affine: false);
        _firstSummed = settings.DeepSupervisionFrom - 1;
        _aggregations = settings.Aggregation == "gru" ? new ModuleList<RecurrentAggregation>() : null;
        var sums = 0;
        for (var stage = 0; stage < stages.Count; stage++)
        {
            _stages.Add(stages[stage]);
            bands = stages[stage].Bands(bands);
            if (stage < _firstSummed)
            {
                continue;
            }
            _aggregations?.Add(new RecurrentAggregation(
                stages[stage].Channels * bands, settings.RecurrentUnits, weights.In($"aggregations.{stage - _firstSummed}")));
            sums += _aggregations is null ? stages[stage].Channels : 2 * settings.RecurrentUnits;
        }
        _head = new TaggingHead(sums, settings.Hidden, classes, settings.Dropout, weights.In("head"));
    }

    /// <summary>Numbers that the largest activation takes for each frame of features: a measure of the memory that a batch needs.</summary>
    public abstract long NumbersPerFrame { get; }

    /// <summary>Makes the network that a model names; its weights are drawn.</summary>
    /// <param name="model">Its shape, and the features that it takes.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="weights">Where weights are drawn from.</param>
    /// <exception cref="InputException">The settings name no network, or one that cannot be.</exception>
    public static TaggingNetwork Of(ModelSettings model, int classes, WeightDraw weights)
    {
        var features = FeatureDescriptor.Parse(model.Features);
        model.Network.Check(features);
        return model.Network.Type switch
        {
            "cnn_2d" => new Cnn2d(model.Network, features.Bands, classes, weights),
            "cnn_1d" => new Cnn1d(model.Network, features.Bands, classes, weights),
            _ => new ResNet(model.Network, features.Bands, classes, weights),
        };
    }

    /// <summary>Scores clips: the higher, the likelier; with a ranking loss only their order within a clip is trained.</summary>
    /// <param name="features">The features, <c>[clips, frames, bands]</c>; what stands in the filling does not matter, so long as it is
    /// finite.</param>
    /// <param name="mask">Frames of the clips.</param>
    /// <param name="dropout">Which of the head's inputs are silenced; <c>null</c> outside training.</param>
    public sealed override Tensor forward(Tensor features, FrameMask mask, KeyedDropout? dropout)
    {
        using var scope = NewDisposeScope();
        (var x, mask) = Enter(features, mask);
        var sums = new List<Tensor>();
        for (var stage = 0; stage < _stages.Count; stage++)
        {
            var pooled = _stages[stage].Pooled(mask);
            x = _stages[stage].call(x, mask, pooled);
            mask = pooled;
            if (stage >= _firstSummed)
            {
                sums.Add(_aggregations is null ? GlobalMaximum(x, mask) : _aggregations[stage - _firstSummed].call(x, mask));
            }
        }
        return _head.call(cat(sums, 1), dropout).MoveToOuterDisposeScope();
    }

    /// <summary>What enters the first stage, in its packed form, and its frames.</summary>
    private protected abstract (Tensor X, FrameMask Mask) Enter(Tensor features, FrameMask mask);

    /// <summary>The normalised features in their packed form.</summary>
    /// <param name="features">The features as <c>[clips, channels, frames, bands]</c>.</param>
    /// <param name="mask">Frames of the clips.</param>
    private protected Tensor Normalised(Tensor features, FrameMask mask) => _featureNorm.Packed(mask.Pack(features));

    // Max pooling over the whole plane: the same as a global maximum, and its gradient costs a fraction of it.
    private static Tensor GlobalMaximum(Tensor x, FrameMask mask) =>
        functional.max_pool2d(mask.Spread(x, FrameMask.Bottom), [mask.Frames, x.shape[3]]).reshape(mask.Clips, x.shape[1]);
}
