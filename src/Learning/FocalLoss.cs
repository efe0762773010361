using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTagging.Learning;

/// <summary>
/// The focal loss (Lin et al., "Focal loss for dense object detection", ICCV 2017) without its class weights: binary cross-entropy whose
/// terms are scaled by how wrong they are, −t · (1 − p)^γ · ln p − (1 − t) · p^γ · ln(1 − p) with p the sigmoid of the score, mean over
/// classes and clips.
/// </summary>
/// <remarks>
/// Everything comes from ln p and ln(1 − p), taken of the score, so that a score of any size has a finite loss and gradient. γ = 0 gives
/// binary cross-entropy.
/// </remarks>
public static class FocalLoss
{
    /// <summary>The loss, a scalar.</summary>
    /// <param name="scores">Scores, <c>[clips, classes]</c>.</param>
    /// <param name="targets">1 where the clip has the class, 0 where it lacks it, or in between; of the scores' shape and type.</param>
    /// <param name="gamma">The exponent γ, at least 0: by how much what is judged rightly counts less.</param>
    public static Tensor Of(Tensor scores, Tensor targets, double gamma)
    {
        using var scope = NewDisposeScope();
        var present = functional.logsigmoid(scores);
        var absent = functional.logsigmoid(-scores);
        var terms = targets * (gamma * absent).exp() * present + (1 - targets) * (gamma * present).exp() * absent;
        return (-terms.mean()).MoveToOuterDisposeScope();
    }
}
