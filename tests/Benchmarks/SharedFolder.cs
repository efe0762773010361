using System.Runtime.InteropServices;
using System.Text.Json;
using OrleansTagging.Learning;
using OrleansTagging.Recipe;
using static TorchSharp.torch;

namespace OrleansTagging.Benchmarks;

/// <summary>A temporary folder with the network, its first weights and the batches, for the peer to read.</summary>
internal sealed class SharedFolder : IDisposable
{
    public SharedFolder(TrainingStep step)
    {
        Path = Directory.CreateTempSubdirectory("benchmarks-").FullName;
        var features = FeatureDescriptor.Parse(step.Model.Features);
        using (var network = step.Network())
        {
            foreach (var (name, parameter) in network.named_parameters())
            {
                Write(name, parameter.detach().contiguous().data<float>().ToArray());
            }
        }
        Write("filters", MelFilterBank.Of(step.Rate, features.FftSize, features.Bands));
        for (var at = 0; at < step.Batches.Length; at++)
        {
            var crops = step.Batches[at];
            var width = step.Spectrogram.ExtendedLength(crops.Max(crop => crop.Length));
            var samples = new float[crops.Length * width];
            for (var row = 0; row < crops.Length; row++)
            {
                step.Spectrogram.Extend(step.Samples(crops[row].Clip).Slice(crops[row].Start, crops[row].Length), samples.AsSpan(row * width, width));
            }
            Write($"samples{at}", samples);
            using var targets = LabelledExample.Targets(Array.ConvertAll(crops, crop => step.Examples[crop.Clip]), step.Classes, CPU);
            Write($"labels{at}", targets.data<float>().ToArray());
        }
        var network2d = step.Model.Network;
        File.WriteAllText(System.IO.Path.Combine(Path, "network.json"), JsonSerializer.Serialize(new
        {
            depths = Enumerable.Range(0, network2d.NumConvBlocks).Select(network2d.Depth),
            startDeepSupervisionOn = network2d.StartDeepSupervisionOn,
            dropout = network2d.OutputDropout,
            classes = step.Classes,
            fft = features.FftSize,
            hop = features.HopSize,
            bands = features.Bands,
            batches = step.Batches.Select(crops => new { lengths = crops.Select(crop => step.Spectrogram.Frames(crop.Length)) }),
        }));
    }

    public string Path { get; }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private void Write(string name, float[] values) =>
        File.WriteAllBytes(System.IO.Path.Combine(Path, $"{name}.f32"), MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
}
