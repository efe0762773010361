using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTagging.Learning;

/// <summary>
/// LSEP, the log-sum-exp pairwise ranking loss (Li, Song and Luo, "Improving pairwise ranking for multi-label image classification",
/// CVPR 2017): ln(1 + Σ exp(s_n − s_p)) over all pairs of a class n that the clip lacks and a class p that it has, mean over clips.
/// </summary>
/// <remarks>
/// <para>
/// The sum factors into Σ exp(s_n) · Σ exp(−s_p), so that its logarithm is the sum of two log-sum-exps, which cannot overflow and
/// take classes rather than pairs. A clip with no label, or with all of them, has no pair and a loss of zero.
/// </para>
/// <para>
/// A target between 0 and 1 says how far the clip has the class: a pair weighs t_p · (1 − t_n), so that whole labels give the loss above.
/// The pair of a class with itself then adds the constant t · (1 − t), which moves no score.
/// </para>
/// </remarks>
public static class LsepLoss
{
    /// <summary>The loss, a scalar.</summary>
    /// <param name="scores">Scores, <c>[clips, classes]</c>.</param>
    /// <param name="targets">1 where the clip has the class, 0 where it lacks it, or in between; of the scores' shape and type.</param>
    public static Tensor Of(Tensor scores, Tensor targets)
    {
        using var scope = NewDisposeScope();
        // The logarithm of a weight of zero is no infinity here: its gradient would be no number.
        var negatives = (scores + (1 - targets).log().clamp_min(FrameMask.Bottom)).logsumexp(1);
        var positives = (targets.log().clamp_min(FrameMask.Bottom) - scores).logsumexp(1);
        var pairs = negatives + positives;
        return logaddexp(pairs, zeros_like(pairs)).mean().MoveToOuterDisposeScope();
    }
}
