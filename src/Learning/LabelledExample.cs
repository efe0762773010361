using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTagging.Learning;

/// <summary>A clip and its labels, to be trained or validated on.</summary>
/// <param name="Clip">Number of the clip in its <see cref="IWaveforms"/>.</param>
/// <param name="Labels">Positions of its classes.</param>
public sealed record LabelledExample(int Clip, int[] Labels)
{
    /// <summary>The labels of a batch, <c>[clips, classes]</c>: 1 where a clip has the class, 0 elsewhere.</summary>
    public static Tensor Targets(IReadOnlyList<LabelledExample> examples, int classes, Device device)
    {
        var targets = new float[examples.Count * classes];
        for (var row = 0; row < examples.Count; row++)
        {
            foreach (var label in examples[row].Labels)
            {
                targets[row * classes + label] = 1;
            }
        }
        return tensor(targets, [examples.Count, classes]).to(device);
    }
}
