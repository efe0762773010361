using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTagging.Learning;

/// <summary>
/// Binary cross-entropy of every class by itself: −t · ln p − (1 − t) · ln(1 − p) with p the sigmoid of the score, mean over classes and
/// clips.
/// </summary>
/// <remarks>The logarithms are taken of the score, not of the rounded p, so that a score of any size has a finite loss.</remarks>
public static class BinaryCrossEntropyLoss
{
    /// <summary>The loss, a scalar.</summary>
    /// <param name="scores">Scores, <c>[clips, classes]</c>.</param>
    /// <param name="targets">1 where the clip has the class, 0 where it lacks it, or in between; of the scores' shape and type.</param>
    public static Tensor Of(Tensor scores, Tensor targets) => functional.binary_cross_entropy_with_logits(scores, targets);
}
