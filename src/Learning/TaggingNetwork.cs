using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTagging.Learning;

/// <summary>
/// The 2-D convolutional network of the third place of Freesound Audio Tagging 2019 (<c>cnn_2d</c>): normalised features and a frequency
/// map from -1 to 1 as two channels, blocks of growing depth, the global maximum of each block's output from a given block on (deep supervision),
/// and a two-layer head. <c>[clips, frames, bands]</c> to scores <c>[clips, classes]</c>.
/// </summary>
/// <remarks>
/// A clip's scores do not depend on the clips it shares a batch with, nor on how long the batch's tensor is. Activations are
/// <c>[clips, channels, frames, bands]</c> with the channels last in memory, the layout in which convolution and pooling are fastest, and
/// without their filling between 3×3 convolutions (<see cref="FrameMask.Pack"/>).
/// </remarks>
public sealed class TaggingNetwork : Module<Tensor, FrameMask, KeyedDropout?, Tensor>
{
    // No weight and bias of its own: the convolution that follows has them, and the features then need no gradient.
    private readonly MaskedBatchNorm _featureNorm = new(1, affine: false);
    private readonly ModuleList<ConvolutionBlock> _blocks = new();
    private readonly TaggingHead _head;
    private readonly int _firstPooled;

    /// <summary>Makes the network; its weights are drawn.</summary>
    /// <param name="settings">Its shape.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="weights">Where weights are drawn from.</param>
    /// <exception cref="InputException">The settings name no network, or one without blocks or channels.</exception>
    public TaggingNetwork(NetworkSettings settings, int classes, WeightDraw weights) : base(nameof(TaggingNetwork))
    {
        if (settings.Type != "cnn_2d")
        {
            throw new InputException($"'{settings.Type}' names no network; write cnn_2d.");
        }
        if (settings.Blocks < 1 || settings.BaseDepth < 1 || settings.Depth(settings.Blocks) < 1 || settings.Hidden < 1)
        {
            throw new InputException("A network needs at least one block, one channel and one hidden unit.");
        }
        if (settings.DeepSupervisionFrom < 1 || settings.DeepSupervisionFrom > settings.Blocks)
        {
            throw new InputException($"Deep supervision from block {settings.DeepSupervisionFrom}: the network has blocks 1 to {settings.Blocks}.");
        }
        if (settings.Dropout is < 0 or >= 1)
        {
            throw new InputException("The share of inputs that dropout silences must be at least 0 and below 1.");
        }
        _firstPooled = settings.DeepSupervisionFrom - 1;
        var (inputs, pooled) = (2, 0);
        for (var block = 0; block < settings.Blocks; block++)
        {
            var outputs = settings.Depth(block + 1);
            _blocks.Add(new ConvolutionBlock(inputs, outputs, block > 0, weights.In($"blocks.{block}")));
            pooled += block >= _firstPooled ? outputs : 0;
            inputs = outputs;
        }
        _head = new TaggingHead(pooled, settings.Hidden, classes, settings.Dropout, weights.In("head"));
        register_module("feature_norm", _featureNorm);
        register_module("blocks", _blocks);
        register_module("head", _head);
    }

    /// <summary>Scores clips: the higher, the likelier; only their order within a clip is trained.</summary>
    /// <param name="features">Log-mel features, <c>[clips, frames, bands]</c>; what stands in the filling does not matter, so long as it is finite.</param>
    /// <param name="mask">Frames of the clips.</param>
    /// <param name="dropout">Which of the head's inputs are silenced; <c>null</c> outside training.</param>
    public override Tensor forward(Tensor features, FrameMask mask, KeyedDropout? dropout)
    {
        using var scope = NewDisposeScope();
        var (clips, frames, bands) = (features.shape[0], features.shape[1], features.shape[2]);
        var packed = _featureNorm.Packed(mask.Pack(features.reshape(clips, 1, frames, bands)));
        var map = linspace(-1, 1, bands, device: features.device).expand(packed.shape);
        // [1, valid frames, bands, 2] seen as [1, 2, valid frames, bands]: the channels are last in memory.
        var x = stack([packed, map], 4).squeeze(1).permute(0, 3, 1, 2);
        var found = new List<Tensor>();
        for (var block = 0; block < _blocks.Count; block++)
        {
            var pooled = mask.Halved();
            x = _blocks[block].call(x, mask, pooled);
            mask = pooled;
            if (block >= _firstPooled)
            {
                // Max pooling over the whole plane: the same as a global maximum, and its gradient costs a fraction of it.
                found.Add(functional.max_pool2d(mask.Spread(x, FrameMask.Bottom), [mask.Frames, x.shape[3]]).reshape(clips, x.shape[1]));
            }
        }
        return _head.call(cat(found, 1), dropout).MoveToOuterDisposeScope();
    }
}
