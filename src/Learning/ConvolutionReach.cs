using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTagging.Learning;

/// <summary>
/// What the convolutions of a network reach over and what its pooling halves: three frames of three bands (<see cref="FramesAndBands"/>,
/// 2-D) or three frames (<see cref="Frames"/>, 1-D), whose bands are the channels. Activations are <c>[clips, channels, frames, bands]</c>,
/// of a single band in 1-D.
/// </summary>
public sealed class ConvolutionReach
{
    private readonly bool _bands;

    private ConvolutionReach(bool bands) => _bands = bands;

    /// <summary>Three frames of three bands.</summary>
    public static ConvolutionReach FramesAndBands { get; } = new(bands: true);

    /// <summary>Three frames.</summary>
    public static ConvolutionReach Frames { get; } = new(bands: false);

    /// <summary>Bands after the pooling.</summary>
    public int Halved(int bands) => _bands ? (bands + 1) / 2 : bands;

    /// <summary>The weight of a convolution, <c>[outputs, inputs, 3, 3]</c> or <c>[outputs, inputs, 3, 1]</c>.</summary>
    public Parameter Weight(WeightDraw weights, string name, int inputs, int outputs) =>
        weights.Convolution(name, inputs, outputs, 3, _bands ? 3 : 1);

    /// <summary>Convolves, with zeros around, so that frames and bands stay.</summary>
    public Tensor Convolve(Tensor x, Tensor weight) => functional.conv2d(x, weight, padding: [1L, _bands ? 1L : 0L]);

    /// <summary>The maximum of every two frames (of two bands each); a last one may stand alone.</summary>
    public Tensor Pool(Tensor x) => functional.max_pool2d(x, [2L, _bands ? 2L : 1L], ceil_mode: true);
}
