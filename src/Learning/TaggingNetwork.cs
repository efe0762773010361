using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTagging.Learning;

/// <summary>
/// A network that tags clips: blocks or stages that work on the features' frames, the output of each summed up over the clip from a given
/// one on (deep supervision), by its global maximum or by a GRU, and a two-layer head. <c>[clips, frames, bands]</c> to scores
/// <c>[clips, classes]</c>.
/// </summary>
/// <remarks>
/// A clip's scores do not depend on the clips it shares a batch with, nor on how long the batch's tensor is. Activations are
/// <c>[clips, channels, frames, bands]</c> with the channels last in memory, the layout in which convolution and pooling are fastest, and
/// without their filling between convolutions (<see cref="FrameMask.Pack"/>).
/// </remarks>
public abstract class TaggingNetwork : Module<Tensor, FrameMask, KeyedDropout?, Tensor>
{
    private readonly int _startDeepSupervisionOn;

    [ComponentName(Name = "conv_modules")]
    private readonly ModuleList<NetworkStage> _convModules = new();

    [ComponentName(Name = "rnns")]
    private readonly ModuleList<RecurrentAggregation>? _rnns;

    [ComponentName(Name = "output_transform")]
    private readonly TaggingHead _outputTransform;

    /// <summary>Makes what all networks have; the deriving class registers the components at the end of its constructor.</summary>
    /// <param name="name">The class's name.</param>
    /// <param name="settings">The shape.</param>
    /// <param name="stages">The blocks or stages.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="weights">Where weights are drawn from.</param>
    private protected TaggingNetwork(
        string name, NetworkSettings settings, IReadOnlyList<NetworkStage> stages, int classes, WeightDraw weights) : base(name)
    {
        MasksPadding = settings.Padding == "masked";
        _startDeepSupervisionOn = settings.StartDeepSupervisionOn;
        _rnns = settings.IsRecurrent() ? new ModuleList<RecurrentAggregation>() : null;
        var sums = 0;
        for (var stage = 0; stage < stages.Count; stage++)
        {
            _convModules.Add(stages[stage]);
            if (stage < _startDeepSupervisionOn)
            {
                continue;
            }
            _rnns?.Add(new RecurrentAggregation(
                stages[stage].Channels, settings.RnnSize, weights.In($"rnns.{stage - _startDeepSupervisionOn}")));
            sums += _rnns is null ? stages[stage].Channels : 2 * settings.RnnSize;
        }
        _outputTransform = new TaggingHead(sums, classes, settings.OutputDropout, weights.In("output_transform"));
    }

    /// <summary>Whether the filling of a batch is masked; otherwise a clip's filling is heard as silence.</summary>
    public bool MasksPadding { get; }

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
    /// <param name="dropout">Which of the head's hidden units are silenced; <c>null</c> outside training.</param>
    public sealed override Tensor forward(Tensor features, FrameMask mask, KeyedDropout? dropout)
    {
        using var scope = NewDisposeScope();
        (var x, mask) = Enter(features, mask);
        var sums = new List<Tensor>();
        for (var stage = 0; stage < _convModules.Count; stage++)
        {
            var pooled = _convModules[stage].Pooled(mask);
            x = _convModules[stage].call(x, mask, pooled);
            mask = pooled;
            if (stage >= _startDeepSupervisionOn)
            {
                sums.Add(_rnns is null ? GlobalMaxPool(x, mask) : _rnns[stage - _startDeepSupervisionOn].call(x, mask));
            }
        }
        return _outputTransform.call(cat(sums, 1), dropout).MoveToOuterDisposeScope();
    }

    /// <summary>What enters the first stage, in its packed form, and its frames.</summary>
    private protected abstract (Tensor X, FrameMask Mask) Enter(Tensor features, FrameMask mask);

    // Max pooling over the whole plane: the same as a global maximum, and its gradient costs a fraction of it.
    private static Tensor GlobalMaxPool(Tensor x, FrameMask mask) =>
        functional.max_pool2d(mask.Spread(x, FrameMask.Bottom), [mask.Frames, x.shape[3]]).reshape(mask.Clips, x.shape[1]);
}
