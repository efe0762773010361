using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTagging.Learning;

/// <summary>
/// Stretches of clips as the network takes them: features <c>[clips, frames, bands]</c> and which frames are whose. Its tensors live in the
/// dispose scope in which it was made.
/// </summary>
/// <param name="Features">The features.</param>
/// <param name="Mask">The clips' frames.</param>
public sealed record ClipBatch(Tensor Features, FrameMask Mask)
{
    /// <summary>Reads stretches of clips and computes their features.</summary>
    /// <param name="waveforms">The clips' samples.</param>
    /// <param name="crops">The stretches, in the batch's order.</param>
    /// <param name="spectrogram">The features.</param>
    /// <param name="device">Where they are computed.</param>
    /// <param name="masks">Whether the padding is masked; otherwise each stretch is heard with silence up to the longest's end.</param>
    /// <param name="slack">Samples of padding beyond the longest stretch; where it is masked it changes no clip's scores.</param>
    public static ClipBatch Of(
        IWaveforms waveforms, ReadOnlySpan<ClipCrop> crops, LogSpectrogram spectrogram, Device device, bool masks = true, int slack = 0)
    {
        using var gradients = no_grad();
        var (longest, frames) = (0, new int[crops.Length]);
        for (var clip = 0; clip < crops.Length; clip++)
        {
            longest = Math.Max(longest, crops[clip].Length);
            frames[clip] = spectrogram.Frames(crops[clip].Length);
        }
        longest += slack;
        var padded = masks ? [] : new float[longest];
        if (!masks)
        {
            Array.Fill(frames, spectrogram.Frames(longest));
        }
        var width = spectrogram.ExtendedLength(longest);
        var extended = empty([crops.Length, width], ScalarType.Float32);
        var samples = MemoryMarshal.Cast<byte, float>(extended.bytes);
        for (var clip = 0; clip < crops.Length; clip++)
        {
            var row = samples.Slice(clip * width, width);
            var crop = crops[clip];
            var heard = waveforms.Samples(crop.Clip).Slice(crop.Start, crop.Length);
            if (!masks)
            {
                heard.CopyTo(padded);
                Array.Clear(padded, heard.Length, longest - heard.Length);
                heard = padded;
            }
            spectrogram.Extend(heard, row);
            row[spectrogram.ExtendedLength(heard.Length)..].Clear();
        }
        var features = spectrogram.Of(extended.to(device));
        return new ClipBatch(features, new FrameMask(frames, spectrogram.Frames(longest), device));
    }
}
