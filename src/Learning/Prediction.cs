using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTagging.Learning;

/// <summary>Probabilities of the classes of clips, each heard at its full length.</summary>
public static class Prediction
{
    /// <summary>Most clips of a batch.</summary>
    private const int MostClips = 32;

    /// <summary>
    /// Most numbers of a batch's spectrum or of the network's largest activation, whichever is larger: 128 MiB, which bounds the memory of
    /// a prediction.
    /// </summary>
    private const long MostNumbers = 1 << 25;

    /// <summary>Predicts.</summary>
    /// <param name="network">The network; left in evaluation mode.</param>
    /// <param name="spectrogram">Its features.</param>
    /// <param name="waveforms">The clips' samples.</param>
    /// <param name="clips">Numbers of the clips.</param>
    /// <param name="device">Where the network lies.</param>
    /// <param name="progress">Told the batches done and their number; may be <c>null</c>.</param>
    /// <param name="cancellation">Ends the prediction between batches.</param>
    /// <returns>Probabilities (scores through a sigmoid), <c>[clips, classes]</c>, row by row in the order of <paramref
    /// name="clips"/>.</returns>
    public static float[] Of(
        TaggingNetwork network,
        LogSpectrogram spectrogram,
        IWaveforms waveforms,
        IReadOnlyList<int> clips,
        Device device,
        Action<int, int>? progress,
        CancellationToken cancellation)
    {
        network.eval();
        using var gradients = no_grad();
        var lengths = clips.Select(waveforms.Length).ToArray();
        var frames = MostNumbers / Math.Max(network.NumbersPerFrame, spectrogram.NumbersPerFrame);
        var batches = BatchPlan.ForPrediction(lengths, MostClips, spectrogram.Samples(frames));
        var predictions = Array.Empty<float>();
        for (var done = 0; done < batches.Count; done++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var crops = Array.ConvertAll(batches[done], position => ClipCrop.Whole(clips[position], lengths[position]));
            var batch = ClipBatch.Of(waveforms, crops, spectrogram, device, network.MasksPadding);
            var probabilities = network.call(batch.Features, batch.Mask, null).sigmoid().cpu();
            var classes = (int)probabilities.shape[1];
            if (predictions.Length == 0)
            {
                predictions = new float[clips.Count * classes];
            }
            var rows = MemoryMarshal.Cast<byte, float>(probabilities.bytes);
            for (var row = 0; row < crops.Length; row++)
            {
                rows.Slice(row * classes, classes).CopyTo(predictions.AsSpan(batches[done][row] * classes));
            }
            progress?.Invoke(done + 1, batches.Count);
        }
        return predictions;
    }
}
