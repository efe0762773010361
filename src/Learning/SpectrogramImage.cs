using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTagging.Learning;

/// <summary>Spectrograms as the images that a 2-D network takes.</summary>
internal static class SpectrogramImage
{
    /// <summary>
    /// Normalised spectrograms, <c>[1, channels, valid frames, bands]</c>: one channel, or two with a map of the frequency from -1 to 1 as
    /// the second, by which a convolution, the same at every band, can tell them apart.
    /// </summary>
    /// <param name="packed">The packed spectrograms, <c>[1, 1, valid frames, bands]</c>.</param>
    /// <param name="frequencyMap">Whether the map joins them.</param>
    public static Tensor Of(Tensor packed, bool frequencyMap)
    {
        if (!frequencyMap)
        {
            return packed;
        }
        var map = linspace(-1, 1, packed.shape[3], packed.dtype, packed.device).expand(packed.shape);
        // [1, valid frames, bands, 2] seen as [1, 2, valid frames, bands]: the channels are last in memory.
        return stack([packed, map], 4).squeeze(1).permute(0, 3, 1, 2);
    }
}
