using System.Runtime.InteropServices;
using OrleansTagging.Labels;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTagging.Learning;

/// <summary>
/// Dropout (Srivastava et al., 2014) whose choice for a clip depends on (seed, job, epoch, clip) alone, never on a shared stream:
/// a clip loses the same inputs in whatever batch and on whatever device it is trained.
/// </summary>
/// <param name="Seed">Seed of the experiment and job, mixed into one.</param>
/// <param name="Epoch">The epoch, counted from 0.</param>
/// <param name="Clips">Number of each clip of the batch, in the batch's order.</param>
public sealed record KeyedDropout(ulong Seed, int Epoch, IReadOnlyList<int> Clips)
{
    /// <summary>Silences a share of the inputs and scales the rest up, so that their expected sum stays.</summary>
    /// <param name="x">The inputs, <c>[clips, inputs]</c>.</param>
    /// <param name="share">Share that is silenced, in [0, 1).</param>
    public Tensor Apply(Tensor x, double share)
    {
        if (share == 0)
        {
            return x;
        }
        var inputs = (int)x.shape[1];
        var kept = empty([Clips.Count, inputs], ScalarType.Float32);
        var values = MemoryMarshal.Cast<byte, float>(kept.bytes);
        var scale = (float)(1 / (1 - share));
        for (var row = 0; row < Clips.Count; row++)
        {
            var random = SeededRandom.Of(Seed, SeededRandom.Key("dropout"), (ulong)Epoch, (ulong)Clips[row]);
            foreach (ref var value in values.Slice(row * inputs, inputs))
            {
                value = random.NextDouble() < share ? 0 : scale;
            }
        }
        return x * kept.to(x.device);
    }
}
