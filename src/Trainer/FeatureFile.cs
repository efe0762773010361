using OrleansTagging.Audio;
using OrleansTagging.Labels;
using OrleansTagging.Learning;
using OrleansTagging.Recipe;
using static TorchSharp.torch;

namespace OrleansTagging.Trainer;

/// <summary>The features of one clip as a file.</summary>
internal static class FeatureFile
{
    /// <summary>Computes the features of a clip at its own rate and writes them: <c>.npy</c>, float32, <c>[bands, frames]</c>.</summary>
    /// <exception cref="InputException">The clip cannot be decoded, or the descriptor names no features.</exception>
    public static void Write(string audioPath, string descriptor, string path)
    {
        var features = FeatureDescriptor.Parse(descriptor);
        var clip = AudioFile.Decode(audioPath);
        using var spectrogram = new LogSpectrogram(features, clip.Rate, CPU);
        var values = spectrogram.OfClip(clip.Samples);
        var partial = $"{path}.{Guid.NewGuid():N}.partial";
        try
        {
            NpyFile.Write<float>(partial, [features.Bands, values.Length / features.Bands], values);
            File.Move(partial, path, overwrite: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            File.Delete(partial);
            throw new InputException($"{path}: cannot be written ({fault.Message.ReplaceLineEndings(" ")}).", fault);
        }
    }
}
