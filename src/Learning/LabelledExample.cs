using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTagging.Learning;

/// <summary>A clip and its labels, to be trained or validated on.</summary>
/// <param name="Clip">Number of the clip in its <see cref="IWaveforms"/>.</param>
/// <param name="Labels">Positions of its classes.</param>
public sealed record LabelledExample(int Clip, int[] Labels)
{
    /// <summary>The labels of a batch, <c>[clips, classes]</c>: 1 where a clip has the class, 0 elsewhere.</summary>
    public static Tensor Targets(IReadOnlyList<LabelledExample> examples, int classes, Device device) =>
        tensor(Indicators(examples, classes), [examples.Count, classes]).to(device);

    /// <summary>The labels of a batch as plain numbers, row by row.</summary>
    public static float[] Indicators(IReadOnlyList<LabelledExample> examples, int classes)
    {
        var indicators = new float[examples.Count * classes];
        for (var row = 0; row < examples.Count; row++)
        {
            foreach (var label in examples[row].Labels)
            {
                indicators[row * classes + label] = 1;
            }
        }
        return indicators;
    }
}
